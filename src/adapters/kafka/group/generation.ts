import { partition, type Topic, topic } from '../../../core/ids.js';
import { partitionName } from '../../../core/position.js';
import type { GroupHandler } from '../../../ports/consumer-groups.js';
import type { TopicDescription } from '../../../ports/event-log.js';
import type { OnProblem } from '../../../ports/problem.js';
import type { TransactionalBatch } from '../../../ports/transactional-commit.js';
import type { Connection } from '../wire/connection.js';
import type { ConsumerGroup } from '../wire/internal-types.js';
import { Assignment } from './assignment.js';
import { GroupFetcher } from './group-fetcher.js';
import type { Membership } from './group-offsets.js';
import { sendHeartbeats } from './heartbeat.js';
import { TopicCheck } from './topic-check.js';

export interface GenerationOptions {
  readonly group: string;
  readonly topics: readonly Topic[];
  readonly handler: GroupHandler<TransactionalBatch>;
  readonly sessionTimeoutMs: number;
  readonly maxBytes: number;
  readonly rack?: string;
  readonly onProblem: OnProblem;
  readonly fenced: boolean;
  /** The member's own connection: its fetches wait at the brokers, and would hold other requests up. */
  readonly fetching: Connection;
  /** For offsets, bounds and topics. */
  readonly control: Connection;
  /** For transactions. */
  readonly writing: Connection;
}

/**
 * One generation of a group, as one of its members takes part in it: from a join until the group rebalances, the
 * member leaves, or the connection is lost for good. The assignments carry the generation into every commit, and the
 * broker refuses those of an older one (D9).
 */
export class Generation {
  readonly #consumerGroup: ConsumerGroup;
  readonly #options: GenerationOptions;
  readonly #membership: Membership;
  /** The last run of each partition, over all generations. A partition's next run begins after it. */
  readonly #runs: Map<string, Promise<void>>;
  readonly #topicCheck: TopicCheck;
  #assignments: readonly Assignment[] = [];

  /** @param consumerGroup has joined */
  constructor(consumerGroup: ConsumerGroup, runs: Map<string, Promise<void>>, options: GenerationOptions) {
    const { memberId, generationId, partitionsPerSubscribedTopic } = consumerGroup;
    const { group, topics, control, onProblem } = options;
    if (memberId === null || generationId === null) {
      throw new Error(`Group ${group} was joined without a member id`);
    }
    this.#consumerGroup = consumerGroup;
    this.#runs = runs;
    this.#options = options;
    this.#membership = { groupId: group, memberId, groupGenerationId: generationId };
    const assignedPartitions = (name: Topic): number => partitionsPerSubscribedTopic?.get(name)?.length ?? 0;
    this.#topicCheck = new TopicCheck({ connection: control, topics, assignedPartitions, onProblem });
  }

  /**
   * Runs until `leaving` is aborted, and then lets the batches in hand commit.
   * @throws what ended the generation early; other members may own the partitions by then, and nothing commits
   */
  async run(leaving: AbortSignal): Promise<void> {
    const { sessionTimeoutMs, onProblem, fetching } = this.#options;
    const over = new AbortController();
    const signal = AbortSignal.any([leaving, over.signal]);
    const heartbeat = {
      cluster: fetching.cluster,
      membership: this.#membership,
      sessionTimeoutMs,
      onProblem,
    };
    const work = this.#work(signal);
    try {
      await Promise.race([sendHeartbeats(this.#consumerGroup, heartbeat, signal), work]);
    } finally {
      over.abort(new Error('The generation is over'));
      for (const assignment of this.#assignments) assignment.end(!leaving.aborted);
      await Promise.allSettled([work]);
    }
  }

  /** Fetches and handles until `signal` is aborted. @throws {TopicsChanged} */
  async #work(signal: AbortSignal): Promise<void> {
    const topics = await this.#topicCheck.begin(signal);
    if (signal.aborted) return;
    this.#assignments = this.#assign(topics);
    const fetcher = new GroupFetcher(this.#options.fetching, this.#assignments, {
      ...this.#options,
      recheckTopic: () => this.#topicCheck.recheck(),
    });
    const watching = this.#topicCheck.watch((present) => fetcher.onPresent(present), signal);
    const fetching = fetcher.run(signal);
    await Promise.race([watching, fetching]);
  }

  #assign(topics: ReadonlyMap<Topic, TopicDescription>): readonly Assignment[] {
    const recheckTopic = (): void => this.#topicCheck.recheck();
    const { control, writing, fenced, handler, onProblem } = this.#options;
    const membership = this.#membership;
    const context = { membership, control, writing, fenced, handler, onProblem, recheckTopic };
    return this.#consumerGroup.assigned().flatMap((assigned) => {
      const described = topics.get(topic(assigned.topic));
      // Deleted since the group rebalanced. If it is created again, the topic check makes the group rebalance.
      if (described === undefined) return [];
      return assigned.partitions.map((number) => {
        const at = { topic: topic(assigned.topic), partition: partition(number), topicId: described.id };
        const assignment = new Assignment(at, context);
        const name = partitionName(at);
        this.#runs.set(name, assignment.run(this.#runs.get(name) ?? Promise.resolve()));
        return assignment;
      });
    });
  }
}
