import { RotateCw } from 'lucide-react';
import { cursorOf, type LogEntry } from '../log/entry.js';
import type { RunInfo } from '../run/run.js';
import { EntryDetails } from './entry-details.js';
import { useLogParts } from './log-context.js';
import { messageOf, nameOf, previewOf, sizeOf, timeOf } from './texts.js';

interface EntryRowProps {
  readonly entry: LogEntry;
  /** `undefined`: it is too old to be known. */
  readonly run: RunInfo | undefined;
  readonly isExpanded: boolean;
  readonly onToggle: () => void;
}

export function EntryRow({ entry, run, isExpanded, onToggle }: EntryRowProps) {
  const { resume } = useLogParts();
  const cursor = run?.operation.kind === 'subscription' ? cursorOf(entry) : undefined;
  const label = entry.kind === 'result' ? entry.origin : entry.kind;
  const hasFailed =
    entry.kind === 'error' || entry.kind === 'gap' || (entry.kind === 'result' && entry.hasErrors);
  return (
    <article className="result-log-entry" data-kind={label} data-failed={hasFailed}>
      <div className="result-log-row">
        <button
          type="button"
          className="graphiql-un-styled result-log-line"
          aria-expanded={isExpanded}
          onClick={onToggle}
        >
          <time dateTime={new Date(entry.at).toISOString()} title={new Date(entry.at).toISOString()}>
            {timeOf(entry.at)}
          </time>
          <span className="result-log-run" title={run && nameOf(run)}>
            {entry.run}
          </span>
          {entry.kind === 'result' ? (
            <>
              {entry.type !== undefined && <span className="result-log-type">{entry.type}</span>}
              <span className="result-log-preview">{previewOf(entry)}</span>
              {entry.hasErrors && <span className="result-log-badge">errors</span>}
              <span className="result-log-badge">{label}</span>
              <span className="result-log-size">{sizeOf(entry.bytes)}</span>
            </>
          ) : (
            <span className="result-log-message">{messageOf(entry)}</span>
          )}
        </button>
        {cursor !== undefined && (
          <button
            type="button"
            className="graphiql-un-styled result-log-resume"
            aria-label="Resume from here"
            title="Resume from here"
            onClick={() => resume(entry, cursor)}
          >
            <RotateCw aria-hidden="true" />
          </button>
        )}
      </div>
      {isExpanded && <EntryDetails entry={entry} run={run} cursor={cursor} />}
    </article>
  );
}
