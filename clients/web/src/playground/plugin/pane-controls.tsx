import { ToolbarButton } from '@graphiql/react';
import { Copy, Download, Pause, Play, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { LogEntry } from '../log/entry.js';
import type { LogFilter } from '../log/filter.js';
import { jsonLines } from '../log/json-lines.js';
import type { RunInfo } from '../run/run.js';
import { nameOf } from './texts.js';

/** How long it is said that entries were copied. */
const COPIED_MS = 5_000;

interface PaneControlsProps {
  readonly runs: readonly RunInfo[];
  readonly filter: LogFilter;
  readonly onFilter: (filter: LogFilter) => void;
  /** What is copied and exported: the entries that pass the filter. */
  readonly entries: readonly LogEntry[];
  readonly isPaused: boolean;
  readonly onPause: (isPaused: boolean) => void;
  readonly onClear: () => void;
}

export function PaneControls({
  runs,
  filter,
  onFilter,
  entries,
  isPaused,
  onPause,
  onClear,
}: PaneControlsProps) {
  const [copied, setCopied] = useState('');
  useEffect(() => {
    if (copied === '') return undefined;
    const forgetting = setTimeout(() => setCopied(''), COPIED_MS);
    return () => clearTimeout(forgetting);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(jsonLines(entries));
      setCopied(`Copied ${entries.length.toLocaleString('en')} entries.`);
    } catch {
      setCopied('The browser did not allow copying. Export them instead.');
    }
  };
  return (
    <>
      <div className="result-log-actions" role="toolbar" aria-label="Actions of the log">
        <ToolbarButton label={isPaused ? 'Continue' : 'Pause'} onClick={() => onPause(!isPaused)}>
          {isPaused ? <Play aria-hidden="true" /> : <Pause aria-hidden="true" />}
        </ToolbarButton>
        <ToolbarButton label="Copy as JSON lines" onClick={() => void copy()}>
          <Copy aria-hidden="true" />
        </ToolbarButton>
        <ToolbarButton label="Export as JSON lines" onClick={() => download(jsonLines(entries))}>
          <Download aria-hidden="true" />
        </ToolbarButton>
        <ToolbarButton label="Clear the log" onClick={onClear}>
          <Trash2 aria-hidden="true" />
        </ToolbarButton>
        <span role="status" className="result-log-copied">
          {copied}
        </span>
      </div>
      <div className="result-log-filter">
        <input
          type="search"
          aria-label="Filter"
          placeholder="Filter: words in results, keys, cursors"
          value={filter.words}
          onChange={({ target }) => onFilter({ ...filter, words: target.value })}
        />
        <select
          aria-label="Kind of entries"
          value={filter.show}
          // The options below are the values of `show`.
          onChange={({ target }) => onFilter({ ...filter, show: target.value as LogFilter['show'] })}
        >
          <option value="all">Everything</option>
          <option value="results">Results</option>
          <option value="events">Errors, gaps, positions</option>
        </select>
        <select
          aria-label="Run"
          value={filter.run ?? ''}
          onChange={({ target: { value } }) =>
            onFilter({ ...filter, run: value === '' ? undefined : Number(value) })
          }
        >
          <option value="">All runs</option>
          {runs.map((run) => (
            <option key={run.id} value={run.id}>
              {`${run.id} ${nameOf(run)}`}
            </option>
          ))}
        </select>
      </div>
    </>
  );
}

function download(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/jsonl' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'results.jsonl';
  link.click();
  URL.revokeObjectURL(url);
}
