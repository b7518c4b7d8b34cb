import type { LogEntry } from './entry.js';

/** Entries as JSON lines, each with its time as RFC 3339. @see https://jsonlines.org */
export function jsonLines(entries: readonly LogEntry[]): string {
  return entries.map((entry) => `${JSON.stringify(shown(entry))}\n`).join('');
}

function shown(entry: LogEntry): object {
  const { id, run, at, kind } = entry;
  const head = { id, run, at: new Date(at).toISOString(), kind };
  if (entry.kind !== 'result') return { ...entry, ...head };
  const { origin, type, text, bytes, cursor, event } = entry;
  const result: unknown = text === undefined ? undefined : JSON.parse(text);
  return { ...head, origin, type, bytes, cursor, event, result };
}
