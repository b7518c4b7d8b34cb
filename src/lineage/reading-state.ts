import { z } from 'zod';
import { type Offset, offset, type Partition, partition, type Topic, topic } from '../core/ids.js';

/**
 * Where a reading of the log for the events of one id stands. Plain data, so a reading can go on from it: later, in
 * another process, or further back in time.
 *
 * | pass    | reads                                                             | then                        |
 * |---------|-------------------------------------------------------------------|-----------------------------|
 * | search  | the window, for events named by the id or of a known correlation  | collect, if there are `fresh` ids; else letters |
 * | collect | the window and all that was read before, for events of `fresh`    | letters                     |
 * | letters | the dead-letter topics                                            | done                        |
 * | done    | nothing                                                           | search, of an older window  |
 *
 * *collect* is needed because an event may be older than the one by which its correlation id was found.
 */
export interface ReadingState {
  readonly id: string;
  /** In milliseconds since 1970: earlier records are not read. */
  readonly since: number;
  readonly pass: 'search' | 'collect' | 'letters' | 'done';
  /** All partitions of each topic, in their order. */
  readonly ranges: readonly ReadRange[];
  /** The index of the range that is read next, and how many of its records are done, counted in offsets. */
  readonly at: number;
  readonly done: number;
  /** Correlation ids whose events were looked for in everything that was read before this window. */
  readonly known: readonly string[];
  /** Those found in this window. */
  readonly fresh: readonly string[];
  /** Records read so far, those of dead-letter topics not counted. */
  readonly records: number;
}

/** A partition: the window is `[from, until)`, and what was read before it is `[until, end)`. */
export interface ReadRange {
  readonly topic: Topic;
  readonly partition: Partition;
  readonly from: Offset;
  readonly until: Offset;
  readonly end: Offset;
}

/** S4: a key may have as many correlation ids as events. */
export const MAX_CORRELATIONS = 1_000;
const MAX_RANGES = 2_000;
const MAX_ID_CHARS = 1_000;
const MAX_CURSOR_CHARS = 1 << 18;

const count = z.number().int().nonnegative();
const ids = z.array(z.string().max(MAX_ID_CHARS)).max(MAX_CORRELATIONS);
const stateSchema = z.object({
  id: z.string().min(1).max(MAX_ID_CHARS),
  since: z.number(),
  pass: z.enum(['search', 'collect', 'letters', 'done']),
  /** Each topic with `from`, `until` and `end` of its partitions, one after the other. */
  ranges: z.array(z.tuple([z.string(), z.array(count).max(3 * MAX_RANGES)])).max(MAX_RANGES),
  at: count,
  done: count,
  known: ids,
  fresh: ids,
  records: count,
});

export function encodeReading(state: ReadingState): string {
  const topics = new Map<Topic, number[]>();
  for (const { topic: name, from, until, end } of state.ranges) {
    const numbers = topics.get(name) ?? [];
    numbers.push(from, until, end);
    topics.set(name, numbers);
  }
  return Buffer.from(JSON.stringify({ ...state, ranges: [...topics] })).toString('base64url');
}

/** @returns `undefined` for text that `encodeReading` has not made */
export function decodeReading(text: string): ReadingState | undefined {
  if (text.length > MAX_CURSOR_CHARS) return undefined;
  try {
    const parsed = stateSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    if (!parsed.success) return undefined;
    const ranges = parsed.data.ranges.flatMap(([name, numbers]) => rangesOf(topic(name), numbers));
    return { ...parsed.data, ranges };
  } catch {
    return undefined; // Not JSON.
  }
}

function rangesOf(name: Topic, numbers: readonly number[]): ReadRange[] {
  return Array.from({ length: Math.floor(numbers.length / 3) }, (_, number) => {
    const [from = 0, until = 0, end = 0] = numbers.slice(3 * number);
    return {
      ...{ topic: name, partition: partition(number) },
      ...{ from: offset(from), until: offset(until), end: offset(end) },
    };
  });
}

/** The offsets of a range that the pass reads. */
export const rangeEnd = ({ pass }: Pick<ReadingState, 'pass'>, { until, end }: ReadRange): Offset =>
  pass === 'collect' ? end : until;

/** How many records a pass reads, and how many of them it has read. In offsets, some of which may have no record. */
export function progressOf(state: ReadingState): { readonly done: number; readonly total: number } {
  const sizes = state.ranges.map((range) => rangeEnd(state, range) - range.from);
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
  const total = sum(sizes);
  if (state.pass === 'letters' || state.pass === 'done') return { done: total, total };
  return { done: Math.min(total, sum(sizes.slice(0, state.at)) + state.done), total };
}

/** The pass has read all of its ranges. */
export function nextPass(state: ReadingState): ReadingState {
  if (state.pass === 'search' && state.fresh.length > 0) return { ...state, pass: 'collect', at: 0, done: 0 };
  const known = [...new Set([...state.known, ...state.fresh])].slice(-MAX_CORRELATIONS);
  const pass = state.pass === 'letters' || state.pass === 'done' ? 'done' : 'letters';
  return { ...state, pass, known, fresh: [], at: 0, done: 0 };
}
