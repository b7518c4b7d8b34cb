import { v5 as uuidv5 } from 'uuid';
import { encodeEvent } from '../core/cloudevent.js';
import type { Event } from '../core/event.js';
import { eventId, topic } from '../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import type { CodecOf } from '../core/schema-codec.js';
import { childTraceparent } from '../core/trace.js';
import type { AssignedBatch, EventLog } from '../ports/event-log.js';
import { BatchProcessor, type BatchProcessorOptions, type States } from './batch-processor.js';
import { PartitionState } from './partition-state.js';
import type { AnyService, OutgoingEvent } from './service.js';
import { FIRST_VERSION, StateVersions, stateTopics } from './state-versions.js';

export interface ServiceRunnerOptions extends BatchProcessorOptions {
  readonly log: EventLog;
  /** The consumer group. Its members share the work; their progress outlives them. */
  readonly group: string;
  /** Of the topics that hold a service's state: whether they are created, and with how many replicas. */
  readonly stateTopics?: { readonly create: boolean; readonly replicas: number };
  /** How a topic's data are written; JSON when it is not said. */
  readonly codecOf?: CodecOf;
  /** A batch is done with. `lag`: how many offsets its partition has beyond it. */
  readonly onHandled?: (at: TopicPartition, done: { readonly events: number; readonly lag: number }) => void;
  /** A batch failed, whatever the reason, and is given again after a pause. */
  readonly onRetry?: (at: TopicPartition, error: unknown) => void;
  /** The partition is no longer this member's. */
  readonly onLost?: (at: TopicPartition) => void;
}

/** A service at work as one member of its group. Disposing ends it after the batch in hand. */
export interface RunningService extends AsyncDisposable {
  /** Rejects when it cannot go on; resolves when it was disposed of. */
  readonly ended: Promise<void>;
}

/** The namespace of the ids made here (RFC 9562 section 5.5): any UUID will do, as long as it stays. */
const NAMESPACE = '0f4d5a9e-7f2b-4c53-9d8e-6a3f8f1c2b70';

/**
 * Runs a service. What it said about the events of one batch is appended together with what their keys have
 * from now on and the progress past them: all or nothing, so that each input acts once (D1).
 */
export async function runService(
  options: ServiceRunnerOptions,
  signal: AbortSignal,
): Promise<RunningService> {
  const { log, group, service } = options;
  const topics = service.topics.map(topic);
  const work = new Work(options);
  if (isStateful(service)) {
    const { create, replicas } = options.stateTopics ?? { create: true, replicas: 1 };
    const inputs = await log.describe(topics, signal);
    await log.ensureTopics(stateTopics(group, inputs, FIRST_VERSION, replicas), { create }, signal);
  }
  // D9: what is read back at an assignment must not change afterwards.
  const fenced = isStateful(service);
  return log.join(
    { group, topics, fenced },
    { assigned: work.assigned.bind(work), batch: (batch) => work.batch(batch) },
    signal,
  );
}

/** What this member knows of a partition while it has it. */
interface Held {
  readonly at: TopicIdPartition;
  state?: PartitionState;
}

class Work {
  readonly #options: ServiceRunnerOptions;
  readonly #namespace: string;
  readonly #processor: BatchProcessor;
  readonly #generations: StateVersions | undefined;
  readonly #held = new Map<string, Held>();

  constructor(options: ServiceRunnerOptions) {
    this.#options = options;
    this.#namespace = uuidv5(options.group, NAMESPACE);
    this.#processor = new BatchProcessor(options);
    if (isStateful(options.service)) this.#generations = new StateVersions(options.log, options.group);
  }

  async assigned(at: TopicIdPartition, signal: AbortSignal): Promise<undefined> {
    const { topic, partition, topicId } = at;
    const held = { at: { topic, partition, topicId } };
    const name = partitionName(at);
    this.#held.set(name, held);
    const drop = (): void => {
      if (this.#held.get(name) !== held) return;
      this.#held.delete(name);
      this.#options.onLost?.(at);
    };
    signal.addEventListener('abort', drop, { once: true });
  }

  async batch(batch: AssignedBatch): Promise<void> {
    const { topic, partition, signal } = batch;
    try {
      const state = await this.#state(batch);
      const outcome = await this.#processor.run(batch, state?.states ?? NO_STATES, signal);
      const outputs = outcome.said.flatMap(({ cause, events }) =>
        events.map((out, index) => this.#encode(cause, out, index)),
      );
      await batch.commit([...outputs, ...(state?.records(outcome.changes) ?? [])]);
      state?.committed(outcome.changes);
      this.#processor.settle(outcome.repeatable);
      const done = { events: outcome.said.length, lag: Math.max(0, batch.end - batch.last - 1) };
      this.#options.onHandled?.({ topic, partition }, done);
    } catch (error) {
      if (!signal.aborted) this.#options.onRetry?.({ topic, partition }, error);
      throw error;
    }
  }

  /**
   * The states of the batch's partition, in the newest generation that reaches up to it. Asked anew for each
   * batch: a batch that begins after a switch never meets the old state.
   */
  async #state(batch: AssignedBatch): Promise<PartitionState | undefined> {
    const { log, group, rememberedIds } = this.#options;
    const [first] = batch.records;
    if (this.#generations === undefined || first === undefined) return undefined;
    const held = this.#held.get(partitionName(batch)) ?? { at: { ...placeOf(batch), topicId: undefined } };
    const { at } = held;
    const { signal } = batch;
    const generation = await this.#generations.at(at, first.offset, signal);
    if (held.state?.generation.id === generation.id && held.state !== undefined) return held.state;
    const processor = this.#processor;
    const load = { log, group, generation, at, first: first.offset, processor, rememberedIds, signal };
    held.state = await PartitionState.load(load);
    return held.state;
  }

  #encode(cause: Event, out: OutgoingEvent, index: number): NewRecord {
    const to = topic(out.topic);
    const event: Event = {
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
    };
    return encodeEvent(to, event, this.#options.codecOf?.(to));
  }
}

const NO_STATES: States = new Map();

const placeOf = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition });

export const isStateful = (service: AnyService): boolean => service.initial !== undefined;
