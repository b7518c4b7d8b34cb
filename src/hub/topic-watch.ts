import { pause } from '../core/async.js';
import { MillraceError } from '../core/errors.js';
import { isRecreated, type Offset, type Topic, type TopicId } from '../core/ids.js';
import type { TopicIdPartition } from '../core/position.js';
import { REFUSED_RETRY_MS, refusalIn } from '../core/refusal.js';
import type { EventLog, TopicDescription } from '../ports/event-log.js';

/** A topic as the log described it. */
export interface ObservedTopic extends TopicDescription {
  /** When the log was asked, in milliseconds since 1970. The topic was like this then or a little later. */
  readonly asOf: number;
  /**
   * The end of each partition, not later than now; `undefined` unless somebody relies on the topic's partitioner. A
   * reader of one key, should it have to follow the other partitions too, missed nothing of them before.
   */
  readonly ends?: readonly Offset[] | undefined;
}

/** The same, with the time by the clock that never jumps, to compare ages. */
type TimedTopic = ObservedTopic & { readonly askedAt: number };

/** Called when a topic is not what it was: it was recreated (another id) or has grown (more partitions). */
type OnTopicChange = (topic: Topic, now: ObservedTopic, before: ObservedTopic) => void;

/** How often the topics in use are described, all of them in one request. */
const WATCH_INTERVAL_MS = 1_000;
/** A description older than this is not used: the watch has failed meanwhile. */
const MAX_AGE_MS = 2 * WATCH_INTERVAL_MS;

/** Watches the topics in use, because topics grow, and are deleted and recreated. */
export class TopicWatch implements Disposable {
  readonly listeners = new Set<OnTopicChange>();
  readonly #log: EventLog;
  readonly #onProblem: (error: unknown) => void;
  readonly #inUse: () => Iterable<Topic>;
  readonly #needsEnds: (topic: Topic) => boolean;
  readonly #observed = new Map<Topic, TimedTopic>();
  /** Deleted since they were observed. Should they come back, they are compared with what they were. */
  readonly #deleted = new Set<Topic>();
  /** The ids of topics that were recreated. They never come back. */
  readonly #formerIds = new Set<TopicId | undefined>();
  readonly #refreshing = new Map<Topic, Promise<void>>();
  readonly #signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  #watching = false;

  constructor(parts: {
    readonly log: EventLog;
    /** Which topics to watch. */
    readonly inUse: () => Iterable<Topic>;
    /** Whether the ends of the topic's partitions are observed as well. */
    readonly needsEnds: (topic: Topic) => boolean;
    readonly onProblem: (error: unknown) => void;
    readonly signal: AbortSignal;
  }) {
    this.#log = parts.log;
    this.#inUse = parts.inUse;
    this.#needsEnds = parts.needsEnds;
    this.#onProblem = parts.onProblem;
    this.#signal = parts.signal;
    this.#timer = setInterval(() => void this.#watch(), WATCH_INTERVAL_MS);
  }

  /**
   * Describes the topic, from memory when that is recent, else by asking the log. A caller that must not miss a
   * change also adds a listener.
   * @throws {MillraceError} TOPIC_MISSING
   */
  async describe(topic: Topic): Promise<ObservedTopic> {
    const known = this.#observed.get(topic);
    const isComplete = (observed: ObservedTopic | undefined): boolean =>
      observed?.ends !== undefined || observed?.partitions === 1 || !this.#needsEnds(topic);
    const isRecent = known !== undefined && performance.now() - known.askedAt < MAX_AGE_MS;
    if (isRecent && isComplete(known) && !this.#deleted.has(topic)) return known;
    await this.refresh(topic);
    // It may have shared a request that was sent before anybody needed the ends.
    if (!isComplete(this.#observed.get(topic))) await this.refresh(topic);
    const now = this.#observed.get(topic);
    if (now === undefined || this.#deleted.has(topic))
      throw new MillraceError('TOPIC_MISSING', `Topic ${topic} does not exist.`);
    return now;
  }

  /** The topic as it was last observed, however long ago. */
  last(topic: Topic): ObservedTopic | undefined {
    return this.#observed.get(topic);
  }

  /** Asks the log now. Concurrent calls for one topic share the request. */
  refresh(topic: Topic): Promise<void> {
    const pending = this.#refreshing.get(topic);
    if (pending !== undefined) return pending;
    const request = this.#ask([topic]).finally(() => this.#refreshing.delete(topic));
    this.#refreshing.set(topic, request);
    return request;
  }

  /**
   * Something indicates that the topic of `suspect` was recreated, such as a message that carries another topic id.
   * Asks the log, which decides: the message may also be older than what is known here.
   */
  recheck({ topic, topicId }: TopicIdPartition): void {
    // Known already; the listeners have been notified.
    if (isRecreated(this.#observed.get(topic)?.id, topicId)) return;
    this.refresh(topic).catch((error: unknown) => {
      if (!this.#signal.aborted) this.#onProblem(error);
    });
  }

  async #watch(): Promise<void> {
    const topics = [...new Set(this.#inUse())];
    if (this.#watching || topics.length === 0) return;
    this.#watching = true;
    try {
      await this.#ask(topics);
    } catch (error) {
      if (this.#signal.aborted) return;
      this.#onProblem(error);
      if (refusalIn(error) === undefined) return;
      // One topic that is refused must not hide the changes of the others.
      if (topics.length > 1) await Promise.allSettled(topics.map((topic) => this.#ask([topic])));
      await pause(REFUSED_RETRY_MS, this.#signal);
    } finally {
      this.#watching = false;
    }
  }

  async #ask(topics: readonly Topic[]): Promise<void> {
    const [asOf, askedAt] = [Date.now(), performance.now()];
    const found = await this.#log.describe(topics, this.#signal);
    const ends = await this.#ends(topics, found);
    for (const topic of topics) {
      const now = found.get(topic);
      const before = this.#observed.get(topic);
      if (now === undefined) this.#deleted.add(topic);
      // Two requests may overlap. The answer to the earlier one must not replace that to the later one.
      else if (before === undefined || before.askedAt <= askedAt)
        this.#observe(
          topic,
          { ...now, asOf, askedAt, ends: ends.get(topic) ?? endsOf(before, now.id) },
          before,
        );
    }
  }

  /** Only those that could be read now: an earlier answer is as good, only longer ago. */
  async #ends(
    topics: readonly Topic[],
    found: ReadonlyMap<Topic, TopicDescription>,
  ): Promise<ReadonlyMap<Topic, readonly Offset[]>> {
    const ends = new Map<Topic, readonly Offset[]>();
    await Promise.all(
      topics.map(async (topic) => {
        if ((found.get(topic)?.partitions ?? 1) === 1 || !this.#needsEnds(topic)) return;
        try {
          const bounds = await this.#log.bounds(topic, this.#signal);
          ends.set(
            topic,
            bounds.map(({ end }) => end),
          );
        } catch (error) {
          if (this.#observed.get(topic)?.ends === undefined) throw error;
        }
      }),
    );
    return ends;
  }

  #observe(topic: Topic, now: TimedTopic, before: TimedTopic | undefined): void {
    // Brokers learn of a change at different times. One that has not learned of it yet describes the former topic,
    // or fewer partitions. Neither can be true any more: ids are never reused, and topics do not shrink.
    if (this.#formerIds.has(now.id)) return;
    if (before !== undefined && before.id === now.id && now.partitions < before.partitions) return;
    if (before !== undefined && isRecreated(before.id, now.id)) this.#formerIds.add(before.id);
    this.#observed.set(topic, now);
    this.#deleted.delete(topic);
    if (before === undefined || (before.id === now.id && before.partitions === now.partitions)) return;
    for (const listener of this.listeners) listener(topic, now, before);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.listeners.clear();
  }
}

/** The ends as observed before, if the topic is still the same. */
function endsOf(before: ObservedTopic | undefined, id: TopicId | undefined): readonly Offset[] | undefined {
  return before === undefined || isRecreated(before.id, id) ? undefined : before.ends;
}
