import { type Offset, type Partition, partition, type Topic } from '../../core/ids.js';
import { isoTime } from '../../core/terminal-text.js';
import type { EventLog } from '../../ports/event-log.js';
import { readRetained } from '../../ports/retained.js';
import { Slots } from '../slots.js';

interface VolumeOptions {
  readonly log: Pick<EventLog, 'bounds' | 'offsetAt' | 'read'>;
  readonly topic: Topic;
  /** In milliseconds since 1970. Left out: the time of the oldest record. */
  readonly from: number | undefined;
  readonly to: number;
  readonly buckets: number;
}

/** `type EventVolume`. */
export interface Volume {
  readonly from: string;
  readonly to: string;
  readonly counts: readonly number[];
  readonly before: number;
  readonly after: number;
}

/** S4: how many offsets one volume asks the log for. */
const MAX_QUESTIONS = 4_000;
/** C4: how many of them at once. */
const MAX_OPEN_QUESTIONS = 16;
/** S4: of how many partitions the oldest record is read. */
const MAX_OLDEST = 12;
const DAY_MS = 86_400_000;

/**
 * How many offsets a topic has by time: the log is asked for the offset at each edge between two buckets. No record is read
 * but the oldest ones. Where offsets have holes (transactions, compaction) there are fewer records than offsets. A record counts
 * where the log finds it by time: at the first offset from which on no earlier record has a later time.
 */
export async function volumeOf(options: VolumeOptions, signal: AbortSignal): Promise<Volume> {
  const { log, topic, to } = options;
  const bounds = await log.bounds(topic, signal);
  const used = bounds.flatMap(({ earliest, end }, index) =>
    end > earliest ? [{ partition: partition(index), earliest, end }] : [],
  );
  const from = Math.min(options.from ?? (await oldestTime(log, topic, used, signal)) ?? to - DAY_MS, to - 1);
  const buckets = Math.max(
    1,
    Math.min(options.buckets, Math.floor(MAX_QUESTIONS / Math.max(1, used.length)) - 1),
  );
  const edges = Array.from({ length: buckets + 1 }, (_, i) => from + ((to - from) * i) / buckets);
  const counts = new Array<number>(buckets).fill(0);
  const slots = new Slots(MAX_OPEN_QUESTIONS);
  let [before, after] = [0, 0];
  await Promise.all(
    used.map(async ({ partition: number, earliest, end }) => {
      const clamp = (at: Offset): number => Math.min(Math.max(at, earliest), end);
      const offsetAt = async (time: number): Promise<number> =>
        clamp(await slots.run(() => log.offsetAt(topic, number, Math.ceil(time), signal), signal));
      const offsets = await offsetsAt(edges, offsetAt);
      for (const [i, at] of offsets.entries()) {
        const next = offsets[i + 1];
        if (next !== undefined) counts[i] = (counts[i] ?? 0) + next - at;
      }
      before += (offsets[0] ?? earliest) - earliest;
      after += end - (offsets.at(-1) ?? end);
    }),
  );
  return { from: isoTime(from), to: isoTime(to), counts, before, after };
}

/** The offsets at times in ascending order. Asks for none between two that are the same: a quiet topic costs two questions. */
export async function offsetsAt(
  times: readonly number[],
  offsetAt: (time: number) => Promise<number>,
): Promise<readonly number[]> {
  const found = new Array<number>(times.length).fill(0);
  const ask = async (index: number): Promise<number> => {
    found[index] = await offsetAt(times[index] ?? 0);
    return found[index];
  };
  const between = async (low: number, high: number): Promise<void> => {
    if (high - low < 2) return;
    if (found[low] === found[high]) {
      found.fill(found[low] ?? 0, low, high);
      return;
    }
    const middle = Math.floor((low + high) / 2);
    await ask(middle);
    await Promise.all([between(low, middle), between(middle, high)]);
  };
  const last = times.length - 1;
  await Promise.all([ask(0), ask(last)]);
  await between(0, last);
  return found;
}

async function oldestTime(
  log: VolumeOptions['log'],
  topic: Topic,
  used: readonly { readonly partition: Partition; readonly earliest: Offset; readonly end: Offset }[],
  signal: AbortSignal,
): Promise<number | undefined> {
  const times = await Promise.all(
    used.slice(0, MAX_OLDEST).map(async ({ partition: number, earliest, end }) => {
      const range = { topic, partition: number, from: earliest, until: end };
      for await (const { records } of readRetained(log, range, signal)) {
        const [first] = records;
        if (first !== undefined) return first.timestamp;
      }
      return Number.POSITIVE_INFINITY;
    }),
  );
  const oldest = Math.min(...times);
  return Number.isFinite(oldest) && oldest >= 0 ? oldest : undefined;
}
