import type { Relayed } from '../core/event.js';
import { carries } from '../core/event-metadata.js';
import { type Offset, offset } from '../core/ids.js';
import { partitionName, type TopicIdPartition } from '../core/position.js';
import { RecordDecoder } from '../core/record-decoder.js';
import type { TopicFormats } from '../core/topic-format.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventLog } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import { BlockCache } from './block-cache.js';
import type { Block, ReplayStep } from './blocks.js';
import { readBlockFromLog } from './log-block.js';
import { PartitionReader, type ReadPlan } from './partition-reader.js';

interface SharedReaderParts {
  readonly log: EventLog;
  readonly fanout: Fanout;
  readonly formats: TopicFormats;
  readonly metrics: Metrics;
}

/** C4: the limits of what a node caches of its reads. */
const CACHE_LIMITS = { bytes: 32 << 20, blocks: 4_096 };
/** How many offsets the window is asked for while the size of a partition's events is unknown. */
const FIRST_WINDOW_OFFSETS = 64;

/** Reads partitions from the window, or else from the log. Each read serves everyone on this node who needs it (C1). */
export class SharedReader {
  readonly #parts: SharedReaderParts;
  readonly #signal: AbortSignal;
  readonly #decoder: RecordDecoder;
  readonly #cache = new BlockCache(CACHE_LIMITS);
  readonly #partitions = new Map<string, PartitionReader>();

  constructor(parts: SharedReaderParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#decoder = new RecordDecoder(parts.formats);
  }

  /**
   * Reads the next visible events in `(after, limit]`, in order. The step is at least one offset long.
   * @param limit an offset that the log is known to have
   * @throws {OffsetOutOfRange} when the log no longer has `after + 1`
   * @throws {TopicRecreated} when the topic was recreated
   */
  read(at: TopicIdPartition, after: Offset, limit: Offset): Promise<ReplayStep> {
    return this.#partition(at).read(after, limit);
  }

  /** As `read`, for a gap in live events: it goes before all replays. */
  repair(at: TopicIdPartition, after: Offset, limit: Offset): Promise<ReplayStep> {
    return this.#partition(at).repair(after, limit);
  }

  /** Drops what is cached of a partition: nobody follows it any more, or the cached blocks are no longer true. */
  forget(at: TopicIdPartition): void {
    const key = keyOf(at);
    this.#partitions.get(key)?.forget();
    this.#partitions.delete(key);
  }

  #partition(at: TopicIdPartition): PartitionReader {
    const key = keyOf(at);
    const known = this.#partitions.get(key);
    if (known !== undefined) return known;
    const reader = new PartitionReader(at, (plan) => this.#readBlock(at, plan), this.#cache);
    this.#partitions.set(key, reader);
    return reader;
  }

  async #readBlock(at: TopicIdPartition, plan: ReadPlan): Promise<Block> {
    const { log, metrics } = this.#parts;
    const recent = await this.#readWindow(at, plan);
    metrics.repairs.inc({ topic: at.topic, source: recent === undefined ? 'log' : 'window' });
    if (recent !== undefined) return copyData(recent);
    return copyData(await readBlockFromLog(log, at, this.#decoder, plan, this.#signal));
  }

  /** Asks the window for the whole plan, then only for the part from `needed` on. `undefined` when it has neither. */
  async #readWindow(
    at: TopicIdPartition,
    { from, needed, through, sizeUnknown }: ReadPlan,
  ): Promise<Block | undefined> {
    // S4: the window returns everything that it is asked for, however large. So while sizes are unknown, ask for little.
    const last = sizeUnknown ? offset(Math.min(through, needed + FIRST_WINDOW_OFFSETS - 1)) : through;
    try {
      for (const first of new Set(sizeUnknown ? [needed] : [from, needed])) {
        const events = await this.#parts.fanout.window(at, offset(first - 1), last);
        if (events !== undefined)
          return this.#isComplete(at, events) ? { from: first, through: last, events } : undefined;
      }
    } catch {
      // D6: a fan-out that fails is treated as one that has nothing. The log has everything.
    }
    return undefined;
  }

  /** Whether the events carry what fields read. Those of a relay with another version of the schema may not. */
  #isComplete({ topic }: TopicIdPartition, events: readonly Relayed[]): boolean {
    const { carried } = this.#decoder.formatOf(topic);
    return carried === undefined || events.every(({ event }) => carries(event.metadata, carried));
  }
}

/**
 * Copies the data of a block's events into one buffer of its own (C4). Each event's data is a slice of the whole answer
 * of Redis or Kafka and would keep all of that in memory, which may be much larger than the block.
 */
function copyData({ from, through, events }: Block): Block {
  const memory = Buffer.allocUnsafeSlow(
    events.reduce((sum, { event }) => sum + (event.data?.length ?? 0), 0),
  );
  let end = 0;
  const copies = events.map((relayed): Relayed => {
    const { data } = relayed.event;
    if (data === null) return relayed;
    const start = end;
    end += data.copy(memory, start);
    return { ...relayed, event: { ...relayed.event, data: memory.subarray(start, end) } };
  });
  return { from, through, events: copies };
}

/** With the topic's id: blocks of a topic are wrong for a recreated topic of the same name. */
const keyOf = (at: TopicIdPartition): string => `${partitionName(at)}:${at.topicId ?? ''}`;
