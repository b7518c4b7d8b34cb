import { type Position, partitionName, positionName } from '../core/position.js';
import { RecentIds } from '../core/recent-ids.js';
import type { LogRecord } from '../core/record.js';
import { appendDeadLetters } from '../dead-letters/append.js';
import { deadLetterRecord, recordIdOf } from '../dead-letters/dead-letter.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { AssignedBatch } from '../ports/consumer-groups.js';
import type { EventLog } from '../ports/event-log.js';
import { type InputFailure, mayBePermanent } from '../services/input-failure.js';
import type { AnyView } from './view.js';

interface ViewFailuresOptions {
  readonly view: AnyView;
  readonly log: EventLog;
  readonly group: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly maxAttempts?: number;
  readonly deadLetterSuffix?: string | undefined;
}

const DEFAULT_MAX_ATTEMPTS = 10;
/** C4: an event beyond them that was set aside is tried, and written as a dead letter, again. */
const MAX_REMEMBERED = 10_000;

/** The events that a view fails on: how often they were tried, and which became dead letters. */
export class ViewFailures {
  readonly #options: ViewFailuresOptions;
  /** By partition: the event that failed last. What is behind it waits, so one is enough. */
  readonly #failing = new Map<string, { readonly recordId: string; readonly attempts: number }>();
  readonly #setAside = new RecentIds<true>(MAX_REMEMBERED);
  /** The topics of which an event was set aside: further ones are only counted. */
  readonly #alarmed = new Set<string>();

  constructor(options: ViewFailuresOptions) {
    this.#options = options;
  }

  /** The records of a batch that were not set aside. */
  without(batch: AssignedBatch): readonly LogRecord[] {
    return batch.records.filter((record) => !this.#setAside.has(idOf(batch, record)));
  }

  /**
   * The view failed on an event. Appends its dead letter when it has been tried often enough: before the progress moves,
   * so that a crash in between writes it twice, and never loses it.
   * @throws the failure until then: the log delivers the batch again after a pause
   */
  async onFailure(batch: AssignedBatch, failure: InputFailure): Promise<void> {
    const { view, log, group, maxAttempts = DEFAULT_MAX_ATTEMPTS, deadLetterSuffix } = this.#options;
    const record = batch.records.find(({ offset }) => offset === failure.offset);
    if (record === undefined || !mayBePermanent(failure)) throw failure.cause;
    const recordId = idOf(batch, record);
    const before = this.#failing.get(partitionName(batch));
    const attempts = (before?.recordId === recordId ? before.attempts : 0) + 1;
    this.#failing.set(partitionName(batch), { recordId, attempts });
    if (maxAttempts === 0 || attempts < maxAttempts) throw failure.cause;
    const origin = positionOf(batch, record);
    const fault = { kind: 'view', reason: failure.message, view: view.name, group };
    await appendDeadLetters(log, [deadLetterRecord(origin, record, fault, deadLetterSuffix)], batch.signal);
    this.#setAside.add(recordId, true);
    this.#report(origin, failure.cause);
  }

  #report(at: Position, err: unknown): void {
    const { view, metrics, logger } = this.#options;
    metrics.viewDeadLetters.inc({ view: view.name });
    metrics.deadLetters.inc({ topic: at.topic });
    if (this.#alarmed.has(at.topic)) return;
    this.#alarmed.add(at.topic);
    logger.error(
      { view: view.name, at: positionName(at), err },
      'a view failed on an event for good: it is a dead letter now; further ones of this topic are only counted',
    );
  }
}

const positionOf = ({ topic, partition }: AssignedBatch, { offset }: LogRecord): Position => ({
  topic,
  partition,
  offset,
});

const idOf = (batch: AssignedBatch, record: LogRecord): string =>
  recordIdOf(positionName(positionOf(batch, record)), record.timestamp);
