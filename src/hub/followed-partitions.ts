import { isRecreated, type Topic, type TopicId } from '../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../core/position.js';
import type { Logger } from '../observe/log.js';
import { EventsLost } from './events-lost.js';
import type { FollowedPartition, FollowedPartitionParts } from './followed-partition.js';
import { openPartition } from './open-partition.js';
import type { PartitionListener } from './partition-listener.js';
import type { TopicWatch } from './topic-watch.js';

interface FollowedPartitionsParts extends Omit<FollowedPartitionParts, 'recheckTopic'> {
  readonly topics: TopicWatch;
  readonly logger: Logger;
  readonly lingerMs: number;
  readonly signal: AbortSignal;
}

/** A partition that is followed, or about to be, for everyone on this node. */
interface SharedFollow {
  readonly opening: Promise<FollowedPartition>;
  /** Set once it is open. */
  partition: FollowedPartition | undefined;
  users: number;
  closeTimer: NodeJS.Timeout | undefined;
}

/** A listener's share in a followed partition. */
export interface Follow {
  readonly partition: FollowedPartition;
  /** Gives the share up. The listener has to be removed from `partition.listeners` as well. */
  release(): void;
}

/**
 * The partitions that this node follows, each once (C1). A partition opens with its first listener and closes
 * `lingerMs` after its last, so that a client that reconnects finds its ring still filled.
 */
export class FollowedPartitions implements AsyncDisposable {
  readonly #parts: FollowedPartitionsParts;
  readonly #byName = new Map<string, SharedFollow>();

  constructor(parts: FollowedPartitionsParts) {
    this.#parts = parts;
    parts.topics.listeners.add((topic, now) => this.#endRecreated(topic, now.id));
  }

  /** All that are open. */
  open(): FollowedPartition[] {
    return [...this.#byName.values()].flatMap(({ partition }) => partition ?? []);
  }

  /** The partition, if it is open. */
  get(at: TopicPartition): FollowedPartition | undefined {
    return this.#byName.get(partitionName(at))?.partition;
  }

  /**
   * Follows a partition until `release` is called. `listener` receives what happens from the moment this resolves.
   * @throws {MillraceError} TOPIC_MISSING; SHUTTING_DOWN once the node stops
   */
  async follow(at: TopicPartition, listener: PartitionListener): Promise<Follow> {
    const name = partitionName(at);
    const shared = this.#byName.get(name) ?? this.#open(at, name);
    clearTimeout(shared.closeTimer);
    shared.users += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      shared.users -= 1;
      if (shared.users === 0) this.#closeLater(name, shared);
    };
    try {
      const partition = await shared.opening;
      if (partition.endedBy === undefined) {
        partition.listeners.add(listener);
        return { partition, release };
      }
    } catch (error) {
      release();
      throw error;
    }
    // Race: the partition opens, the topic turns out to be recreated and ends it, then the line after `await` runs.
    // A partition of the recreated topic can be opened by now.
    release();
    return this.follow(at, listener);
  }

  #open(at: TopicPartition, name: string): SharedFollow {
    const opening = this.#openCurrent(at, (partition) => {
      shared.partition = partition;
    });
    const shared: SharedFollow = { opening, partition: undefined, users: 0, closeTimer: undefined };
    this.#byName.set(name, shared);
    this.#parts.metrics.followed.set(this.#byName.size);
    opening.catch(() => this.#forget(name, shared));
    return shared;
  }

  /** Opens the partition of the topic that exists now, also when the topic is recreated meanwhile. */
  async #openCurrent(
    at: TopicPartition,
    onOpen: (partition: FollowedPartition) => void,
  ): Promise<FollowedPartition> {
    const { topics, signal } = this.#parts;
    const parts = {
      ...this.#parts,
      recheckTopic: (suspect: TopicIdPartition): void => topics.recheck(suspect),
    };
    for (;;) {
      const { id } = await topics.describe(at.topic);
      const current = { topic: at.topic, partition: at.partition, topicId: id };
      const partition = await openPartition(current, parts, signal);
      if (!isRecreated(topics.last(at.topic)?.id, id)) {
        // In the same tick as the check: `#endRecreated` finds this partition from here on, so no change is missed.
        onOpen(partition);
        return partition;
      }
      await partition[Symbol.asyncDispose]();
    }
  }

  /** Ends what is followed of a topic that was recreated. The next `follow` opens the recreated one. */
  #endRecreated(topic: Topic, currentId: TopicId | undefined): void {
    const former = [...this.#byName].flatMap(([name, shared]) => {
      const { partition } = shared;
      const isFormer = partition?.at.topic === topic && isRecreated(partition.at.topicId, currentId);
      return isFormer ? [{ name, shared, partition }] : [];
    });
    // All of them are forgotten before any listener is notified: a listener that follows again at once must not
    // find a partition that is about to end.
    for (const { name, shared } of former) this.#forget(name, shared);
    for (const { partition } of former) {
      partition.end(EventsLost.byRecreation(topic));
      void partition[Symbol.asyncDispose]();
    }
    if (former.length === 0) return;
    this.#parts.metrics.problems.inc({ kind: 'topic-recreated' });
    this.#parts.logger.warn(
      { topic },
      'the topic was deleted and recreated; its subscriptions end with RESYNC_REQUIRED',
    );
  }

  #closeLater(name: string, shared: SharedFollow): void {
    shared.closeTimer = setTimeout(() => {
      this.#forget(name, shared);
      // Rejects when the partition never opened; then there is nothing to close.
      shared.opening.then((partition) => partition[Symbol.asyncDispose]()).catch(() => undefined);
    }, this.#parts.lingerMs);
    shared.closeTimer.unref();
  }

  #forget(name: string, shared: SharedFollow): void {
    if (this.#byName.get(name) !== shared) return;
    this.#byName.delete(name);
    this.#parts.metrics.followed.set(this.#byName.size);
    // The next one to follow this name may find a recreated topic, for which the cached blocks are wrong.
    if (shared.partition !== undefined) this.#parts.reader.forget(shared.partition.at);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#byName.values()];
    this.#byName.clear();
    for (const { closeTimer } of all) clearTimeout(closeTimer);
    await Promise.all(all.map(({ partition }) => partition?.[Symbol.asyncDispose]()));
  }
}
