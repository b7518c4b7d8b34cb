import { textProblem } from '../core/bounded-text.js';
import { isNamedType, type Relayed } from '../core/event.js';
import type { Topic } from '../core/ids.js';
import { positionName } from '../core/position.js';
import type { LogBatch, LogRecord, NewRecord } from '../core/record.js';
import type { RecordDecoder } from '../core/record-decoder.js';
import { appendDeadLetters } from '../dead-letters/append.js';
import { deadLetterRecord, type Fault } from '../dead-letters/dead-letter.js';
import { deadLetterTopic } from '../dead-letters/topic-name.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventLog } from '../ports/event-log.js';

export interface BatchDecoderOptions {
  readonly log: EventLog;
  readonly decoder: RecordDecoder;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** The relays' consumer group, which dead letters name. */
  readonly group?: string | undefined;
  /** What the names of dead-letter topics end with (`.dlt`). */
  readonly deadLetterSuffix?: string | undefined;
  /** The event types of each topic that the schema names. Events of others are counted: no field can show them. */
  readonly types?: ReadonlyMap<Topic, ReadonlySet<string>> | undefined;
}

/** C4: producers choose the names of types, so a metric has only so many of them for each topic. */
const MAX_COUNTED_TYPES = 20;
const OTHER_TYPES = '(other)';

/** Decodes the records of a batch. A record that is not a valid event becomes a dead letter and stops nobody (D10). */
export class BatchDecoder {
  readonly #options: BatchDecoderOptions;
  readonly #decoder: RecordDecoder;
  /** The kinds of faults already logged, per topic. Further ones are only counted. */
  readonly #logged = new Set<string>();
  /** The types that no field shows, as far as they are counted by name. */
  readonly #countedTypes = new Map<Topic, Set<string>>();

  constructor(options: BatchDecoderOptions) {
    this.#options = options;
    this.#decoder = options.decoder;
  }

  /**
   * Decodes a batch. Resolves only once all of its dead letters are in the log, and so before the relay moves its
   * progress: a crash in between writes a dead letter twice, and never loses one.
   * @returns the events, in offset order
   * @throws what `EventLog.append` throws, and when the topic's codec cannot decode at the moment; the batch has to be
   *   decoded again
   */
  async decode(batch: LogBatch, signal: AbortSignal): Promise<readonly Relayed[]> {
    const ready = this.#decoder.prepare(batch.topic, batch.records, signal);
    if (ready !== undefined) await ready;
    const events: Relayed[] = [];
    const deadLetters: NewRecord[] = [];
    const types = this.#options.types?.get(batch.topic);
    let notShown: Map<string, number> | undefined;
    for (const record of batch.records) {
      const decoded = this.#decoder.decode(record, batch);
      if (decoded.ok) {
        events.push({ offset: record.offset, timestamp: record.timestamp, event: decoded.event });
        for (const header of decoded.leftOut ?? [])
          this.#options.metrics.metadataLeftOut.inc({ topic: batch.topic, header });
        const { type } = decoded.event;
        if (types !== undefined && !types.has(type) && isNamedType(type)) {
          notShown ??= new Map();
          notShown.set(type, (notShown.get(type) ?? 0) + 1);
        }
      } else {
        this.#countInvalid(batch, record, decoded.kind, decoded.reason);
        deadLetters.push(this.#deadLetter(batch, record, decoded));
      }
    }
    if (notShown !== undefined) this.#countNotShown(batch, notShown);
    if (deadLetters.length > 0) {
      const { log, metrics } = this.#options;
      await appendDeadLetters(log, deadLetters);
      metrics.deadLetters.inc({ topic: batch.topic }, deadLetters.length);
    }
    return events;
  }

  #countNotShown({ topic }: LogBatch, counts: ReadonlyMap<string, number>): void {
    const counted = this.#countedTypes.get(topic) ?? new Set();
    this.#countedTypes.set(topic, counted);
    for (const [type, count] of counts) {
      if (counted.size < MAX_COUNTED_TYPES && textProblem(type) === undefined) counted.add(type);
      this.#options.metrics.notShown.inc({ topic, type: counted.has(type) ? type : OTHER_TYPES }, count);
    }
  }

  #deadLetter({ topic, partition }: LogBatch, record: LogRecord, { kind, reason }: Fault): NewRecord {
    const { group, deadLetterSuffix } = this.#options;
    const origin = { topic, partition, offset: record.offset };
    return deadLetterRecord(origin, record, { kind, reason, group }, deadLetterSuffix);
  }

  #countInvalid(batch: LogBatch, record: LogRecord, kind: string, reason: string): void {
    const { metrics, logger, deadLetterSuffix } = this.#options;
    metrics.invalid.inc({ topic: batch.topic, kind });
    const fault = `${batch.topic} ${kind}`;
    if (this.#logged.has(fault)) return;
    this.#logged.add(fault);
    logger.warn(
      {
        at: positionName({ ...batch, offset: record.offset }),
        kind,
        reason,
        deadLetters: deadLetterTopic(batch.topic, deadLetterSuffix),
      },
      'a record is not a valid event; further ones of this kind are only counted',
    );
  }
}
