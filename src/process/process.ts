import { LRUCache } from 'lru-cache';
import { v5 as uuidv5 } from 'uuid';
import { type Decoded, encodeEvent, type InvalidKind } from '../core/cloudevent.js';
import type { Event } from '../core/event.js';
import { eventId, type Offset, offset, topic } from '../core/ids.js';
import { type PartitionLife, type Position, partitionName, type TopicPartition } from '../core/position.js';
import type { LogRecord, NewRecord } from '../core/record.js';
import { childTraceparent } from '../core/trace.js';
import type { AssignedBatch, EventLog } from '../ports/event-log.js';
import { Generation } from './generation.js';
import { inChains } from './in-chains.js';
import { KeyStates } from './key-states.js';
import type { AnyService, OutgoingEvent, ServiceEvent } from './service.js';
import { placeRecord, restore, stateRecord } from './state-topic.js';

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
  /** So many events of the partition have acted, and so many records of it are still to come. */
  readonly onHandled?: (at: TopicPartition, events: number, lag: number) => void;
  /** The partition is no longer this member's. */
  readonly onLost?: (at: TopicPartition) => void;
  /** How many ids of idempotent events are remembered, so that a repeated one is passed over. */
  readonly remember?: number;
}

/** A service at work as one member of its group. Disposing ends it after the batch in hand. */
export interface Process extends AsyncDisposable {
  /** Rejects when it cannot go on; resolves when it was disposed of. */
  readonly ended: Promise<void>;
}

/** How many ids of idempotent events are remembered. */
const REMEMBER = 10_000;
/** The namespace of the ids made here (RFC 9562 section 5.5): any UUID will do, as long as it stays. */
const NAMESPACE = '0f4d5a9e-7f2b-4c53-9d8e-6a3f8f1c2b70';

/**
 * Runs a service. What it said about the events of one batch is appended together with the progress past them
 * and the states that it left: all of it or nothing, so that each input acts once (D1).
 */
export async function process(options: ProcessOptions, signal: AbortSignal): Promise<Process> {
  const { log, group, service } = options;
  const work = new Work(options);
  return log.join(
    { group, topics: service.topics.map(topic), fenced: hasStates(service) },
    {
      assigned: (at, until, progress) => work.assigned(at, until, progress),
      batch: (batch) => work.batch(batch),
    },
    signal,
  );
}

/** Whether it keeps a state for each key. */
export function hasStates(service: AnyService): boolean {
  return service.initial !== undefined;
}

/** A partition in this member's hands. */
interface Hand {
  readonly at: PartitionLife;
  states: KeyStates;
}

interface Input {
  readonly event: Event;
  readonly record: LogRecord;
}

/** What a service does with events. */
export class Work {
  readonly #options: ProcessOptions;
  readonly #namespace: string;
  readonly #generation: Generation;
  readonly #hands = new Map<string, Hand>();
  /** Idempotent events whose outputs are committed, by partition and id. */
  readonly #done: LRUCache<string, true>;

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.#namespace = uuidv5(options.group, NAMESPACE);
    this.#generation = new Generation(options.log, options.group);
    this.#done = new LRUCache({ max: options.remember ?? REMEMBER });
  }

  /** D1: the states are those of exactly the events before `progress`, as nobody else can commit any more. */
  async assigned(at: PartitionLife, signal: AbortSignal, progress: Offset | undefined): Promise<undefined> {
    const name = partitionName(at);
    if (hasStates(this.#options.service)) {
      const generation = await this.#generation.current(signal);
      const states = await this.#load(at, generation, progress, signal);
      this.#hands.set(name, { at, states });
    }
    signal.addEventListener('abort', () => {
      if (this.#hands.get(name)?.at === at) this.#hands.delete(name);
      this.#options.onLost?.(at);
    });
  }

  async batch(batch: AssignedBatch): Promise<void> {
    const hand = this.#hands.get(partitionName(batch));
    if (hand !== undefined) await this.#renew(hand, batch);
    // Apart from `#done` until they are committed: a batch that fails must act when it is given again.
    const seen = new Set<string>();
    const inputs = this.#inputs(batch, batch.records, seen, this.#done);
    try {
      const said = await inChains(
        inputs,
        ({ event }) => event.subject,
        this.#options.service.concurrency ?? 1,
        (input, signal) => this.#handle(input, batch, hand?.states, signal),
        batch.signal,
      );
      const outputs = said.flatMap((events, place) => {
        const cause = (inputs[place] as Input).event;
        return events.map((out, index) => this.#encode(cause, out, index));
      });
      await batch.commit(hand === undefined ? outputs : [...outputs, ...this.#changes(hand)]);
    } catch (error) {
      hand?.states.drop();
      throw error;
    }
    hand?.states.saved();
    for (const name of seen) this.#done.set(name, true);
    this.#options.onHandled?.(batch, inputs.length, Math.max(0, batch.end - batch.last - 1));
  }

  /** Takes on a generation of states that was rebuilt since (`millrace replay`). */
  async #renew(hand: Hand, { records, signal }: AssignedBatch): Promise<void> {
    const generation = await this.#generation.recent(signal);
    const [first] = records;
    if (generation === hand.states.generation || first === undefined) return;
    hand.states = await this.#load(hand.at, generation, first.offset, signal);
  }

  /** What is missing up to `progress` follows from the log; what is said about it was said before. */
  async #load(
    at: PartitionLife,
    generation: string,
    progress: Offset | undefined,
    signal: AbortSignal,
  ): Promise<KeyStates> {
    const { log, group, service } = this.#options;
    const { states: kept, until } = await restore(log, { group, generation, of: at }, signal);
    const states = new KeyStates(generation, kept, service.initial);
    if (until === undefined) return states;
    states.rebuiltUntil = until;
    if (progress !== undefined) await this.fold(at, states, { from: until, until: progress }, signal);
    return states;
  }

  /**
   * Makes the states follow from the events of [`from`, `until`), too. Nothing is said.
   * @param done which idempotent events are in the states
   */
  async fold(
    at: PartitionLife,
    states: KeyStates,
    { from, until }: { readonly from: Offset; readonly until: Offset },
    signal: AbortSignal,
    done: LRUCache<string, true> = new LRUCache({ max: REMEMBER }),
    onBatch?: (next: Offset) => void,
  ): Promise<void> {
    const bounds = (await this.#options.log.bounds(at.topic, signal))[at.partition];
    const begin = offset(Math.max(from, bounds?.earliest ?? 0));
    if (begin >= until) return;
    const range = { topic: at.topic, topicId: at.topicId, partition: at.partition, from: begin, until };
    for await (const batch of this.#options.log.read(range, signal)) {
      const records = batch.records.filter(({ offset: place }) => place < until);
      const seen = new Set<string>();
      await inChains(
        this.#inputs(batch, records, seen, done),
        ({ event }) => event.subject,
        this.#options.service.concurrency ?? 1,
        (input, either) => this.#handle(input, at, states, either),
        signal,
      );
      states.fold();
      for (const name of seen) done.set(name, true);
      onBatch?.(offset(batch.last + 1));
    }
  }

  /** The events among the records, each idempotent one once. */
  #inputs(
    at: TopicPartition,
    records: readonly LogRecord[],
    seen: Set<string>,
    done: LRUCache<string, true>,
  ): Input[] {
    const inputs: Input[] = [];
    for (const record of records) {
      const event = this.#decode(record, at);
      if (event === undefined) continue;
      if (event.idempotent === true) {
        const name = `${partitionName(at)}/${event.id}`;
        if (seen.has(name) || done.has(name)) continue;
        seen.add(name);
      }
      inputs.push({ event, record });
    }
    return inputs;
  }

  #changes({ at, states }: Hand): NewRecord[] {
    const place = { group: this.#options.group, generation: states.generation, of: at };
    const changes = [...states.changes()].map(([key, state]) => stateRecord(place, key, state));
    return states.rebuiltUntil === undefined ? changes : [...changes, placeRecord(place, null)];
  }

  #decode(record: LogRecord, { topic, partition }: TopicPartition): Event | undefined {
    const decoded = this.#options.decode(record, { topic, partition });
    if (decoded.ok) return decoded.event;
    this.#options.onInvalid?.({ topic, partition, offset: record.offset }, decoded.kind, decoded.reason);
    return undefined;
  }

  async #handle(
    { event, record }: Input,
    { topic, partition }: TopicPartition,
    states: KeyStates | undefined,
    signal: AbortSignal,
  ): Promise<readonly OutgoingEvent[]> {
    const seen = view(event, record, topic);
    const { key } = seen;
    try {
      const state = states && key !== null ? states.get(key) : this.#options.service.initial;
      const said = await this.#options.service.handle(seen, { state, signal });
      if (!('state' in said)) return said;
      if (states !== undefined) {
        if (key === null) throw new Error('An event without a key has no state');
        states.set(key, said.state);
      }
      return said.events ?? [];
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
