import { isRecreated, type Topic } from '../../../core/ids.js';
import type { TopicDescription } from '../../../ports/event-log.js';
import type { OnProblem } from '../../../ports/problem.js';
import type { Connection } from '../wire/connection.js';
import { describeTopics } from '../wire/describe.js';
import { failureOf } from '../wire/failures.js';

/** How often a member's topics are checked, all of them in one request. */
const CHECK_INTERVAL_MS = 1_000;

/** A topic has changed since the member joined: the group has to rebalance. */
export class TopicsChanged extends Error {
  override readonly name = 'TopicsChanged';
  constructor(topic: Topic, change: string) {
    super(`The topic ${topic} ${change}`);
  }
}

interface TopicCheckOptions {
  /** Not the connection that fetches, where a waiting fetch would hold the requests up. */
  readonly connection: Connection;
  readonly topics: readonly Topic[];
  /** How many partitions of the topic the group assigned when it rebalanced. */
  readonly assignedPartitions: (topic: Topic) => number;
  readonly onProblem: OnProblem;
}

/** Checks that the topics of a group member are still those that it joined for. */
export class TopicCheck {
  readonly #options: TopicCheckOptions;
  /** The topics as `begin` found them. A topic that did not exist, or was refused, is not in it. */
  #before: ReadonlyMap<Topic, TopicDescription> = new Map();
  #checkNow = (): void => {};

  constructor(options: TopicCheckOptions) {
    this.#options = options;
  }

  /** @returns the topics of this generation, with their ids. Call it before `watch`. */
  async begin(signal: AbortSignal): Promise<ReadonlyMap<Topic, TopicDescription>> {
    const { connection, topics } = this.#options;
    this.#before = await describeTopics(connection, topics, signal, 'leave-out');
    return this.#before;
  }

  /** Checks now rather than at the next interval: something looks as if a topic had been recreated. */
  recheck(): void {
    this.#checkNow();
  }

  /**
   * Checks until `signal` is aborted.
   * @param onPresent is called after each check, with the topics that exist
   * @throws {TopicsChanged} once a topic has another id or more partitions, or exists again
   */
  async watch(onPresent: (topics: ReadonlySet<Topic>) => void, signal: AbortSignal): Promise<void> {
    const { connection, topics, onProblem } = this.#options;
    while (!signal.aborted) {
      await this.#untilNextCheck(signal);
      if (signal.aborted) return;
      try {
        const now = await describeTopics(connection, topics, signal, 'leave-out');
        for (const [topic, description] of now) this.#compare(topic, description);
        onPresent(new Set(now.keys()));
      } catch (cause) {
        if (cause instanceof TopicsChanged) throw cause;
        if (signal.aborted) return;
        const message = `The group's topics cannot be checked: ${failureOf(cause).message}`;
        onProblem({ kind: 'topics', message, cause });
      }
    }
  }

  #compare(topic: Topic, { id, partitions }: TopicDescription): void {
    const before = this.#before.get(topic);
    if (before === undefined) throw new TopicsChanged(topic, 'exists again');
    if (isRecreated(before.id, id)) throw new TopicsChanged(topic, 'was deleted and recreated');
    const assigned = this.#options.assignedPartitions(topic);
    if (partitions > assigned)
      throw new TopicsChanged(topic, `has ${partitions} partitions, not ${assigned}`);
  }

  /** Resolves after the interval, or at once on `recheck` or an abort. */
  #untilNextCheck(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, CHECK_INTERVAL_MS);
      signal.addEventListener('abort', end);
      this.#checkNow = end;
    });
  }
}
