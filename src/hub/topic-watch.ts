import { MillraceError } from '../core/errors.js';
import { isRecreated, type Topic, type TopicId } from '../core/ids.js';
import type { EventLog, TopicDescription } from '../ports/event-log.js';

/** What a topic was found to be. */
export interface SeenTopic extends TopicDescription {
  /** Milliseconds since 1970: it was asked for at this time, so it was so then or later. */
  readonly asOf: number;
}

/** Is told when a topic is no longer what it was: it has another id, or more partitions. */
export type OnTopicChange = (topic: Topic, now: SeenTopic, before: SeenTopic) => void;

/** How often the topics in use are asked for, all of them in one request. */
const WATCH_INTERVAL = 1_000;

/** What the topics in use are, looked at again and again: topics grow, and are deleted and made anew. */
export class TopicWatch implements Disposable {
  readonly listeners = new Set<OnTopicChange>();
  readonly #log: EventLog;
  readonly #onProblem: (error: unknown) => void;
  readonly #inUse: () => Iterable<Topic>;
  readonly #seen = new Map<Topic, SeenTopic & { readonly at: number }>();
  /** Deleted since they were seen. Should they come back, they are compared to what they were. */
  readonly #gone = new Set<Topic>();
  /** The ids of topics that were made anew: they do not come back. */
  readonly #former = new Set<TopicId | undefined>();
  readonly #underWay = new Map<Topic, Promise<void>>();
  readonly #signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  #watching = false;

  constructor(parts: {
    readonly log: EventLog;
    /** Which topics are watched. */
    readonly inUse: () => Iterable<Topic>;
    readonly onProblem: (error: unknown) => void;
    readonly signal: AbortSignal;
  }) {
    this.#log = parts.log;
    this.#inUse = parts.inUse;
    this.#onProblem = parts.onProblem;
    this.#signal = parts.signal;
    this.#timer = setInterval(() => void this.#look(), WATCH_INTERVAL);
  }

  /**
   * What the topic is: as it was last seen, when that is not long ago, or else asked for. Who must not miss a
   * change listens too.
   * @throws {MillraceError} TOPIC_MISSING
   */
  async describe(topic: Topic): Promise<SeenTopic> {
    const seen = this.#seen.get(topic);
    if (seen !== undefined && !this.#gone.has(topic) && performance.now() - seen.at < 2 * WATCH_INTERVAL)
      return seen;
    await this.refresh(topic);
    const now = this.#seen.get(topic);
    if (now === undefined || this.#gone.has(topic))
      throw new MillraceError('TOPIC_MISSING', `Topic ${topic} does not exist.`);
    return now;
  }

  /** What was last seen of the topic, if anything. */
  last(topic: Topic): SeenTopic | undefined {
    return this.#seen.get(topic);
  }

  /** Asks for it now. Those that ask for the same topic at the same time share the question. */
  refresh(topic: Topic): Promise<void> {
    const underWay = this.#underWay.get(topic);
    if (underWay !== undefined) return underWay;
    const asking = this.#ask([topic]).finally(() => this.#underWay.delete(topic));
    this.#underWay.set(topic, asking);
    return asking;
  }

  async #look(): Promise<void> {
    const topics = [...new Set(this.#inUse())];
    if (this.#watching || topics.length === 0) return;
    this.#watching = true;
    try {
      await this.#ask(topics);
    } catch (error) {
      if (!this.#signal.aborted) this.#onProblem(error);
    } finally {
      this.#watching = false;
    }
  }

  async #ask(topics: readonly Topic[]): Promise<void> {
    const [asOf, at] = [Date.now(), performance.now()];
    const found = await this.#log.describe(topics, this.#signal);
    for (const topic of topics) {
      const now = found.get(topic);
      const before = this.#seen.get(topic);
      if (now === undefined) this.#gone.add(topic);
      else if (before === undefined || before.at <= at) this.#take(topic, { ...now, asOf, at }, before);
    }
  }

  #take(topic: Topic, now: SeenTopic & { readonly at: number }, before: SeenTopic | undefined): void {
    // A broker that has not heard of it yet answers with the topic, or the partitions, of before.
    if (this.#former.has(now.id)) return;
    if (before !== undefined && before.id === now.id && now.partitions < before.partitions) return;
    if (before !== undefined && isRecreated(before.id, now.id)) this.#former.add(before.id);
    this.#seen.set(topic, now);
    this.#gone.delete(topic);
    if (before === undefined || (before.id === now.id && before.partitions === now.partitions)) return;
    for (const listener of this.listeners) listener(topic, now, before);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.listeners.clear();
  }
}
