import { MillraceError, messageOf } from '../core/errors.js';
import { type Offset, type Topic, topic } from '../core/ids.js';
import {
  type Position,
  partitionName,
  type TopicIdPartition,
  type TopicPartition,
} from '../core/position.js';
import type { LogRecord } from '../core/record.js';
import type { RecordEncoder } from '../core/record-encoder.js';
import { shrinking } from '../dead-letters/append.js';
import { type DeadLetter, deadLetterRecord } from '../dead-letters/dead-letter.js';
import type { Placing } from '../placement/topic-layout.js';
import type { GroupHandler } from '../ports/consumer-groups.js';
import type { EventLog } from '../ports/event-log.js';
import { requireTransactions, type TransactionalBatch } from '../ports/transactional-commit.js';
import {
  BatchProcessor,
  type BatchProcessorOptions,
  type StateChanges,
  type States,
} from './batch-processor.js';
import { InputFailure, mayBePermanent } from './input-failure.js';
import { misplacedInputs } from './misplaced-inputs.js';
import { OutputEncoder } from './output-encoder.js';
import { PartitionState } from './partition-state.js';
import type { AnyService } from './service.js';
import { readSetAside, type SetAside } from './set-aside.js';
import { FIRST_VERSION, StateVersions, stateTopicSpecs } from './state-versions.js';

export interface ServiceRunnerOptions extends BatchProcessorOptions {
  readonly log: EventLog;
  /** The consumer group. Its members share the partitions; its progress outlives them. */
  readonly group: string;
  /** Whether the topics of the service's state are created, and with how many replicas. */
  readonly stateTopics?: { readonly create: boolean; readonly replicas: number };
  /** The codec of an output topic; `undefined`: JSON. */
  readonly encoder: RecordEncoder;
  /** Called before each batch is handled, which may take long. `lag`: offsets not handled yet. */
  readonly onReceived?: (at: TopicPartition, lag: number) => void;
  /** Called after each commit. `lag`: offsets not handled yet. */
  readonly onHandled?: (at: TopicPartition, done: { readonly events: number; readonly lag: number }) => void;
  /** Called when a batch failed for any reason. The log delivers it again after a pause. `lag`: as for `onHandled`. */
  readonly onRetry?: (at: TopicPartition, failure: { readonly error: unknown; readonly lag: number }) => void;
  /**
   * D10: how many times an input is tried that the service fails on, or whose output can never be committed. Then it
   * becomes a dead letter, and the partition continues. 0: for ever.
   */
  readonly maxAttempts?: number;
  /** What the names of dead-letter topics end with (`.dlt`). */
  readonly deadLetterSuffix?: string | undefined;
  /** Called when an input was set aside, after the commit of its dead letter. */
  readonly onSetAside?: (at: Position, error: unknown) => void;
  /** Where the keys of a topic belong; `undefined`: nobody can say. */
  readonly placingOf?: (of: Topic) => Placing | undefined;
  /** Called for inputs of a service with state that do not lie in the partition of their key, before they are handled. */
  readonly onMisplaced?: (at: TopicPartition, records: readonly LogRecord[], placing: Placing) => void;
  /** Called when this member has lost the partition. */
  readonly onLost?: (at: TopicPartition) => void;
}

/** A service that runs as one member of its group. Disposing stops it after the batch in progress. */
export interface RunningService extends AsyncDisposable {
  /** Rejects when the service cannot continue; resolves when it was disposed of. */
  readonly ended: Promise<void>;
}

/**
 * D1: runs a service so that each event acts once. One transaction commits what the service returned for a
 * batch, the new states of its keys, and the group's progress past the batch: all of it or nothing.
 */
export async function runService(
  options: ServiceRunnerOptions,
  signal: AbortSignal,
): Promise<RunningService> {
  const { log, group, service } = options;
  const topics = service.topics.map(topic);
  const stateful = isStateful(service);
  const runner = new ServiceRunner(options);
  if (stateful) {
    const { create, replicas } = options.stateTopics ?? { create: true, replicas: 1 };
    const inputs = await log.describe(topics, signal);
    const specs = stateTopicSpecs(group, inputs, FIRST_VERSION, replicas);
    await log.ensureTopics(specs, { create }, signal);
    const own = specs.map((spec) => spec.topic);
    await log.checkAccess({ reads: own, writes: own }, signal);
  }
  // D1, D9: with state, former owners of a partition are fenced at its assignment. Otherwise one of them could
  // still commit after this member has restored the changelog.
  return requireTransactions(log, 'services').join({ group, topics, fenced: stateful }, runner, signal);
}

/** A partition that this member owns. */
interface OwnedPartition {
  readonly at: TopicIdPartition;
  /** Restored before the partition's first batch. */
  state?: PartitionState;
  /** The input that failed last, and how often: what is behind it waits, so one is enough. */
  failing?: { readonly offset: Offset; readonly attempts: number };
  /** How many its topic has. */
  partitions?: number;
  /** Up to where it is known whether inputs are misplaced: a batch that is retried reports them once. */
  checked?: Offset;
}

class ServiceRunner implements GroupHandler<TransactionalBatch> {
  readonly #options: ServiceRunnerOptions;
  readonly #encoder: OutputEncoder;
  readonly #processor: BatchProcessor;
  /** `undefined` for a service without state. */
  readonly #versions: StateVersions | undefined;
  readonly #owned = new Map<string, OwnedPartition>();

  constructor(options: ServiceRunnerOptions) {
    const { log, group, service, encoder, tracer } = options;
    this.#options = options;
    this.#encoder = new OutputEncoder({ group, service: service.name, encoder, tracer });
    this.#processor = new BatchProcessor(options);
    if (isStateful(service)) this.#versions = new StateVersions(log, group);
  }

  async assigned({ topic, partition, topicId }: TopicIdPartition, signal: AbortSignal): Promise<undefined> {
    const at = { topic, partition, topicId };
    const owned = { at };
    const name = partitionName(at);
    this.#owned.set(name, owned);
    const drop = (): void => {
      // A later assignment of the same partition may have replaced this one.
      if (this.#owned.get(name) !== owned) return;
      this.#owned.delete(name);
      this.#options.onLost?.(at);
    };
    signal.addEventListener('abort', drop, { once: true });
  }

  async batch(batch: TransactionalBatch): Promise<void> {
    const { topic, partition, signal } = batch;
    const lag = batch.end - (batch.records[0]?.offset ?? batch.end);
    this.#options.onReceived?.({ topic, partition }, lag);
    try {
      await this.#checkPlacement(batch);
      await this.#advance(batch, batch.records, batch.last);
    } catch (error) {
      const cause = error instanceof InputFailure ? error.cause : error;
      if (!signal.aborted) this.#options.onRetry?.({ topic, partition }, { error: cause, lag });
      throw error;
    }
  }

  /** Reports inputs that are misplaced, before they change a state. */
  async #checkPlacement(batch: TransactionalBatch): Promise<void> {
    const { log, service, placingOf, onMisplaced } = this.#options;
    const { topic, signal } = batch;
    const placing = isStateful(service) ? placingOf?.(topic) : undefined;
    const owned = this.#owned.get(partitionName(batch));
    if (placing === undefined || owned === undefined) return;
    const { checked = -1 } = owned;
    const records = batch.records.filter(({ offset }) => offset > checked);
    // A topic that has grown is refused by its changelog, so the number of partitions is that of the assignment.
    owned.partitions ??= (await log.describe([topic], signal)).get(topic)?.partitions ?? 1;
    const misplaced = misplacedInputs(batch, records, placing, owned.partitions);
    if (misplaced.length > 0) onMisplaced?.(batch, misplaced, placing);
    owned.checked = batch.last;
  }

  /**
   * Handles and commits consecutive records of the batch, up to `through`. D10: when they fail for a reason that may
   * never pass, the one at fault is found, and the others are committed without it: by its offset when the service failed
   * on it, by halves when the log refuses one of the outputs.
   */
  async #advance(batch: TransactionalBatch, records: readonly LogRecord[], through: Offset): Promise<void> {
    try {
      return await this.#commit(batch, records, through);
    } catch (error) {
      if (batch.signal.aborted || records.length === 0 || !mayBePermanent(error)) throw error;
      const at = error instanceof InputFailure ? error.offset : undefined;
      const index = records.findIndex(({ offset }) => offset === at);
      const middle = index < 0 ? records.length >> 1 : index;
      const [culprit] = index < 0 && records.length > 1 ? [] : records.slice(middle);
      const before = records.slice(0, middle);
      const lastBefore = before.at(-1)?.offset;
      if (lastBefore !== undefined) await this.#advance(batch, before, lastBefore);
      const after = culprit === undefined ? records.slice(middle) : records.slice(middle + 1);
      if (culprit !== undefined)
        await this.#fail(batch, culprit, after.length === 0 ? through : culprit.offset, error);
      if (after.length > 0) await this.#advance(batch, after, through);
    }
  }

  async #commit(batch: TransactionalBatch, records: readonly LogRecord[], through: Offset): Promise<void> {
    const { topic, partition, signal } = batch;
    const state = await this.#stateFor(batch, records[0]?.offset);
    const result = await this.#processor.run(
      { topic, partition, records },
      state?.states ?? NO_STATES,
      signal,
    );
    const outputs = await this.#encoder.encode(result.emitted, signal);
    const committing = batch.commit([...outputs, ...(state?.records(result.changes) ?? [])], through);
    const spans = this.#options.tracer?.send(outputs);
    await (spans === undefined ? committing : spans.during(committing));
    // Only after the commit: if it fails, the records are delivered again and must act on the old state.
    state?.committed(result.changes);
    this.#processor.confirm(result.idempotentIds);
    const done = { events: result.emitted.length, lag: Math.max(0, batch.end - through - 1) };
    this.#options.onHandled?.({ topic, partition }, done);
  }

  /** An input failed alone. @throws its failure until it has been tried often enough: the log delivers it again */
  async #fail(batch: TransactionalBatch, input: LogRecord, through: Offset, failure: unknown): Promise<void> {
    const { maxAttempts = DEFAULT_MAX_ATTEMPTS } = this.#options;
    const owned = this.#owned.get(partitionName(batch));
    const before = owned?.failing?.offset === input.offset ? owned.failing.attempts : 0;
    const attempts = before + 1;
    if (owned !== undefined) owned.failing = { offset: input.offset, attempts };
    if (maxAttempts === 0 || attempts < maxAttempts) throw failure;
    await this.#setAside(batch, input, through, failure instanceof InputFailure ? failure.cause : failure);
  }

  /** D10: one transaction commits the dead letter and the progress past its input. The state is as it was before it. */
  async #setAside(
    batch: TransactionalBatch,
    input: LogRecord,
    through: Offset,
    cause: unknown,
  ): Promise<void> {
    const { service, group, deadLetterSuffix, onSetAside } = this.#options;
    const { topic, partition } = batch;
    const origin = { topic, partition, offset: input.offset };
    const reason = messageOf(cause);
    const fault = { kind: 'service', reason, service: service.name, group };
    const state = await this.#stateFor(batch, input.offset);
    const adoption = state?.records(NO_CHANGES) ?? [];
    let tooLarge: unknown;
    for (const letter of shrinking(deadLetterRecord(origin, input, fault, deadLetterSuffix))) {
      try {
        await batch.commit([letter, ...adoption], through);
        state?.committed(NO_CHANGES);
        onSetAside?.(origin, cause);
        return;
      } catch (error) {
        if (!(error instanceof MillraceError) || error.code !== 'EVENT_TOO_LARGE') throw error;
        tooLarge = error;
      }
    }
    throw tooLarge;
  }

  /**
   * The states of the batch's partition, in the newest version that it can adopt. Checked for each batch, so
   * that no batch after a switch is handled on the old state.
   */
  async #stateFor(batch: TransactionalBatch, next: Offset | undefined): Promise<PartitionState | undefined> {
    const { log, group, rememberedIds } = this.#options;
    if (this.#versions === undefined || next === undefined) return undefined;
    const { topic, partition, signal } = batch;
    const owned = this.#owned.get(partitionName(batch)) ?? { at: { topic, partition, topicId: undefined } };
    const { at } = owned;
    const version = await this.#versions.adoptable(at, next, signal);
    if (owned.state !== undefined && owned.state.version.id === version.id) return owned.state;
    const processor = this.#processor;
    owned.state = await PartitionState.restore({
      log,
      group,
      version,
      at,
      next,
      processor,
      rememberedIds,
      setAside: () => this.#readSetAside(at, signal),
      signal,
    });
    return owned.state;
  }

  #readSetAside(at: TopicPartition, signal: AbortSignal): Promise<SetAside> {
    const { log, service, deadLetterSuffix } = this.#options;
    const isBy = (letter: DeadLetter): boolean => letter.service === service.name;
    return readSetAside(log, at.topic, deadLetterSuffix, isBy, signal);
  }
}

const NO_STATES: States = new Map();
const NO_CHANGES: StateChanges = new Map();
const DEFAULT_MAX_ATTEMPTS = 10;

const isStateful = (service: AnyService): boolean => service.initial !== undefined;
