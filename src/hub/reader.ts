import { decodeRecord } from '../core/cloudevent.js';
import type { Relayed } from '../core/event.js';
import { type Offset, offset, type Topic } from '../core/ids.js';
import { partitionName, type TopicIdPartition } from '../core/position.js';
import type { TopicFormat } from '../core/topic-format.js';
import type { Metrics } from '../observe/metrics.js';
import { type EventLog, OffsetOutOfRange } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import { BlockCache } from './block-cache.js';
import type { Block, Replayed } from './blocks.js';
import { BLOCK_BYTES, PartitionReader, type Wanted } from './partition-reader.js';

export interface ReaderParts {
  readonly log: EventLog;
  readonly fanout: Fanout;
  readonly formats: ReadonlyMap<Topic, TopicFormat>;
  readonly metrics: Metrics;
}

/** C4: what a node remembers of what it read. */
const CACHE = { bytes: 32 << 20, blocks: 4_096 };
/** How many events the window is asked for before the first of a partition has shown how large they are. */
const BLIND = 64;

/** Reads partitions from the window, or else from the log, for everybody on this node: once for all of them. */
export class Reader {
  readonly #parts: ReaderParts;
  readonly #signal: AbortSignal;
  readonly #cache = new BlockCache(CACHE);
  readonly #partitions = new Map<string, PartitionReader>();

  constructor(parts: ReaderParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  /**
   * The next stretch of what is visible in `(after, limit]`, in order; at least one offset long.
   * @param limit the log is known to reach up to here
   * @throws {OffsetOutOfRange} when the log no longer has the beginning of it
   * @throws {TopicRecreated} when the topic is another one by now
   */
  read(at: TopicIdPartition, after: Offset, limit: Offset): Promise<Replayed> {
    return this.#partition(at).read(after, limit);
  }

  /** The same for a gap in what is live: it goes before those who replay. */
  repair(at: TopicIdPartition, after: Offset, limit: Offset): Promise<Replayed> {
    return this.#partition(at).repair(after, limit);
  }

  /** Nobody follows the partition any more, or what was read of it is not true any more. */
  forget(at: TopicIdPartition): void {
    const name = nameOf(at);
    this.#partitions.get(name)?.forget();
    this.#partitions.delete(name);
  }

  #partition(at: TopicIdPartition): PartitionReader {
    const name = nameOf(at);
    const known = this.#partitions.get(name);
    if (known !== undefined) return known;
    const reader = new PartitionReader(at, (wanted) => this.#block(at, wanted), this.#cache);
    this.#partitions.set(name, reader);
    return reader;
  }

  async #block(at: TopicIdPartition, wanted: Wanted): Promise<Block> {
    const { metrics } = this.#parts;
    const recent = await this.#window(at, wanted);
    metrics.repairs.inc({ topic: at.topic, source: recent === undefined ? 'log' : 'window' });
    return compact(recent ?? (await this.#log(at, wanted)));
  }

  /** All of it if the window has that, or else from what is needed on. */
  async #window(at: TopicIdPartition, { from, need, through, blind }: Wanted): Promise<Block | undefined> {
    // S4: the window answers with all that it is asked for, however large.
    const last = blind ? offset(Math.min(through, need + BLIND - 1)) : through;
    try {
      for (const first of new Set(blind ? [need] : [from, need])) {
        const events = await this.#parts.fanout.window(at, offset(first - 1), last);
        if (events !== undefined) return { from: first, through: last, events };
      }
    } catch {
      // A window that cannot be read is a window that does not have it: the log is the truth (D6).
    }
    return undefined;
  }

  /** D5: what is wanted for others' sake may be gone or unreadable; only what is needed has to be there. */
  async #log(at: TopicIdPartition, { from, need, through }: Wanted): Promise<Block> {
    for (let first = from; ; ) {
      let next = need;
      try {
        const block = await this.#read(at, first, need, through);
        if (block !== undefined) return block;
      } catch (error) {
        this.#signal.throwIfAborted();
        if (error instanceof OffsetOutOfRange) next = error.bounds.earliest;
        if (next <= first || next > need) throw error;
      }
      first = next;
    }
  }

  /** S4: ends early when it holds enough; `undefined`: that was before it came to what is needed. */
  async #read(at: TopicIdPartition, from: Offset, need: Offset, through: Offset): Promise<Block | undefined> {
    const format = this.#parts.formats.get(at.topic) ?? { kind: 'CLOUDEVENTS' };
    const events: Relayed[] = [];
    const range = { ...at, from, until: offset(through + 1) };
    let [last, bytes] = [offset(from - 1), 0];
    for await (const batch of this.#parts.log.read(range, this.#signal)) {
      for (const record of batch.records) {
        if (record.offset > through) break;
        bytes += record.value?.length ?? 0;
        // What is no event was set aside by the relay, and is passed over here.
        const decoded = decodeRecord(record, format, at);
        if (decoded.ok) {
          events.push({ offset: record.offset, timestamp: record.timestamp, event: decoded.event });
        }
      }
      last = offset(Math.min(batch.last, through));
      if (last < need && bytes > BLOCK_BYTES / 2) return undefined;
      if (last >= need && bytes > BLOCK_BYTES) break;
    }
    if (last < need) throw new Error(`${partitionName(at)} ends before ${need}, which is known to be there`);
    return { from, through: last, events };
  }
}

/**
 * The same events, their data in memory of its own: each would otherwise hold on to the whole answer that
 * it came in, which may be much larger than what is wanted of it (C4).
 */
function compact({ from, through, events }: Block): Block {
  const memory = Buffer.allocUnsafeSlow(
    events.reduce((sum, { event }) => sum + (event.data?.length ?? 0), 0),
  );
  let at = 0;
  const own = events.map((relayed): Relayed => {
    const { data } = relayed.event;
    if (data === null) return relayed;
    const start = at;
    at += data.copy(memory, start);
    return { ...relayed, event: { ...relayed.event, data: memory.subarray(start, at) } };
  });
  return { from, through, events: own };
}

/** What was read of a topic is nothing to the one that has its name after it. */
const nameOf = (at: TopicIdPartition): string => `${partitionName(at)}:${at.topicId ?? ''}`;
