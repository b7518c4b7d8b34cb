import { counted } from '../../shared/counted.js';
import type { LogEntry, ResultEntry } from '../log/entry.js';
import type { RunInfo } from '../run/run.js';

/** `14:03:07.250`, on the browser's clock. */
export function timeOf(at: number): string {
  const time = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const seconds = `${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
  return `${two(time.getHours())}:${two(time.getMinutes())}:${seconds}`;
}

export function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export const nameOf = ({ operation: { operationName, kind } }: RunInfo): string => operationName ?? kind;

const PREVIEW_CHARACTERS = 200;

/** The beginning of a result, without the names that all results of a run begin with. Nothing large is parsed for it. */
export function previewOf({ text = 'Too large to be kept.' }: ResultEntry): string {
  return text
    .slice(0, PREVIEW_CHARACTERS)
    .replace(/^\{"data":(\{"\w+":)?/, '')
    .replace(/"__typename":"\w+",?/, '');
}

/** What an entry without a result says. */
export function messageOf(entry: Exclude<LogEntry, { kind: 'result' }>): string {
  switch (entry.kind) {
    case 'position':
      return entry.behind > 0
        ? `${counted(entry.behind, 'offset')} behind`
        : 'No new result. The position to resume from moved on.';
    case 'gap':
      return `Events are gone from the log (${entry.reason}). It continues with the earliest that is left.`;
    case 'error':
      return `${entry.code}: ${entry.message}`;
    default:
      return entry.message;
  }
}
