import { v4 as uuidV4, v5 as uuidV5 } from 'uuid';
import type { EventDraft } from '../binding/runtime/context.js';
import { Deadline } from '../core/deadline.js';
import { MillraceError, messageOf } from '../core/errors.js';
import type { Event } from '../core/event.js';
import { stringifyJson } from '../core/exact-json.js';
import { IDEMPOTENCY_HASH_HEADER, idempotencyHash } from '../core/idempotency-hash.js';
import { type EventId, eventId, type Topic } from '../core/ids.js';
import { KeyFormatError } from '../core/key-format.js';
import type { Published } from '../core/published.js';
import type { NewRecord } from '../core/record.js';
import type { RecordEncoder } from '../core/record-encoder.js';
import { childTraceparent, type TraceContext } from '../core/trace.js';
import type { Metrics } from '../observe/metrics.js';
import { positionAttributes } from '../observe/tracing/conventions.js';
import type { TracedSpan } from '../observe/tracing/traced-span.js';
import type { EventTracer } from '../observe/tracing/tracer.js';
import type { EventLog } from '../ports/event-log.js';
import { Batcher } from './batcher.js';
import type { History, PublishedBefore } from './history.js';

interface PublisherOptions {
  /** The CloudEvents `source` of published events. */
  readonly source: string;
  /** How long a mutation waits for the log at most, in milliseconds. */
  readonly deadline: number;
  /** How many events may be queued (C4). */
  readonly maxWaiting: number;
  /** How many bytes of events may be queued (C4). */
  readonly maxWaitingBytes: number;
  /** The size of one request to the log at most, in bytes. */
  readonly maxBatchBytes: number;
  /** Called with what a request to the log failed on. */
  readonly onFailure?: (error: unknown) => void;
  readonly encoder: RecordEncoder;
  /** Where a retry looks for what its first attempt has published. */
  readonly history: History;
  readonly tracer?: EventTracer | undefined;
}

interface PublishRequest {
  readonly draft: EventDraft;
  readonly trace: TraceContext;
  /** Who publishes. Idempotency keys of different subjects are different keys. */
  readonly subject: string | undefined;
  /** Differs for different events of one subject: for other arguments, and for the second event of a mutation. */
  readonly idempotencyKey: string | undefined;
  /** The key as its client knows it: the event can be found by it. */
  readonly clientKey?: string | undefined;
}

interface EncodedEvent {
  readonly event: Event;
  readonly record: NewRecord;
  readonly correlationId: string;
  /** While tracing is on and the event is sampled. */
  readonly span: TracedSpan | undefined;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** The UUID namespace of ids that are derived from idempotency keys (RFC 9562, section 5.5). It must never change. */
const ID_NAMESPACE = '6f6b1a5e-3c0f-5b8d-9d0a-6d0c52d4f8a1';

/** Turns the drafts of mutations into events in the log (D1). */
export class Publisher implements AsyncDisposable {
  readonly #options: PublisherOptions;
  readonly #batcher: Batcher;

  constructor(log: EventLog, options: PublisherOptions, metrics: Metrics) {
    this.#options = options;
    this.#batcher = new Batcher(log, options, metrics);
  }

  /**
   * Publishes events: several of them together or not at all. Resolves once they are in the log.
   * @param firstStartedAt when the first attempt to publish the same started, in milliseconds since 1970: events of that
   *   attempt are searched in the log, and not appended again (D1)
   * @throws {MillraceError} OVERLOADED, PUBLISH_FAILED, PUBLISH_UNCERTAIN, EVENT_TOO_LARGE, TOPIC_MISSING,
   *   EVENT_INVALID
   */
  async publish(requests: readonly PublishRequest[], firstStartedAt?: number): Promise<readonly Published[]> {
    const { encoder } = this.#options;
    if (encoder.waits) await this.#prepare(requests.map(({ draft }) => draft));
    const events = requests.map((request) => this.#encode(request));
    const records = events.map(({ record }) => record);
    let published: readonly PublishedBefore[] | undefined;
    try {
      if (firstStartedAt !== undefined)
        published = await this.#options.history.findAll(records, firstStartedAt);
      published ??= (await this.#batcher.append(records)).map((position) => ({ position, time: undefined }));
    } catch (error) {
      for (const { span } of events) span?.fail(error);
      throw error;
    }
    const settled = published;
    return events.map(({ event, correlationId, span }, i) => {
      const one = settled[i];
      if (one === undefined) throw new Error('The log answered with fewer positions than records');
      span?.end(positionAttributes(one.position));
      // Without a spread, which takes as long as the rest of it. Hot path (bench: mutations).
      const { topic, partition, offset } = one.position;
      return { topic, partition, offset, eventId: event.id, correlationId, time: one.time ?? event.time };
    });
  }

  /** @throws {MillraceError} PUBLISH_FAILED when a codec is not ready in time, such as while its registry is away */
  async #prepare(drafts: readonly { readonly topic: Topic; readonly type: string }[]): Promise<void> {
    using deadline = new Deadline(this.#options.deadline);
    try {
      await this.#options.encoder.prepare(drafts, deadline.signal);
    } catch (cause) {
      const message = 'The event cannot be encoded at the moment; nothing was published. Retry later.';
      throw new MillraceError('PUBLISH_FAILED', message, { cause });
    }
  }

  #encode({ draft, trace, subject, idempotencyKey, clientKey }: PublishRequest): EncodedEvent {
    // Encoded as UTF-8, half of a surrogate pair becomes U+FFFD: a different key, shared by many texts.
    if (LONE_SURROGATE.test(draft.key)) {
      const message = `The key of this ${draft.type} contains half of a surrogate pair, so it cannot be encoded as UTF-8.`;
      throw new MillraceError('EVENT_INVALID', message);
    }
    const { source, tracer } = this.#options;
    const { correlationId, tracestate } = trace;
    const id = idOf(draft, subject, idempotencyKey);
    const created = tracer?.create(
      draft.topic,
      { id, source, type: draft.type, correlationId },
      trace.traceparent,
    );
    const event: Event = {
      id,
      source,
      type: draft.type,
      subject: draft.key,
      time: new Date().toISOString(),
      correlationId,
      traceparent: created?.traceparent ?? childTraceparent(trace.traceparent),
      tracestate,
      idempotent: idempotencyKey === undefined ? undefined : true,
      data: Buffer.from(stringifyJson(draft.data)),
    };
    const record = withKeyHash(this.#recordOf(draft.topic, event), clientKey);
    return { event, record, correlationId, span: created?.span };
  }

  #recordOf(topic: Topic, event: Event): NewRecord {
    try {
      return this.#options.encoder.encode(topic, event);
    } catch (cause) {
      const reason = messageOf(cause);
      const part = cause instanceof KeyFormatError ? 'key' : 'data';
      const message = `The ${part} of this ${event.type} cannot be encoded for its topic: ${reason}; nothing was published.`;
      throw new MillraceError('EVENT_INVALID', message, { cause });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#batcher[Symbol.asyncDispose]();
  }
}

function withKeyHash(record: NewRecord, clientKey: string | undefined): NewRecord {
  if (clientKey === undefined) return record;
  const headers = { ...record.headers, [IDEMPOTENCY_HASH_HEADER]: idempotencyHash(clientKey) };
  return { ...record, headers };
}

/** The same key makes the same id again, so that everyone who sees both events knows that they are one (D1). */
function idOf(draft: EventDraft, subject: string | undefined, key: string | undefined): EventId {
  if (key === undefined) return eventId(uuidV4());
  return eventId(uuidV5(JSON.stringify([draft.topic, draft.type, subject ?? null, key]), ID_NAMESPACE));
}
