import { decodeRecord } from '../core/cloudevent.js';
import { Deadline } from '../core/deadline.js';
import type { Relayed } from '../core/event.js';
import type { Topic } from '../core/ids.js';
import { partitionsOfKey } from '../core/partitioner.js';
import { type Position, partitionName, type TopicPartition } from '../core/position.js';
import type { LogRecord, NewRecord } from '../core/record.js';
import type { Logger } from '../observe/log.js';
import type { EventLog } from '../ports/event-log.js';

export interface HistoryOptions {
  readonly log: EventLog;
  readonly logger: Logger;
  /** How long one look into the log may take, in milliseconds: there may be a day of events to read. */
  readonly within: number;
}

/** An event that is in the log already. */
export interface Recorded {
  readonly position: Position;
  /** RFC 3339. */
  readonly time: string | undefined;
}

/** An event, and the partition that it is in. */
export interface Found {
  readonly event: Relayed;
  readonly at: TopicPartition;
}

/** How far the clocks of nodes and brokers may be apart, in milliseconds. */
export const CLOCKS_APART = 10_000;
const ID = 'ce_id';

/**
 * What the log has since a time: an attempt anew of a mutation looks here for what the one before left, of
 * which nobody knows how far it came (D1). What cannot be found out in time counts as not there.
 */
export class History {
  readonly #options: HistoryOptions;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** Where each of `records` is, by its event's id; `undefined` when one of them is not there. */
  async find(records: readonly NewRecord[], since: number): Promise<readonly Recorded[] | undefined> {
    const wanted = new Map(records.map((record) => [record.headers[ID] ?? '', record]));
    const found = new Map<string, Recorded>();
    const all = await this.#look('whether an event was published before', async (signal) => {
      for (const at of await this.#partitionsOf(records, signal)) {
        for await (const record of this.#since(at, since, signal)) {
          const id = record.headers[ID];
          if (id === undefined || found.has(id) || !wanted.has(id)) continue;
          found.set(id, { position: { ...at, offset: record.offset }, time: record.headers['ce_time'] });
          if (found.size === wanted.size) return true;
        }
      }
      return false;
    });
    if (all !== true) return undefined;
    return records.flatMap(({ headers }) => found.get(headers[ID] ?? '') ?? []);
  }

  /** The first event that `is` the one wanted, of what is there by now. */
  async first(
    partitions: readonly TopicPartition[],
    since: number,
    is: (event: Relayed) => boolean,
  ): Promise<Found | undefined> {
    return this.#look('whether an outcome came before', async (signal) => {
      for (const at of partitions) {
        for await (const record of this.#since(at, since, signal)) {
          const decoded = decodeRecord(record, { kind: 'CLOUDEVENTS' }, at);
          if (!decoded.ok) continue;
          const event = { offset: record.offset, timestamp: record.timestamp, event: decoded.event };
          if (is(event)) return { event, at };
        }
      }
      return undefined;
    });
  }

  async *#since(at: TopicPartition, since: number, signal: AbortSignal): AsyncIterable<LogRecord> {
    const { log } = this.#options;
    const from = await log.offsetAt(at.topic, at.partition, since - CLOCKS_APART, signal);
    for await (const { records } of log.read({ ...at, from }, signal)) yield* records;
  }

  async #partitionsOf(records: readonly NewRecord[], signal: AbortSignal): Promise<TopicPartition[]> {
    const topics = [...new Set(records.map(({ topic }) => topic))];
    const { log } = this.#options;
    const { partitionOfKey } = log;
    const described = await log.describe(topics, signal);
    const count = (topic: Topic): number => described.get(topic)?.partitions ?? 0;
    const all = records.flatMap(({ topic, key, partition }) => {
      if (partition !== undefined) return { topic, partition };
      if (key === null) return [];
      return partitionsOfKey(partitionOfKey, key, count(topic)).map((number) => ({
        topic,
        partition: number,
      }));
    });
    return [...new Map(all.map((at) => [partitionName(at), at])).values()];
  }

  async #look<T>(what: string, look: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    using deadline = new Deadline(this.#options.within);
    try {
      return await look(deadline.signal);
    } catch (err) {
      this.#options.logger.warn({ err }, `it could not be found out ${what}`);
      return undefined;
    }
  }
}
