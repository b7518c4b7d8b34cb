import { v4 as uuidV4, v5 as uuidV5 } from 'uuid';
import type { EventDraft } from '../binding/runtime/context.js';
import { encodeEvent } from '../core/cloudevent.js';
import { MillraceError } from '../core/errors.js';
import type { Event } from '../core/event.js';
import { type EventId, eventId } from '../core/ids.js';
import type { Published } from '../core/published.js';
import type { NewRecord } from '../core/record.js';
import type { CodecOf } from '../core/schema-codec.js';
import { childTraceparent, type TraceContext } from '../core/trace.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventLog } from '../ports/event-log.js';
import { Batcher } from './batcher.js';
import type { History, Recorded } from './history.js';

export interface PublisherOptions {
  /** The CloudEvents `source` of what is published. */
  readonly source: string;
  /** How long one mutation waits for the log at the most, in milliseconds. */
  readonly deadline: number;
  /** How many events may wait (C4). */
  readonly maxWaiting: number;
  /** How many bytes of them. */
  readonly maxWaitingBytes: number;
  /** How much one request to the log carries at the most, in bytes. */
  readonly maxBatchBytes: number;
  /** How a topic's data are written; JSON when it is not said. */
  readonly codecOf?: CodecOf;
  /** Where an attempt anew looks for what it published before. */
  readonly history: History;
}

export interface PublishRequest {
  readonly draft: EventDraft;
  readonly trace: TraceContext;
  /** Who published, as far as an idempotency key is concerned: one subject's keys are not another's. */
  readonly subject: string | undefined;
  /** Different for what are different events of the subject: other arguments, the second event of a mutation. */
  readonly idempotencyKey: string | undefined;
}

/** Half of a surrogate pair. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Name space of the ids that are derived from idempotency keys (RFC 9562 section 5.5). */
const IDEMPOTENT = '6f6b1a5e-3c0f-5b8d-9d0a-6d0c52d4f8a1';

/** Turns mutations into events in the log (D1). */
export class Publisher implements AsyncDisposable {
  readonly #options: PublisherOptions;
  readonly #metrics: Metrics;
  readonly #batcher: Batcher;

  constructor(log: EventLog, options: PublisherOptions, metrics: Metrics) {
    this.#options = options;
    this.#metrics = metrics;
    this.#batcher = new Batcher(log, options, metrics);
  }

  /**
   * Resolves once the events are in the log, several of them together or not at all.
   * @param since when an attempt was made before to publish the same, in milliseconds since 1970: what that
   *   one got into the log is not appended again (D1)
   * @throws {MillraceError} OVERLOADED, PUBLISH_FAILED, PUBLISH_UNCERTAIN, EVENT_TOO_LARGE, TOPIC_MISSING,
   *   EVENT_INVALID
   */
  async publish(requests: readonly PublishRequest[], since?: number): Promise<readonly Published[]> {
    const events = requests.map((request) => this.#eventOf(request));
    const places = await this.#places(
      events.map(({ record }) => record),
      since,
    );
    return events.map(({ event, correlationId }, i) => {
      const place = places[i];
      if (place === undefined) throw new Error('The log answered with fewer positions than records');
      return { ...place.position, eventId: event.id, correlationId, time: place.time ?? event.time };
    });
  }

  async #places(records: readonly NewRecord[], since: number | undefined): Promise<readonly Recorded[]> {
    const before = since === undefined ? undefined : await this.#options.history.find(records, since);
    if (before !== undefined) return before;
    const positions = await this.#batcher.append(records);
    for (const { topic } of positions) this.#metrics.published.inc({ topic });
    return positions.map((position) => ({ position, time: undefined }));
  }

  #eventOf({ draft, trace, subject, idempotencyKey }: PublishRequest): {
    event: Event;
    record: NewRecord;
    correlationId: string;
  } {
    // In UTF-8 it would be another key, and that of other texts too.
    if (LONE_SURROGATE.test(draft.key))
      throw new MillraceError(
        'EVENT_INVALID',
        `The key of this ${draft.type} contains half of a surrogate pair, so it cannot be encoded as UTF-8.`,
      );
    const event: Event = {
      id: idOf(draft, subject, idempotencyKey),
      source: this.#options.source,
      type: draft.type,
      subject: draft.key,
      time: new Date().toISOString(),
      correlationId: trace.correlationId,
      traceparent: childTraceparent(trace.traceparent),
      tracestate: trace.tracestate,
      idempotent: idempotencyKey === undefined ? undefined : true,
      data: Buffer.from(JSON.stringify(draft.data)),
    };
    return {
      event,
      record: encodeEvent(draft.topic, event, this.#options.codecOf?.(draft.topic)),
      correlationId: trace.correlationId,
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#batcher[Symbol.asyncDispose]();
  }
}

/** A retry with the same key makes the same id, so that whoever sees both knows that they are one (D1). */
function idOf(draft: EventDraft, subject: string | undefined, key: string | undefined): EventId {
  if (key === undefined) return eventId(uuidV4());
  return eventId(uuidV5(JSON.stringify([draft.topic, draft.type, subject ?? null, key]), IDEMPOTENT));
}
