import { pause } from '../../../core/async.js';
import { MillraceError } from '../../../core/errors.js';
import { type Partition, partition, type Topic } from '../../../core/ids.js';
import type { TopicPartition } from '../../../core/position.js';
import type { Access } from './access.js';
import { failureOf, retrying, unavailable } from './failures.js';
import type { Broker, Cluster } from './internal-types.js';
import { GROUP_COORDINATOR, TOPIC_RESOURCE } from './internals.js';
import type { Right } from './refused.js';

/** How many partitions a topic has, and which node leads each. */
interface TopicLayout {
  /** -1: the partition has no leader at the moment. */
  readonly leaders: ReadonlyMap<Partition, number>;
  /** By `performance.now`, which no clock adjustment moves. */
  readonly asOf: number;
}

const LAYOUT_MAX_AGE_MS = 60_000;
/** Kafka's default `max.message.bytes`, used when the client may not describe the topic's configuration. */
const DEFAULT_BATCH_LIMIT_BYTES = 1_048_588;
/** A new topic reaches the brokers one after the other, so "unknown topic" is believed after this many attempts. */
const MISSING_TOPIC_ATTEMPTS = 5;
const MISSING_TOPIC_PAUSE_MS = 100;

/**
 * Connections to the brokers of a cluster, with a cache of topic layouts and coordinators. Connects on first use,
 * and again after a loss. An entry of the cache that proves wrong is dropped and looked up again.
 */
export class Connection implements AsyncDisposable {
  readonly #layouts = new Map<Topic, TopicLayout>();
  readonly #batchLimits = new Map<Topic, { readonly bytes: number; readonly asOf: number }>();
  /** The coordinating node by `type/id`. One entry for each group and transactional id of this process. */
  readonly #coordinators = new Map<string, number>();
  /** Metadata requests run one at a time: kafkajs's pool holds only the topics of the last one. */
  #refreshing: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /**
   * @param access recognises what Kafka refuses
   * @param use what the connection does with topics. Describing one needs no right of its own: the rights to read and to
   *   write a topic include it
   */
  constructor(
    readonly cluster: Cluster,
    readonly access: Access,
    readonly use: 'READ' | 'WRITE',
  ) {}

  /**
   * Repeats `work` while it fails with transient errors.
   * @param needed the rights that it needs
   * @throws {MillraceError} LOG_UNAVAILABLE when the signal is aborted after a failure, or when Kafka refuses it; what
   *   else `work` throws
   */
  retrying<T>(work: () => Promise<T>, signal: AbortSignal, needed: readonly Right[] = []): Promise<T> {
    return retrying(
      () =>
        work().catch(async (error: unknown) => {
          // Its sockets fail from now on, and the caller's deadline may be far away.
          if (this.#isClosed) throw unavailable(error);
          throw await this.access.explain(error, this, needed);
        }),
      signal,
    );
  }

  /** @throws {MillraceError} LOG_UNAVAILABLE if Kafka does not grant all of these rights, as far as it can be asked */
  assertGranted(rights: readonly Right[], signal: AbortSignal): Promise<void> {
    return this.retrying(() => this.access.assertGranted(this, rights), signal);
  }

  /** What to throw for a broker's answer about a topic. @param right that the question needs */
  explainTopic(error: unknown, topic: Topic, right: 'READ' | 'WRITE' | 'DESCRIBE' = this.use): unknown {
    return this.access.explainAnswer(error, this, { on: 'topic', name: topic, right });
  }

  /**
   * Before records of several topics share a request: what is known to be refused fails alone, and nothing of it is sent.
   * @throws {MillraceError} LOG_UNAVAILABLE
   */
  assertNotRefused(topic: Topic): void {
    this.access.assertNotRefused(this.rightOn(topic));
  }

  /** The right on a topic that requests of this connection need. */
  rightOn(topic: Topic): Right {
    return { on: 'topic', name: topic, right: this.use };
  }

  /**
   * @param needed what to grant if the topic may not be described
   * @throws {MillraceError} TOPIC_MISSING, LOG_UNAVAILABLE
   */
  async layout(topic: Topic, signal: AbortSignal, needed = this.rightOn(topic)): Promise<TopicLayout> {
    const known = this.#layouts.get(topic);
    if (known !== undefined && performance.now() - known.asOf < LAYOUT_MAX_AGE_MS) return known;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.retrying(() => this.#refresh(topic), signal, [needed]);
      } catch (error) {
        if (!isTopicMissing(error) || attempt === MISSING_TOPIC_ATTEMPTS) throw error;
        await pause(MISSING_TOPIC_PAUSE_MS, signal);
        signal.throwIfAborted();
      }
    }
  }

  /** The largest record batch that the topic accepts, in bytes: its `max.message.bytes`. */
  async batchLimit(topic: Topic, signal: AbortSignal): Promise<number> {
    const known = this.#batchLimits.get(topic);
    if (known !== undefined && performance.now() - known.asOf < LAYOUT_MAX_AGE_MS) return known.bytes;
    const asOf = performance.now();
    const resources = [{ type: TOPIC_RESOURCE, name: topic, configNames: ['max.message.bytes'] }];
    const answer = await retrying(async () => {
      const broker = await this.anyBroker();
      return broker.describeConfigs({ resources });
    }, signal).catch((error: unknown) => {
      if (signal.aborted || error instanceof MillraceError) throw error;
      return undefined;
    });
    const configured = answer?.resources[0]?.configEntries[0]?.configValue;
    const bytes = Number(configured ?? DEFAULT_BATCH_LIMIT_BYTES);
    this.#batchLimits.set(topic, { bytes, asOf });
    return bytes;
  }

  /** Drops the cached layout and limit of a topic, because one of them proved wrong. */
  forget(topic: Topic): void {
    this.#layouts.delete(topic);
    this.#batchLimits.delete(topic);
  }

  /** Drops the cached layout if it has another number of partitions than somebody has just seen. */
  observePartitions(topic: Topic, count: number): void {
    const known = this.#layouts.get(topic);
    if (known !== undefined && known.leaders.size !== count) this.forget(topic);
  }

  /** The node that leads a partition; `undefined`: nobody has asked lately. */
  knownLeader({ topic, partition: number }: TopicPartition): number | undefined {
    const known = this.#layouts.get(topic);
    const isRecent = known !== undefined && performance.now() - known.asOf < LAYOUT_MAX_AGE_MS;
    return isRecent ? known.leaders.get(number) : undefined;
  }

  /** The broker that leads a partition. */
  async leader({ topic, partition: number }: TopicPartition, signal: AbortSignal): Promise<Broker> {
    return this.retrying(async () => {
      const known = await this.layout(topic, signal);
      // The partition may be newer than the cached layout.
      if (!known.leaders.has(number)) this.forget(topic);
      const nodeId = (await this.layout(topic, signal)).leaders.get(number);
      if (nodeId === undefined) throw topicMissing(topic, `Topic ${topic} has no partition ${number}.`);
      try {
        return await this.cluster.findBroker({ nodeId });
      } catch (error) {
        this.forget(topic);
        throw error;
      }
    }, signal);
  }

  /** Sends a request to the leader of a partition. Retries transient failures, at the new leader if it moved. */
  async withLeader<T>(
    at: TopicPartition,
    request: (leader: Broker) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return this.retrying(() => this.atLeader(at, request, signal), signal, [this.rightOn(at.topic)]);
  }

  /** The same once. For a request about several partitions, which may have other leaders at the next attempt. */
  async atLeader<T>(
    at: TopicPartition,
    request: (leader: Broker) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const leader = await this.leader(at, signal);
    try {
      return await request(leader);
    } catch (error) {
      if (failureOf(error).retriable) this.forget(at.topic);
      throw error;
    }
  }

  /**
   * Sends a request to the coordinator of a group or of a transactional id. Retries transient failures, at the new
   * coordinator if it moved.
   * @param needed rights on topics that the request needs too
   */
  async withCoordinator<T>(
    id: string,
    coordinatorType: number,
    request: (coordinator: Broker) => Promise<T>,
    signal: AbortSignal,
    needed: readonly Right[] = [],
  ): Promise<T> {
    const name = `${coordinatorType}/${id}`;
    const own: Right =
      coordinatorType === GROUP_COORDINATOR
        ? { on: 'group', name: id, right: 'READ' }
        : { on: 'transactional id', name: id, right: 'WRITE' };
    const work = async (): Promise<T> => {
      await this.#ensureMetadata();
      const nodeId = this.#coordinators.get(name);
      try {
        const coordinator =
          nodeId === undefined
            ? await this.cluster.findGroupCoordinator({ groupId: id, coordinatorType })
            : await this.cluster.findBroker({ nodeId });
        this.#coordinators.set(name, coordinator.nodeId);
        return await request(coordinator);
      } catch (error) {
        // The coordinator may have moved, also because its node has left the cluster.
        this.#coordinators.delete(name);
        throw error;
      }
    };
    return this.retrying(work, signal, [own, ...needed]);
  }

  /** A broker by its node id, such as a follower of a partition. */
  broker(nodeId: number): Promise<Broker> {
    return this.cluster.findBroker({ nodeId });
  }

  async anyBroker(): Promise<Broker> {
    await this.#ensureMetadata();
    const [nodeId] = this.cluster.brokerPool.getNodeIds();
    return this.cluster.findBroker({ nodeId: Number(nodeId) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.cluster.disconnect();
  }

  async #refresh(topic: Topic): Promise<TopicLayout> {
    const requested = performance.now();
    const next = this.#refreshing.then(async () => {
      // Thousands of callers may find the layout too old at once. The first one's answer, if it is newer than this
      // request, serves all of them.
      const known = this.#layouts.get(topic);
      if (known !== undefined && known.asOf >= requested) return known;
      const asOf = performance.now();
      const { brokerPool } = this.cluster;
      await this.cluster.connect();
      try {
        await brokerPool.refreshMetadata([topic]);
      } catch (error) {
        if (failureOf(error).type === 'UNKNOWN_TOPIC_OR_PARTITION') throw topicMissing(topic);
        throw error;
      }
      const found = brokerPool.metadata?.topicMetadata.find((one) => one.topic === topic);
      if (found === undefined) throw topicMissing(topic);
      const leaders = new Map(found.partitionMetadata.map((one) => [partition(one.partitionId), one.leader]));
      const layout = { leaders, asOf };
      this.#layouts.set(topic, layout);
      return layout;
    });
    this.#refreshing = next.catch(() => {});
    return next;
  }

  async #ensureMetadata(): Promise<void> {
    const { brokerPool } = this.cluster;
    await this.cluster.connect();
    if (brokerPool.getNodeIds().length > 0) return;
    const next = this.#refreshing.then(() => brokerPool.refreshMetadata([]));
    this.#refreshing = next.catch(() => {});
    await next;
  }
}

export function topicMissing(topic: Topic, message = `Topic ${topic} does not exist.`): MillraceError {
  return new MillraceError('TOPIC_MISSING', message, { details: { topic } });
}

export function isTopicMissing(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'TOPIC_MISSING';
}
