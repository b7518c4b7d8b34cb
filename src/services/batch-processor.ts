import { isDeepStrictEqual } from 'node:util';
import type { InvalidKind } from '../core/envelope/envelope.js';
import type { Event } from '../core/event.js';
import { parseJsonText, stringifyState } from '../core/exact-json.js';
import type { Offset } from '../core/ids.js';
import { type Position, partitionName } from '../core/position.js';
import type { LogBatch, LogRecord } from '../core/record.js';
import type { RecordDecoder } from '../core/record-decoder.js';
import type { EventTracer } from '../observe/tracing/tracer.js';
import { EventDeduplicator, type PendingIds } from './event-deduplicator.js';
import { InputFailure } from './input-failure.js';
import { runByKey } from './run-by-key.js';
import type { AnyService, OutgoingEvent } from './service.js';
import { toServiceEvent } from './service-event.js';

export interface BatchProcessorOptions {
  readonly service: AnyService;
  /** Decodes a record in the format of its topic. */
  readonly decoder: RecordDecoder;
  /** Called for a record that is not a valid event. The record is skipped. */
  readonly onInvalid?: (at: Position, kind: InvalidKind, reason: string) => void;
  /** Called when the service threw, or its input cannot be read. */
  readonly onFailure?: (at: Position, event: Event, error: unknown) => void;
  /** How many ids of idempotent events are remembered, to skip duplicates (10,000). */
  readonly rememberedIds?: number;
  /** Left out where nothing is traced, such as in a rebuild. */
  readonly tracer?: EventTracer | undefined;
  /** The service's consumer group, which spans name. */
  readonly group?: string | undefined;
}

/** Records of one partition that are processed together. */
export type InputBatch = Pick<LogBatch, 'topic' | 'partition' | 'records'>;

/** The states of a partition by key, as JSON. A key that is missing has the service's `initial`. */
export type States = ReadonlyMap<string, string>;
/** New states by key, as JSON. `null`: the key is back at the service's `initial`. */
export type StateChanges = ReadonlyMap<string, string | null>;

/** What one input event made the service publish. */
export interface Emission {
  /** The input's offset. */
  readonly offset: Offset;
  readonly cause: Event;
  readonly events: readonly OutgoingEvent[];
  /** Of the span of the handler, if the input is traced. */
  readonly traceparent?: string | undefined;
}

/** The result of a batch. It has no effect until it is committed. */
interface BatchResult {
  /** In the order of the inputs, one for each event that was handled. */
  readonly emitted: readonly Emission[];
  readonly changes: StateChanges;
  /** The idempotent events among the inputs. Pass them to `confirm` after the commit. */
  readonly idempotentIds: PendingIds;
}

interface Job {
  readonly event: Event;
  readonly record: LogRecord;
  /** Where the job's result goes in `emitted`. */
  readonly index: number;
}

/** Runs a service over batches of records. Publishes and commits nothing: that is the caller's decision. */
export class BatchProcessor {
  readonly #options: BatchProcessorOptions;
  /** The service's `initial` as JSON. `undefined`: the service has no state. */
  readonly #initial: string | undefined;
  readonly #deduplicator: EventDeduplicator;

  constructor(options: BatchProcessorOptions) {
    this.#options = options;
    const { initial } = options.service;
    this.#initial = initial === undefined ? undefined : toJson(initial, options.service, '`initial`');
    this.#deduplicator = new EventDeduplicator(options.rememberedIds);
  }

  /**
   * Handles a batch, on `states` as they are before it.
   * @throws {InputFailure} the service's first failure, after every handler that had started has finished
   */
  async run(batch: InputBatch, states: States, signal: AbortSignal): Promise<BatchResult> {
    const { service, tracer, group } = this.#options;
    const ready = this.#options.decoder.prepare(batch.topic, batch.records, signal);
    if (ready !== undefined) await ready;
    const idempotentIds = new Set<string>();
    const jobs = this.#jobs(batch, idempotentIds);
    const changes = new Map<string, string | null>();
    const emitted: Emission[] = [];
    const handle = async (job: Job): Promise<void> => {
      signal.throwIfAborted();
      const { event, record } = job;
      const span = tracer?.handle(
        { topic: batch.topic, partition: batch.partition, offset: record.offset },
        event,
        service.name,
        group,
      );
      const handling = this.#handle(job, batch, states, changes, signal);
      const events = await (span === undefined ? handling : span.during(handling));
      emitted[job.index] = { offset: record.offset, cause: event, events, traceparent: span?.traceparent };
    };
    const concurrency = service.concurrency ?? 1;
    if (concurrency > 1) await runByKey(jobs, ({ event }) => event.subject, concurrency, handle);
    else for (const job of jobs) await handle(job);
    return { emitted, changes, idempotentIds };
  }

  /** The batch with these ids is committed: duplicates of its events are skipped from now on. */
  confirm(idempotentIds: PendingIds): void {
    this.#deduplicator.confirm(idempotentIds);
  }

  /** A processor for the same service that remembers no events. */
  fresh(): BatchProcessor {
    return new BatchProcessor(this.#options);
  }

  /** Remembers every event that `other` remembers. */
  merge(other: BatchProcessor): void {
    this.#deduplicator.merge(other.#deduplicator);
  }

  /** Remembers the idempotent events of a batch whose effects are in the state already. */
  async remember({ topic, partition, records }: InputBatch, signal: AbortSignal): Promise<void> {
    const at = { topic, partition };
    await this.#options.decoder.prepare(topic, records, signal);
    for (const record of records) {
      const decoded = this.#options.decoder.decode(record, at);
      if (decoded.ok) this.#deduplicator.remember(partitionName(at), decoded.event);
    }
  }

  #jobs({ topic, partition, records }: InputBatch, idempotentIds: Set<string>): Job[] {
    const at = { topic, partition };
    const scope = partitionName(at);
    const jobs: Job[] = [];
    for (const record of records) {
      const decoded = this.#options.decoder.decode(record, at);
      if (!decoded.ok) {
        this.#options.onInvalid?.({ ...at, offset: record.offset }, decoded.kind, decoded.reason);
        continue;
      }
      const { event } = decoded;
      if (!this.#deduplicator.admit(scope, event, idempotentIds)) continue;
      jobs.push({ event, record, index: jobs.length });
    }
    return jobs;
  }

  async #handle(
    { event, record }: Job,
    { topic, partition }: InputBatch,
    states: States,
    changes: Map<string, string | null>,
    signal: AbortSignal,
  ): Promise<readonly OutgoingEvent[]> {
    const { service, decoder } = this.#options;
    try {
      // D10: data that is valid JSON may still be nested too deeply to be read.
      const input = toServiceEvent(event, record, topic, decoder);
      const before = input.key === null ? undefined : currentState(input.key, states, changes);
      const json = before ?? this.#initial;
      // Parsed for each call: a handler that mutates its state changes a copy.
      const state: unknown = json === undefined ? undefined : parseJsonText(json);
      const handled = await service.handle(input, { state, signal });
      if (!('state' in handled)) return handled;
      if (this.#initial !== undefined && input.key !== null) {
        const after = this.#stateToKeep(handled.state, input.key);
        if (after !== (before ?? null)) changes.set(input.key, after);
      }
      return handled.events ?? [];
    } catch (error) {
      if (signal.aborted) throw error;
      this.#options.onFailure?.({ topic, partition, offset: record.offset }, event, error);
      throw new InputFailure(record.offset, error);
    }
  }

  /** A state as JSON; `null` if it equals `initial`, so that such a key costs nothing. */
  #stateToKeep(state: unknown, key: string): string | null {
    const json = toJson(state, this.#options.service, `the state of ${key}`);
    if (json === this.#initial) return null;
    // The same object with its fields in another order is the same state.
    return isDeepStrictEqual(parseJsonText(json), parseJsonText(this.#initial ?? 'null')) ? null : json;
  }
}

/** The state of a key after the earlier events of the same batch. `undefined`: the service's `initial`. */
function currentState(key: string, states: States, changes: StateChanges): string | undefined {
  const changed = changes.get(key);
  return changed === undefined ? states.get(key) : (changed ?? undefined);
}

/** @throws {TypeError} for a value that JSON has no notation for, such as `undefined` or a function */
function toJson(value: unknown, { name }: AnyService, what: string): string {
  const json: string | undefined = stringifyState(value);
  if (json === undefined) throw new TypeError(`Service ${name}: ${what} is not JSON; return plain JSON.`);
  return json;
}
