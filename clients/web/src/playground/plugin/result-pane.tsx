import { useDeferredValue, useRef, useState, useSyncExternalStore } from 'react';
import { counted } from '../../shared/counted.js';
import { FilteredLog, type LogFilter, NO_FILTER } from '../log/filter.js';
import { LOG_LIMITS, type LogState } from '../log/result-log.js';
import { EntryList } from './entry-list.js';
import { useLogParts } from './log-context.js';
import { PaneControls } from './pane-controls.js';
import { RunningRuns } from './running-runs.js';
import { sizeOf } from './texts.js';

/** All results of the runs of this page. */
export function ResultPane() {
  const { log, runs } = useLogParts();
  const newest = useSyncExternalStore(log.subscribe, log.state);
  const { all, running } = useSyncExternalStore(runs.subscribe, runs.state);
  const [filter, setFilter] = useState<LogFilter>(NO_FILTER);
  /** What the pane shows while it is paused. Results are read and kept meanwhile. */
  const [paused, setPaused] = useState<LogState | undefined>();
  const filtered = useRef<FilteredLog>(undefined);
  filtered.current ??= new FilteredLog();
  const state = paused ?? newest;
  const entries = filtered.current.apply(state.entries, useDeferredValue(filter));
  return (
    <section className="result-log" aria-label="Results">
      <header className="result-log-header">
        <h2>Results</h2>
        <PaneControls
          runs={all}
          filter={filter}
          onFilter={setFilter}
          entries={entries}
          isPaused={paused !== undefined}
          onPause={(isPaused) => setPaused(isPaused ? newest : undefined)}
          onClear={() => {
            setPaused(undefined);
            log.clear();
          }}
        />
        <RunningRuns runs={all.filter(({ id }) => running.has(id))} onStop={(id) => runs.stop(id)} />
        <Summary shown={entries.length} state={state} waiting={waitingOf(paused, newest)} />
      </header>
      {state.entries.length === 0 ? (
        <p className="result-log-empty">
          Run an operation. Every result appears here with its time and cursor, and a subscription can resume
          from any of them.
        </p>
      ) : entries.length === 0 ? (
        <p className="result-log-empty">No entry matches the filter.</p>
      ) : (
        <EntryList entries={entries} runs={all} isFollowing={paused === undefined} />
      )}
    </section>
  );
}

/** How many entries came since the pane was paused. */
const waitingOf = (paused: LogState | undefined, newest: LogState): number =>
  paused === undefined ? 0 : Math.max(0, (newest.entries.at(-1)?.id ?? 0) - (paused.entries.at(-1)?.id ?? 0));

const BOUND = `the log keeps ${LOG_LIMITS.entries.toLocaleString('en')} entries and ${sizeOf(LOG_LIMITS.bytes)}`;

interface SummaryProps {
  readonly shown: number;
  readonly state: LogState;
  readonly waiting: number;
}

function Summary({ shown, state: { entries, bytes, dropped }, waiting }: SummaryProps) {
  const all = entries.length;
  const counts = shown === all ? String(all) : `${shown.toLocaleString('en')} of ${all.toLocaleString('en')}`;
  return (
    <p className="result-log-summary" role="status">
      {`${counts} entries, ${sizeOf(bytes)}.`}
      {dropped > 0 && ` ${counted(dropped, 'older one')} dropped: ${BOUND}.`}
      {waiting > 0 && ` Paused: ${waiting.toLocaleString('en')} more arrived.`}
    </p>
  );
}
