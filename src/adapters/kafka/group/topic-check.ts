import { isRecreated, type Topic } from '../../../core/ids.js';
import type { TopicDescription } from '../../../ports/event-log.js';
import type { OnProblem } from '../../../ports/problem.js';
import type { Connection } from '../wire/connection.js';
import { describeTopics } from '../wire/describe.js';
import { failureOf } from '../wire/failures.js';

/** How often the topics of a member are looked at, all of them in one request. */
const INTERVAL = 1_000;

/** A member joined when its topics were otherwise: its group has to share them out anew. */
export class TopicsChanged extends Error {
  override readonly name = 'TopicsChanged';
  constructor(topic: Topic, what: string) {
    super(`The topic ${topic} ${what}`);
  }
}

export interface TopicCheckParts {
  /** Asks the brokers. Not the connection that fetches: a fetch that waits would hold the question up. */
  readonly connection: Connection;
  readonly topics: readonly Topic[];
  /** How many partitions of the topic the group shared out. */
  readonly shared: (topic: Topic) => number;
  readonly onProblem: OnProblem;
}

/** Whether the topics of a group's member are still what they were when it joined. */
export class TopicCheck {
  /** What the topics were, by the first look; those that did not exist are missing. */
  private before: ReadonlyMap<Topic, TopicDescription> = new Map();
  private look = (): void => {};

  constructor(private readonly parts: TopicCheckParts) {}

  /** The ids for this generation. Called before `watch`. */
  async begin(signal: AbortSignal): Promise<ReadonlyMap<Topic, TopicDescription>> {
    this.before = await describeTopics(this.parts.connection, this.parts.topics, signal);
    return this.before;
  }

  /** Something looks as if a topic were no longer what it was: it is looked at now. */
  doubt(): void {
    this.look();
  }

  /**
   * Looks again and again until `signal` is aborted; `present` is called with the topics that are as before.
   * @throws {TopicsChanged} once a topic has another id or more partitions, or is there again
   */
  async watch(present: (topics: ReadonlySet<Topic>) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.pause(signal);
      if (signal.aborted) return;
      try {
        const now = await describeTopics(this.parts.connection, this.parts.topics, signal);
        for (const [topic, description] of now) this.compare(topic, description);
        present(new Set(now.keys()));
      } catch (cause) {
        if (cause instanceof TopicsChanged) throw cause;
        if (signal.aborted) return;
        const message = `The topics cannot be looked at: ${failureOf(cause).message}`;
        this.parts.onProblem({ kind: 'topics', message, cause });
      }
    }
  }

  private compare(topic: Topic, { id, partitions }: TopicDescription): void {
    const before = this.before.get(topic);
    if (before === undefined) throw new TopicsChanged(topic, 'is there again');
    if (isRecreated(before.id, id)) throw new TopicsChanged(topic, 'was deleted and made anew');
    const shared = this.parts.shared(topic);
    if (partitions > shared) throw new TopicsChanged(topic, `has ${partitions} partitions, not ${shared}`);
  }

  /** Until it is time for the next look, or there is a reason for one. */
  private pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, INTERVAL);
      signal.addEventListener('abort', end);
      this.look = end;
    });
  }
}
