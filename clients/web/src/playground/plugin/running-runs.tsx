import type { RunInfo } from '../run/run.js';
import { nameOf } from './texts.js';

interface RunningRunsProps {
  readonly runs: readonly RunInfo[];
  readonly onStop: (id: number) => void;
}

/** The subscriptions that run, those of other tabs of GraphiQL included. */
export function RunningRuns({ runs, onStop }: RunningRunsProps) {
  if (runs.length === 0) return null;
  return (
    <ul className="result-log-running" aria-label="Running subscriptions">
      {runs.map((run) => (
        <li key={run.id}>
          <span className="result-log-dot" aria-hidden="true" />
          <span className="result-log-run-name">{`${run.id} ${nameOf(run)}`}</span>
          <button
            type="button"
            className="graphiql-un-styled result-log-link"
            aria-label={`Stop run ${run.id}`}
            onClick={() => onStop(run.id)}
          >
            Stop
          </button>
        </li>
      ))}
    </ul>
  );
}
