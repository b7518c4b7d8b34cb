import type { PartitionPosition } from '../core/cursor.js';
import type { Relayed } from '../core/event.js';
import type { Topic } from '../core/ids.js';
import { partitionName, type TopicPartition } from '../core/position.js';
import type { ResourceStack } from '../core/resource-stack.js';
import type { OutcomeListener, OutcomeSource } from './outcome-source.js';

/** A mutation that waits for its outcome. */
export interface OutcomeWaiter {
  readonly topic: Topic;
  readonly correlationId: string;
  matches(event: Relayed): boolean;
  /** Called with an event that matches. Further calls have no effect. */
  onFound(event: Relayed, at: TopicPartition): void;
  /** The outcome may never be seen: stop waiting. */
  onLost(): void;
}

/** A partition that is followed for all mutations that wait for an event in it. */
interface Follower {
  readonly following: ReturnType<OutcomeSource['follow']>;
  readonly waiters: Set<OutcomeWaiter>;
  users: number;
}

/**
 * Follows the partitions in which mutations wait for outcomes. C1: however many wait, a partition is followed once,
 * and an event costs one lookup by its correlation id.
 */
export class OutcomeFollowers {
  readonly #source: OutcomeSource;
  readonly #followers = new Map<string, Follower>();
  readonly #byCorrelationId = new Map<string, Set<OutcomeWaiter>>();

  constructor(source: OutcomeSource) {
    this.#source = source;
  }

  /**
   * Follows a partition until `resources` are disposed of. Resolves once it is followed (D2).
   * @param waiter told when events of the partition are lost. `undefined`: only the position is needed
   * @returns the position that the node has reached in the partition
   */
  async follow(
    at: TopicPartition,
    waiter: OutcomeWaiter | undefined,
    resources: ResourceStack,
  ): Promise<PartitionPosition> {
    const name = partitionName(at);
    const follower = this.#followers.get(name) ?? this.#open(at, name);
    follower.users += 1;
    if (waiter !== undefined) follower.waiters.add(waiter);
    resources.defer(() => {
      if (waiter !== undefined) follower.waiters.delete(waiter);
      follower.users -= 1;
      if (follower.users === 0) this.#close(name, follower);
    });
    return (await follower.following).partition.reached;
  }

  /** Gives matching events of followed partitions to `waiter`, until `resources` are disposed of. */
  register(waiter: OutcomeWaiter, resources: ResourceStack): void {
    const { correlationId } = waiter;
    const waiters = this.#byCorrelationId.get(correlationId) ?? new Set();
    this.#byCorrelationId.set(correlationId, waiters.add(waiter));
    resources.defer(() => {
      waiters.delete(waiter);
      if (waiters.size === 0 && this.#byCorrelationId.get(correlationId) === waiters)
        this.#byCorrelationId.delete(correlationId);
    });
  }

  #open(at: TopicPartition, name: string): Follower {
    const waiters = new Set<OutcomeWaiter>();
    const listener: OutcomeListener = {
      onEvents: (_at, events) => {
        for (const event of events) this.#onEvent(at, event);
      },
      onLost: () => {
        // The next mutation opens another follower, of the topic as it is then.
        this.#close(name, follower);
        for (const waiter of waiters) waiter.onLost();
      },
    };
    const following = this.#source.follow(at, listener).then(({ partition, release }) => ({
      partition,
      release: () => {
        partition.listeners.delete(listener);
        release();
      },
    }));
    const follower: Follower = { following, waiters, users: 0 };
    this.#followers.set(name, follower);
    // Everyone who awaits `following` gets the error; the next mutation tries again.
    following.catch(() => this.#close(name, follower));
    return follower;
  }

  #close(name: string, follower: Follower): void {
    if (this.#followers.get(name) !== follower) return;
    this.#followers.delete(name);
    follower.following.then(({ release }) => release()).catch(() => undefined); // It was never followed.
  }

  #onEvent(at: TopicPartition, event: Relayed): void {
    const { correlationId } = event.event;
    if (correlationId === undefined) return;
    for (const waiter of this.#byCorrelationId.get(correlationId) ?? [])
      if (waiter.topic === at.topic && waiter.matches(event)) waiter.onFound(event, at);
  }
}
