import { decodeRecord } from '../core/cloudevent.js';
import type { Relayed } from '../core/event.js';
import { type Offset, offset, type Topic } from '../core/ids.js';
import { type PartitionLife, partitionName } from '../core/position.js';
import type { TopicFormat } from '../core/topic-format.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventLog } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';

/**
 * Reads a range of one partition from the window, or else from the log. Requests for the same range at
 * the same time are one read.
 */
export class Reader {
  readonly #log: EventLog;
  readonly #fanout: Fanout;
  readonly #formats: ReadonlyMap<Topic, TopicFormat>;
  readonly #metrics: Metrics;
  readonly #signal: AbortSignal;
  readonly #underWay = new Map<string, Promise<readonly Relayed[]>>();

  constructor(
    log: EventLog,
    fanout: Fanout,
    formats: ReadonlyMap<Topic, TopicFormat>,
    metrics: Metrics,
    signal: AbortSignal,
  ) {
    this.#log = log;
    this.#fanout = fanout;
    this.#formats = formats;
    this.#metrics = metrics;
    this.#signal = signal;
  }

  /**
   * Everything visible in `(after, through]`, in order.
   * @throws {OffsetOutOfRange} when the log no longer has the beginning of it
   * @throws {TopicRecreated} when the topic is another one by now
   */
  read(at: PartitionLife, after: Offset, through: Offset): Promise<readonly Relayed[]> {
    const key = `${partitionName(at)}:${at.topicId}:${after}:${through}`;
    const shared = this.#underWay.get(key);
    if (shared !== undefined) return shared;
    const read = this.#read(at, after, through).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, read);
    return read;
  }

  async #read(at: PartitionLife, after: Offset, through: Offset): Promise<readonly Relayed[]> {
    // A window that cannot be read is a window that does not have it: the log is the truth (D6).
    const recent = await this.#fanout.window(at, after, through).catch(() => undefined);
    if (recent !== undefined) {
      this.#metrics.repairs.inc({ topic: at.topic, source: 'window' });
      return recent;
    }
    this.#metrics.repairs.inc({ topic: at.topic, source: 'log' });
    const events: Relayed[] = [];
    const range = { ...at, from: offset(after + 1), until: offset(through + 1) };
    const format = this.#formats.get(at.topic) ?? { kind: 'CLOUDEVENTS' };
    for await (const batch of this.#log.read(range, this.#signal)) {
      for (const record of batch.records) {
        if (record.offset > through) break;
        // What is no event was set aside by the relay, and is passed over here.
        const decoded = decodeRecord(record, format, at);
        if (decoded.ok) {
          events.push({ offset: record.offset, timestamp: record.timestamp, event: decoded.event });
        }
      }
    }
    return events;
  }
}
