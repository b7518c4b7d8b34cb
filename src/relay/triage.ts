import { decodeRecord } from '../core/cloudevent.js';
import type { Relayed } from '../core/event.js';
import type { Topic } from '../core/ids.js';
import { placeName } from '../core/position.js';
import type { LogBatch, LogRecord, NewRecord } from '../core/record.js';
import type { TopicFormat } from '../core/topic-format.js';
import { appendDeadLetters } from '../dead-letters/append.js';
import { deadLetterRecord, deadLetterTopic } from '../dead-letters/dead-letter.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventLog } from '../ports/event-log.js';

/** Sorts records into events and dead letters: what is no event stops nobody (D10). */
export class Triage {
  readonly #log: EventLog;
  readonly #formats: ReadonlyMap<Topic, TopicFormat>;
  readonly #metrics: Metrics;
  readonly #logger: Logger;
  /** Each kind of fault is logged once per topic; the counter has the rest. */
  readonly #logged = new Set<string>();

  constructor(log: EventLog, formats: ReadonlyMap<Topic, TopicFormat>, metrics: Metrics, logger: Logger) {
    this.#log = log;
    this.#formats = formats;
    this.#metrics = metrics;
    this.#logger = logger;
  }

  /** @throws what `EventLog.append` throws: the batch is then to be sorted again, and nothing is lost */
  async sort(batch: LogBatch): Promise<readonly Relayed[]> {
    const format = this.#formats.get(batch.topic) ?? { kind: 'CLOUDEVENTS' };
    const events: Relayed[] = [];
    const letters: NewRecord[] = [];
    for (const record of batch.records) {
      const decoded = decodeRecord(record, format, batch);
      if (decoded.ok) {
        events.push({ offset: record.offset, timestamp: record.timestamp, event: decoded.event });
      } else {
        this.#count(batch, record, decoded.kind, decoded.reason);
        const { topic, partition } = batch;
        letters.push(deadLetterRecord({ topic, partition, offset: record.offset }, record, decoded));
      }
    }
    if (letters.length > 0) {
      await appendDeadLetters(this.#log, letters);
      this.#metrics.deadLetters.inc({ topic: batch.topic }, letters.length);
    }
    return events;
  }

  #count(batch: LogBatch, record: LogRecord, kind: string, reason: string): void {
    this.#metrics.invalid.inc({ topic: batch.topic, kind });
    const seen = `${batch.topic} ${kind}`;
    if (this.#logged.has(seen)) return;
    this.#logged.add(seen);
    this.#logger.warn(
      {
        at: placeName({ ...batch, offset: record.offset }),
        kind,
        reason,
        deadLetters: deadLetterTopic(batch.topic),
      },
      'a record is not a valid event; further ones of this kind are only counted',
    );
  }
}
