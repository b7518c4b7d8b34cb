import { pause } from '../../../core/async.js';
import { MillraceError } from '../../../core/errors.js';
import { type Partition, partition, type Topic } from '../../../core/ids.js';
import type { TopicPartition } from '../../../core/position.js';
import { failureOf, retrying } from './failures.js';
import { type Broker, type Cluster, TOPIC_RESOURCE } from './internals.js';

/** How many partitions a topic has, and which node leads each; -1: none at the moment. */
export interface TopicLayout {
  readonly leaders: ReadonlyMap<Partition, number>;
  /** By the clock that never jumps (`performance.now`). */
  readonly asOf: number;
}

const LAYOUT_AGE = 60_000;
/** Kafka's own `max.message.bytes`: what counts where the topic's is not told, for lack of a permission. */
const USUAL_BATCH_LIMIT = 1_048_588;
/** A topic just created is not known to every broker at once. */
const MISSING_ATTEMPTS = 5;

/** Connections to a cluster, made when first needed and again after a loss, and what is known of its topics. */
export class Connection implements AsyncDisposable {
  private readonly layouts = new Map<Topic, TopicLayout>();
  private readonly batchLimits = new Map<Topic, { readonly bytes: number; readonly asOf: number }>();
  /** The node that was last found to coordinate an id. As many as there are groups and partitions here. */
  private readonly coordinators = new Map<string, number>();
  private refreshing: Promise<unknown> = Promise.resolve();

  constructor(readonly cluster: Cluster) {}

  /** @throws {MillraceError} TOPIC_MISSING, LOG_UNAVAILABLE */
  async layout(topic: Topic, signal: AbortSignal): Promise<TopicLayout> {
    const known = this.layouts.get(topic);
    if (known !== undefined && performance.now() - known.asOf < LAYOUT_AGE) return known;
    for (let attempt = 1; ; attempt++) {
      try {
        return await retrying(() => this.refresh(topic), signal);
      } catch (error) {
        if (!(error instanceof MillraceError) || error.code !== 'TOPIC_MISSING') throw error;
        if (attempt === MISSING_ATTEMPTS) throw error;
        await pause(100, signal);
        signal.throwIfAborted();
      }
    }
  }

  /** How large a record batch the topic takes: its `max.message.bytes`. */
  async batchLimit(topic: Topic, signal: AbortSignal): Promise<number> {
    const known = this.batchLimits.get(topic);
    if (known !== undefined && performance.now() - known.asOf < LAYOUT_AGE) return known.bytes;
    const asOf = performance.now();
    const resources = [{ type: TOPIC_RESOURCE, name: topic, configNames: ['max.message.bytes'] }];
    const told = await retrying(async () => {
      const broker = await this.anyBroker();
      return broker.describeConfigs({ resources });
    }, signal).catch((error: unknown) => {
      if (signal.aborted || error instanceof MillraceError) throw error;
      return undefined;
    });
    const bytes = Number(told?.resources[0]?.configEntries[0]?.configValue ?? USUAL_BATCH_LIMIT);
    this.batchLimits.set(topic, { bytes, asOf });
    return bytes;
  }

  /** What is known of the topic's leaders, or of its limit, has proved wrong. */
  forget(topic: Topic): void {
    this.layouts.delete(topic);
    this.batchLimits.delete(topic);
  }

  /** The topic is known to have so many partitions: an older layout of it is of no more use. */
  expect(topic: Topic, partitions: number): void {
    const known = this.layouts.get(topic);
    if (known !== undefined && known.leaders.size !== partitions) this.forget(topic);
  }

  /** The broker that leads a partition, connected. */
  async leader({ topic, partition: number }: TopicPartition, signal: AbortSignal): Promise<Broker> {
    return retrying(async () => {
      const known = await this.layout(topic, signal);
      // It may have been added since that was asked.
      if (!known.leaders.has(number)) this.forget(topic);
      const nodeId = (await this.layout(topic, signal)).leaders.get(number);
      if (nodeId === undefined) throw missing(topic, `partition ${number} of topic ${topic} does not exist`);
      try {
        return await this.cluster.findBroker({ nodeId });
      } catch (error) {
        this.forget(topic);
        throw error;
      }
    }, signal);
  }

  /**
   * Sends to the coordinator of a group or a transactional id, and again to the next one while it fails in
   * a way that passes.
   */
  async askCoordinator<T>(
    id: string,
    coordinatorType: number,
    request: (coordinator: Broker) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const name = `${coordinatorType}/${id}`;
    return retrying(async () => {
      await this.anyMetadata();
      const nodeId = this.coordinators.get(name);
      try {
        const coordinator =
          nodeId === undefined
            ? await this.cluster.findGroupCoordinator({ groupId: id, coordinatorType })
            : await this.cluster.findBroker({ nodeId });
        this.coordinators.set(name, coordinator.nodeId);
        return await request(coordinator);
      } catch (error) {
        // It may be another one by now, also when this one is no longer a part of the cluster.
        this.coordinators.delete(name);
        throw error;
      }
    }, signal);
  }

  /** A broker, whichever is connected. */
  async anyBroker(): Promise<Broker> {
    await this.anyMetadata();
    const [nodeId] = this.cluster.brokerPool.getNodeIds();
    return this.cluster.findBroker({ nodeId: Number(nodeId) });
  }

  /** Sends to the leader of a partition, and again to the next one while it fails in a way that passes. */
  async ask<T>(at: TopicPartition, request: (leader: Broker) => Promise<T>, signal: AbortSignal): Promise<T> {
    return retrying(async () => {
      const leader = await this.leader(at, signal);
      try {
        return await request(leader);
      } catch (error) {
        if (failureOf(error).retriable) this.forget(at.topic);
        throw error;
      }
    }, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.disconnect();
  }

  /** One refresh at a time: the pool holds the metadata of the topics last asked for only. */
  private async refresh(topic: Topic): Promise<TopicLayout> {
    const asked = performance.now();
    const next = this.refreshing.then(async () => {
      // Thousands of clients may ask at once, when the layout has just become too old: one answer is for all.
      const known = this.layouts.get(topic);
      if (known !== undefined && known.asOf >= asked) return known;
      const asOf = performance.now();
      const { brokerPool } = this.cluster;
      await this.cluster.connect();
      try {
        await brokerPool.refreshMetadata([topic]);
      } catch (error) {
        if (failureOf(error).type === 'UNKNOWN_TOPIC_OR_PARTITION') throw missing(topic);
        throw error;
      }
      const found = brokerPool.metadata?.topicMetadata.find((one) => one.topic === topic);
      if (found === undefined) throw missing(topic);
      const leaders = new Map(found.partitionMetadata.map((one) => [partition(one.partitionId), one.leader]));
      const layout = { leaders, asOf };
      this.layouts.set(topic, layout);
      return layout;
    });
    this.refreshing = next.catch(() => {});
    return next;
  }

  private async anyMetadata(): Promise<void> {
    const { brokerPool } = this.cluster;
    await this.cluster.connect();
    if (brokerPool.getNodeIds().length > 0) return;
    const next = this.refreshing.then(() => brokerPool.refreshMetadata([]));
    this.refreshing = next.catch(() => {});
    await next;
  }
}

export function missing(topic: Topic, message = `Topic ${topic} does not exist.`): MillraceError {
  return new MillraceError('TOPIC_MISSING', message, { details: { topic } });
}
