import { describe, expect, it } from 'vitest';
import type { Happening, LogEntry } from '../../src/playground/log/entry.js';
import { FilteredLog, NO_FILTER } from '../../src/playground/log/filter.js';
import { resultHappening } from '../../src/playground/log/happenings.js';

const result = (data: unknown): Happening => resultHappening({ data }, { origin: 'live', cursor: 'AgoP' });
const entry = (id: number, happening: Happening, run = 1): LogEntry => ({ ...happening, id, run, at: id });

const ENTRIES = [
  entry(1, { kind: 'state', message: 'Started.' }),
  entry(2, result({ order: { sku: 'flour-rye (1 kg)', status: 'PLACED' } })),
  entry(3, result({ order: { sku: 'basket', status: 'PLACED' } }), 2),
  entry(4, { kind: 'gap', reason: 'RETENTION', earliest: 'AgoX' }),
];

describe('the filter of the log', () => {
  const shown = (filter: object, entries: readonly LogEntry[] = ENTRIES) =>
    new FilteredLog().apply(entries, { ...NO_FILTER, ...filter }).map(({ id }) => id);

  it('lets entries through that have all of its words, in any case', () => {
    expect(shown({ words: 'placed' })).toEqual([2, 3]);
    expect(shown({ words: ' BASKET  placed ' })).toEqual([3]);
    expect(shown({ words: 'basket flour' })).toEqual([]);
    expect(shown({ words: 'ago' })).toEqual([2, 3, 4]);
  });

  it('takes its words as text, not as a pattern', () => {
    expect(shown({ words: '(1' })).toEqual([2]);
    expect(shown({ words: '.*' })).toEqual([]);
  });

  it('separates runs, and results from what else happened', () => {
    expect(shown({ run: 2 })).toEqual([3]);
    expect(shown({ show: 'results' })).toEqual([2, 3]);
    expect(shown({ show: 'events' })).toEqual([1, 4]);
  });

  it('shows what is added, and forgets what was dropped or cleared', () => {
    const filtered = new FilteredLog();
    const filter = { ...NO_FILTER, words: 'placed' };
    const ids = (entries: readonly LogEntry[]) => filtered.apply(entries, filter).map(({ id }) => id);
    const more = entry(5, result({ order: { status: 'PLACED' } }));
    expect(ids(ENTRIES)).toEqual([2, 3]);
    expect(ids([...ENTRIES, more])).toEqual([2, 3, 5]);
    expect(ids([...ENTRIES.slice(2), more])).toEqual([3, 5]);
    expect(ids([])).toEqual([]);
    expect(ids([entry(9, result({ status: 'PLACED' }))])).toEqual([9]);
    expect(filtered.apply([entry(9, result(1))], { ...filter, words: 'other' })).toEqual([]);
  });
});
