import { Deadline } from '../core/deadline.js';
import type { Relayed } from '../core/event.js';
import type { Offset } from '../core/ids.js';
import { isEncoded } from '../core/key-format.js';
import { partitionsOf } from '../core/partitioner.js';
import { type Position, partitionName, type TopicPartition } from '../core/position.js';
import type { LogBatch, NewRecord } from '../core/record.js';
import type { RecordDecoder } from '../core/record-decoder.js';
import type { WarningThrottle } from '../observe/warning-throttle.js';
import type { EventLog } from '../ports/event-log.js';

interface HistoryOptions {
  readonly log: EventLog;
  readonly warnings: WarningThrottle;
  readonly decoder: RecordDecoder;
  /** How long one search of the log may take, in milliseconds: there may be a day of events to read. */
  readonly withinMs: number;
}

/** An event that is in the log already. */
export interface PublishedBefore {
  readonly position: Position;
  /** RFC 3339. */
  readonly time: string | undefined;
}

/** A partition from an offset on, or from a time on (milliseconds since 1970). */
type SearchedRange = TopicPartition & ({ readonly from: Offset } | { readonly since: number });

/** An event and its partition. */
export interface LocatedEvent {
  readonly event: Relayed;
  readonly at: TopicPartition;
}

/** How far the clocks of nodes and brokers may differ. */
export const CLOCK_MARGIN_MS = 10_000;
const ID_HEADER = 'ce_id';

/**
 * Searches the log from a time on. A retried mutation finds here what its first attempt has left, since nobody knows
 * how far that one got (D1). What a search cannot find in time counts as missing: the retry then publishes again,
 * with the same event id.
 */
export class History {
  readonly #options: HistoryOptions;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /**
   * Finds records by the ids of their events.
   * @param since milliseconds since 1970
   * @returns the position of each, in the order of `records`; `undefined` when one of them is missing
   */
  async findAll(
    records: readonly NewRecord[],
    since: number,
  ): Promise<readonly PublishedBefore[] | undefined> {
    const wanted = new Set(records.map(({ headers }) => headers[ID_HEADER] ?? ''));
    const found = new Map<string, PublishedBefore>();
    const complete = await this.#search('an event of an earlier attempt', async (signal) => {
      for (const at of await this.#partitionsOf(records, signal)) {
        for await (const batch of this.#batchesIn({ ...at, since }, signal)) {
          for (const { offset, headers } of batch.records) {
            const id = headers[ID_HEADER];
            if (id === undefined || found.has(id) || !wanted.has(id)) continue;
            found.set(id, { position: { ...at, offset }, time: headers['ce_time'] });
          }
          if (found.size === wanted.size) return true;
        }
      }
      return false;
    });
    if (complete !== true) return undefined;
    return records.flatMap(({ headers }) => found.get(headers[ID_HEADER] ?? '') ?? []);
  }

  /**
   * Finds the first event that `matches`, among those that are in the log by now.
   * @param ranges where to search, one after the other
   */
  async findFirst(
    ranges: readonly SearchedRange[],
    matches: (event: Relayed) => boolean,
  ): Promise<LocatedEvent | undefined> {
    const { decoder } = this.#options;
    return this.#search('an outcome', async (signal) => {
      for (const range of ranges) {
        const at = { topic: range.topic, partition: range.partition };
        for await (const { records } of this.#batchesIn(range, signal)) {
          await decoder.prepare(at.topic, records, signal);
          for (const record of records) {
            const decoded = decoder.decode(record, at);
            if (!decoded.ok) continue;
            const event = { offset: record.offset, timestamp: record.timestamp, event: decoded.event };
            if (matches(event)) return { event, at };
          }
        }
      }
      return undefined;
    });
  }

  async *#batchesIn(range: SearchedRange, signal: AbortSignal): AsyncIterable<LogBatch> {
    const { log } = this.#options;
    const { topic, partition } = range;
    const from =
      'from' in range
        ? range.from
        : await log.offsetAt(topic, partition, range.since - CLOCK_MARGIN_MS, signal);
    yield* log.read({ topic, partition, from }, signal);
  }

  /** Every partition in which one of the records may be. */
  async #partitionsOf(records: readonly NewRecord[], signal: AbortSignal): Promise<TopicPartition[]> {
    const { log, decoder } = this.#options;
    const described = await log.describe([...new Set(records.map(({ topic }) => topic))], signal);
    const { partitionOfKey } = log;
    const all = records.flatMap(({ topic, key, partitioner, partition }): TopicPartition[] => {
      if (partition !== undefined) return [{ topic, partition }];
      if (key === null) return [];
      // An earlier attempt may have written the key with an earlier schema.
      const isAnywhere = partitionOfKey === undefined || isEncoded(decoder.formatOf(topic).key);
      const placement = isAnywhere ? undefined : (count: number) => partitionOfKey(key, count, partitioner);
      const candidates = partitionsOf(placement, described.get(topic)?.partitions ?? 0);
      return candidates.map((number) => ({ topic, partition: number }));
    });
    return [...new Map(all.map((at) => [partitionName(at), at])).values()];
  }

  async #search<T>(what: string, search: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    using deadline = new Deadline(this.#options.withinMs);
    try {
      return await search(deadline.signal);
    } catch (error) {
      const message = `the log could not be searched for ${what}; assuming that there is none`;
      this.#options.warnings.report('history', error, message);
      return undefined;
    }
  }
}
