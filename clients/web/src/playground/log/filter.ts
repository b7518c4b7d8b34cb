import type { LogEntry } from './entry.js';

export interface LogFilter {
  /** Words that an entry has all of, in any case. */
  readonly words: string;
  /** `undefined`: all runs. */
  readonly run: number | undefined;
  /** Results alone, or also what else happened. */
  readonly show: 'all' | 'results' | 'events';
}

export const NO_FILTER: LogFilter = { words: '', run: undefined, show: 'all' };

/** The entries that a filter lets through, kept from one state of the log to the next: only new entries are tested. */
export class FilteredLog {
  #filter = NO_FILTER;
  #passes = passes(NO_FILTER);
  #shown: LogEntry[] = [];
  #lastId = 0;

  /** @param entries of the log, the oldest first */
  apply(entries: readonly LogEntry[], filter: LogFilter): readonly LogEntry[] {
    const first = entries[0]?.id ?? Number.POSITIVE_INFINITY;
    if (filter !== this.#filter) {
      this.#filter = filter;
      this.#passes = passes(filter);
      this.#shown = [];
      this.#lastId = 0;
    }
    const added = entries.slice(this.#lastId < first ? 0 : this.#lastId - first + 1).filter(this.#passes);
    const isCut = this.#shown[0] !== undefined && this.#shown[0].id < first;
    if (isCut || added.length > 0)
      this.#shown = [...(isCut ? this.#shown.filter(({ id }) => id >= first) : this.#shown), ...added];
    this.#lastId = entries.at(-1)?.id ?? 0;
    return this.#shown;
  }
}

function passes({ words, run, show }: LogFilter): (entry: LogEntry) => boolean {
  const wanted = words.split(/\s+/).filter((word) => word !== '');
  // No copy of a large result in lower case is made to search it.
  const patterns = wanted.map((word) => new RegExp(word.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'i'));
  return (entry) => {
    if (run !== undefined && entry.run !== run) return false;
    if (show !== 'all' && (entry.kind === 'result') !== (show === 'results')) return false;
    const texts = textsOf(entry);
    return patterns.every((pattern) => texts.some((text) => pattern.test(text)));
  };
}

function textsOf(entry: LogEntry): readonly string[] {
  switch (entry.kind) {
    case 'result': {
      const { text = '', type = '', cursor = '', event, origin } = entry;
      const from = event && [event.id, event.topic, event.key, event.type, event.correlationId];
      return [text, type, cursor, origin, (from ?? []).join(' ')];
    }
    case 'position':
      return ['position', entry.cursor];
    case 'gap':
      return ['gap', entry.reason, entry.earliest];
    case 'error':
      return ['error', entry.code, entry.message];
    default:
      return [entry.message];
  }
}
