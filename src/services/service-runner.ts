import { topic } from '../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../core/position.js';
import type { RecordEncoder } from '../core/record-encoder.js';
import type { GroupHandler } from '../ports/consumer-groups.js';
import type { EventLog } from '../ports/event-log.js';
import { requireTransactions, type TransactionalBatch } from '../ports/transactional-commit.js';
import { BatchProcessor, type BatchProcessorOptions, type States } from './batch-processor.js';
import { OutputEncoder } from './output-encoder.js';
import { PartitionState } from './partition-state.js';
import type { AnyService } from './service.js';
import { FIRST_VERSION, StateVersions, stateTopicSpecs } from './state-versions.js';

export interface ServiceRunnerOptions extends BatchProcessorOptions {
  readonly log: EventLog;
  /** The consumer group. Its members share the partitions; its progress outlives them. */
  readonly group: string;
  /** Whether the topics of the service's state are created, and with how many replicas. */
  readonly stateTopics?: { readonly create: boolean; readonly replicas: number };
  /** The codec of an output topic; `undefined`: JSON. */
  readonly encoder: RecordEncoder;
  /** Called after each commit. `lag`: offsets not handled yet. */
  readonly onHandled?: (at: TopicPartition, done: { readonly events: number; readonly lag: number }) => void;
  /** Called when a batch failed for any reason. The log delivers it again after a pause. `lag`: as for `onHandled`. */
  readonly onRetry?: (at: TopicPartition, failure: { readonly error: unknown; readonly lag: number }) => void;
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
    await log.ensureTopics(stateTopicSpecs(group, inputs, FIRST_VERSION, replicas), { create }, signal);
  }
  // D9: with state, former owners of a partition are fenced at its assignment. Otherwise one of them could
  // still commit after this member has restored the changelog.
  return requireTransactions(log, 'services').join({ group, topics, fenced: stateful }, runner, signal);
}

/** A partition that this member owns. */
interface OwnedPartition {
  readonly at: TopicIdPartition;
  /** Restored before the partition's first batch. */
  state?: PartitionState;
}

class ServiceRunner implements GroupHandler<TransactionalBatch> {
  readonly #options: ServiceRunnerOptions;
  readonly #encoder: OutputEncoder;
  readonly #processor: BatchProcessor;
  /** `undefined` for a service without state. */
  readonly #versions: StateVersions | undefined;
  readonly #owned = new Map<string, OwnedPartition>();

  constructor(options: ServiceRunnerOptions) {
    const { log, group, service, encoder } = options;
    this.#options = options;
    this.#encoder = new OutputEncoder({ group, service: service.name, encoder });
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
    try {
      const state = await this.#stateFor(batch);
      const result = await this.#processor.run(batch, state?.states ?? NO_STATES, signal);
      const outputs = await this.#encoder.encode(result.emitted, signal);
      await batch.commit([...outputs, ...(state?.records(result.changes) ?? [])]);
      // Only after the commit: if it fails, the batch is delivered again and must act on the old state.
      state?.committed(result.changes);
      this.#processor.confirm(result.idempotentIds);
      const done = { events: result.emitted.length, lag: Math.max(0, batch.end - batch.last - 1) };
      this.#options.onHandled?.({ topic, partition }, done);
    } catch (error) {
      const lag = batch.end - (batch.records[0]?.offset ?? batch.end);
      if (!signal.aborted) this.#options.onRetry?.({ topic, partition }, { error, lag });
      throw error;
    }
  }

  /**
   * The states of the batch's partition, in the newest version that it can adopt. Checked for each batch, so
   * that no batch after a switch is handled on the old state.
   */
  async #stateFor(batch: TransactionalBatch): Promise<PartitionState | undefined> {
    const { log, group, rememberedIds } = this.#options;
    const [first] = batch.records;
    if (this.#versions === undefined || first === undefined) return undefined;
    const { topic, partition, signal } = batch;
    const owned = this.#owned.get(partitionName(batch)) ?? { at: { topic, partition, topicId: undefined } };
    const { at } = owned;
    const next = first.offset;
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
      signal,
    });
    return owned.state;
  }
}

const NO_STATES: States = new Map();

const isStateful = (service: AnyService): boolean => service.initial !== undefined;
