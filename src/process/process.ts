import { LRUCache } from 'lru-cache';
import { v5 as uuidv5 } from 'uuid';
import { type Decoded, encodeEvent, type InvalidKind } from '../core/cloudevent.js';
import type { Event } from '../core/event.js';
import { eventId, topic } from '../core/ids.js';
import { type Position, partitionName, type TopicPartition } from '../core/position.js';
import type { LogRecord, NewRecord } from '../core/record.js';
import { childTraceparent } from '../core/trace.js';
import type { AssignedBatch, EventLog } from '../ports/event-log.js';
import type { AnyService, OutgoingEvent, ServiceEvent } from './service.js';

export interface ProcessOptions {
  readonly log: EventLog;
  /** The consumer group. Its members share the work; their progress outlives them. */
  readonly group: string;
  readonly service: AnyService;
  /** What a record says, by the format of its topic. */
  readonly decode: (record: LogRecord, at: TopicPartition) => Decoded;
  /** A record that is no valid event: it is passed over. */
  readonly onInvalid?: (at: Position, kind: InvalidKind, reason: string) => void;
  /** The service threw: its batch will be given again. */
  readonly onFailure?: (at: Position, event: ServiceEvent, error: unknown) => void;
  /** How many ids of idempotent events are remembered, so that a repeated one is passed over. */
  readonly remember?: number;
}

/** A service at work as one member of its group. Disposing ends it after the batch in hand. */
export interface Process extends AsyncDisposable {
  /** Rejects when it cannot go on; resolves when it was disposed of. */
  readonly ended: Promise<void>;
}

/** The namespace of the ids made here (RFC 9562 section 5.5): any UUID will do, as long as it stays. */
const NAMESPACE = '0f4d5a9e-7f2b-4c53-9d8e-6a3f8f1c2b70';

/**
 * Runs a service. All events of one batch are handled in order, and what the service said is appended
 * together with the progress past them: both or neither, so that each input acts once (D1).
 */
export async function process(options: ProcessOptions, signal: AbortSignal): Promise<Process> {
  const { log, group, service } = options;
  const work = new Work(options);
  return log.join(
    { group, topics: service.topics.map(topic) },
    { batch: (batch) => work.batch(batch) },
    signal,
  );
}

class Work {
  readonly #options: ProcessOptions;
  readonly #namespace: string;
  /** Idempotent events whose outputs are committed, by partition and id. */
  readonly #done: LRUCache<string, true>;

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.#namespace = uuidv5(options.group, NAMESPACE);
    this.#done = new LRUCache({ max: options.remember ?? 10_000 });
  }

  async batch(batch: AssignedBatch): Promise<void> {
    const outputs: NewRecord[] = [];
    // Apart from `#done` until they are committed: a batch that fails must act when it is given again.
    const seen = new Set<string>();
    for (const record of batch.records) {
      batch.signal.throwIfAborted();
      const event = this.#decode(record, batch);
      if (event === undefined) continue;
      if (event.idempotent === true) {
        const name = `${partitionName(batch)}/${event.id}`;
        if (seen.has(name) || this.#done.has(name)) continue;
        seen.add(name);
      }
      const said = await this.#handle(event, record, batch);
      outputs.push(...said.map((out, index) => this.#encode(event, out, index)));
    }
    await batch.commit(outputs);
    for (const name of seen) this.#done.set(name, true);
  }

  #decode(record: LogRecord, { topic, partition }: TopicPartition): Event | undefined {
    const decoded = this.#options.decode(record, { topic, partition });
    if (decoded.ok) return decoded.event;
    this.#options.onInvalid?.({ topic, partition, offset: record.offset }, decoded.kind, decoded.reason);
    return undefined;
  }

  async #handle(event: Event, record: LogRecord, batch: AssignedBatch): Promise<readonly OutgoingEvent[]> {
    const { topic, partition, signal } = batch;
    const seen = view(event, record, topic);
    try {
      const { service } = this.#options;
      const said = await service.handle(seen, { state: service.initial, signal });
      return 'state' in said ? (said.events ?? []) : said;
    } catch (error) {
      if (!signal.aborted)
        this.#options.onFailure?.({ topic, partition, offset: record.offset }, seen, error);
      throw error;
    }
  }

  #encode(cause: Event, out: OutgoingEvent, index: number): NewRecord {
    return encodeEvent(topic(out.topic), {
      // The same input makes the same ids again. A CloudEvents id is unique only within its source.
      id: eventId(uuidv5(JSON.stringify([cause.source, cause.id, index]), this.#namespace)),
      source: `/services/${this.#options.service.name}`,
      type: out.type,
      subject: out.key,
      time: new Date().toISOString(),
      correlationId: cause.correlationId,
      causationId: cause.id,
      traceparent: childTraceparent(cause.traceparent),
      tracestate: cause.tracestate,
      // A repeated input that is no longer remembered (the service began anew) makes these ids again:
      // whoever hears them is to see that it is a repetition.
      idempotent: cause.idempotent,
      data: Buffer.from(JSON.stringify(out.data)),
    });
  }
}

function view(event: Event, { timestamp }: LogRecord, topic: string): ServiceEvent {
  const { id, source, type, time, correlationId, subject } = event;
  return { id, topic, source, type, key: subject, time, timestamp, correlationId, data: parse(event.data) };
}

function parse(data: Buffer | null): ServiceEvent['data'] {
  // Decoding has checked that data is a JSON object, or null.
  return data === null ? null : (JSON.parse(data.toString('utf8')) as Readonly<Record<string, unknown>>);
}
