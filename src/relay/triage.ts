import { decodeRecord } from '../core/cloudevent.js';
import { Deadline } from '../core/deadline.js';
import { MillraceError } from '../core/errors.js';
import type { Relayed } from '../core/event.js';
import { type Topic, topic } from '../core/ids.js';
import { partitionName } from '../core/position.js';
import type { LogBatch, LogRecord, NewRecord } from '../core/record.js';
import type { TopicFormat } from '../core/topic-format.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventLog } from '../ports/event-log.js';

/** The topic that takes what cannot be decoded. */
export function deadLetterTopic(of: Topic): Topic {
  return topic(`${of}.dlt`);
}

const APPEND_DEADLINE = 30_000;

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
        letters.push(deadLetter(batch, record, decoded.kind, decoded.reason));
      }
    }
    if (letters.length > 0) {
      await this.#setAside(letters);
      this.#metrics.deadLetters.inc({ topic: batch.topic }, letters.length);
    }
    return events;
  }

  async #setAside(letters: readonly NewRecord[]): Promise<void> {
    try {
      using deadline = new Deadline(APPEND_DEADLINE);
      await this.#log.append(letters, deadline.signal);
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'EVENT_TOO_LARGE') throw error;
      // Its own topic took it, but not with what a dead letter says beside: the headers say where to find it.
      const [first, ...others] = letters;
      if (first === undefined) return;
      if (others.length > 0) for (const letter of letters) await this.#setAside([letter]);
      else if (first.value !== null) await this.#setAside([{ ...first, value: null }]);
      else throw error;
    }
  }

  #count(batch: LogBatch, record: LogRecord, kind: string, reason: string): void {
    this.#metrics.invalid.inc({ topic: batch.topic, kind });
    const seen = `${batch.topic} ${kind}`;
    if (this.#logged.has(seen)) return;
    this.#logged.add(seen);
    this.#logger.warn(
      {
        at: `${partitionName(batch)}@${record.offset}`,
        kind,
        reason,
        deadLetters: deadLetterTopic(batch.topic),
      },
      'a record is not a valid event; further ones of this kind are only counted',
    );
  }
}

/** Headers as Spring Kafka's DeadLetterPublishingRecoverer names them, so that its tools read them too. */
function deadLetter(batch: LogBatch, record: LogRecord, kind: string, reason: string): NewRecord {
  return {
    topic: deadLetterTopic(batch.topic),
    key: record.key,
    headers: {
      ...record.headers,
      'kafka_dlt-original-topic': batch.topic,
      'kafka_dlt-original-partition': String(batch.partition),
      'kafka_dlt-original-offset': String(record.offset),
      'kafka_dlt-original-timestamp': String(record.timestamp),
      'kafka_dlt-exception-fqcn': `millrace.${kind}`,
      'kafka_dlt-exception-message': reason,
    },
    value: record.value,
  };
}
