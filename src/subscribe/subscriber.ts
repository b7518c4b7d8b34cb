import type { GraphQLFormattedError } from 'graphql';
import type { Reached } from '../core/cursor.js';
import { MillraceError } from '../core/errors.js';
import type { Relayed } from '../core/event.js';
import type { Partition } from '../core/ids.js';
import type { TopicPartition } from '../core/position.js';
import type { FollowedPartition } from '../hub/followed-partition.js';
import type { Metrics } from '../observe/metrics.js';
import type { Cohort, Member } from './cohort.js';
import type { Over, Pace } from './pace.js';
import { type ParsedEvent, reachedBy } from './parsed-event.js';
import type { CohortRenditions, Rendition } from './renditions.js';
import type { SharedResult, Sink } from './sink.js';

/**
 * One subscription. It is either live, a member of its cohort that is handed what the cohort made, or
 * behind, and then replays for itself until it stands where the node stands. A client that does not read
 * is simply behind: nothing is queued for it beyond the sink's high-water mark (D8).
 */
export class Subscriber implements Member {
  readonly sink: Sink;
  readonly tag: string;
  readonly #cohort: Cohort;
  readonly #metrics: Metrics;
  readonly #pace: Pace;
  readonly #renditions: CohortRenditions;
  readonly #since = Date.now();
  readonly #followed: readonly FollowedPartition[];
  /** Where it stands, while it is not live. */
  readonly #reached: Map<Partition, Reached>;
  #full = false;
  #closed = false;
  #replaying = false;
  #wake: (() => void) | undefined;

  constructor(
    sink: Sink,
    tag: string,
    cohort: Cohort,
    followed: readonly FollowedPartition[],
    reached: Map<Partition, Reached>,
    parts: { readonly metrics: Metrics; readonly pace: Pace; readonly renditions: CohortRenditions },
  ) {
    this.sink = sink;
    this.tag = tag;
    this.#cohort = cohort;
    this.#followed = followed;
    this.#reached = reached;
    this.#metrics = parts.metrics;
    this.#pace = parts.pace;
    this.#renditions = parts.renditions;
  }

  /** Becomes live at once when it stands where the node stands, or else replays until it does. */
  start(): void {
    if (this.#caughtUp()) this.#join();
    else void this.#replay();
  }

  /** Takes what the cohort made of a live event. The cohort's members all stand where the node stands. */
  live(result: SharedResult, event: ParsedEvent): void {
    this.#count(event);
    if (this.sink.next(result, this.tag)) return;
    this.#full = true;
    this.fallBehind(event, reachedBy(event));
  }

  /** Leaves the live ones, standing at `reached` in the event's partition, and where the node stands elsewhere. */
  fallBehind(event: ParsedEvent, reached: Reached): void {
    this.#leave();
    for (const { at, reached: here } of this.#followed) this.#reached.set(at.partition, here);
    this.#reached.set(event.at.partition, reached);
    void this.#replay();
  }

  drained(): void {
    this.#full = false;
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#leave();
    this.#wake?.();
  }

  fail(errors: readonly GraphQLFormattedError[]): void {
    if (this.#closed) return;
    this.close();
    this.sink.error(errors);
  }

  #join(): void {
    this.#cohort.live.add(this);
    this.#metrics.live.inc();
  }

  #leave(): void {
    if (this.#cohort.live.delete(this)) this.#metrics.live.dec();
  }

  async #replay(): Promise<void> {
    if (this.#replaying) return;
    this.#replaying = true;
    this.#metrics.behind.inc();
    try {
      while (!this.#closed) {
        if (this.#full) await this.#woken();
        else if (this.#caughtUp()) {
          // In the same turn as the comparison, so nothing can come between.
          this.#join();
          return;
        } else await this.#step();
      }
    } catch (error) {
      const known =
        error instanceof MillraceError
          ? error
          : new MillraceError('LOG_UNAVAILABLE', 'The events after the cursor cannot be read now.', {
              cause: error,
            });
      this.fail([{ message: known.message, extensions: known.extensions }]);
    } finally {
      this.#replaying = false;
      this.#metrics.behind.dec();
    }
  }

  /** One stretch of every partition that is behind. */
  async #step(): Promise<void> {
    let moved = false;
    for (const partition of this.#followed) {
      const number = partition.at.partition;
      const from = this.#at(number);
      if (from.offset >= partition.reached.offset) continue;
      const { events, through } = await partition.read(from.offset);
      moved = true;
      if (!(await this.#handAll(partition.at, events))) return;
      const last = this.#at(number);
      if (through > last.offset) this.#reached.set(number, { offset: through, fingerprint: 0 });
    }
    // Further than this node: the cursor came from one that is ahead. Wait for the relay.
    if (!moved) await this.#beyond();
  }

  /** Hands over a stretch, in turns with others that replay (D8). @returns `false` when it stopped on the way */
  async #handAll(at: TopicPartition, events: readonly Relayed[]): Promise<boolean> {
    const others = this.#others(at.partition);
    let next = 0;
    let slow: Promise<Rendition> | undefined;
    let made: Rendition | undefined;
    const work = (over: Over): boolean => {
      let count = 0;
      for (
        let event = events[next];
        event !== undefined && !this.#closed && !this.#full;
        event = events[next]
      ) {
        const rendition = made ?? this.#renditions.of(at, event);
        made = undefined;
        if (rendition instanceof Promise) {
          slow = rendition;
          break;
        }
        next += 1;
        if (this.#hand(at, event, rendition, others)) count += 1;
        if (over()) break;
      }
      if (count > 0) this.#metrics.deliveries.inc({ field: this.#cohort.plan.binding.field }, count);
      return slow !== undefined || next === events.length || this.#closed || this.#full;
    };
    for (;;) {
      await this.#pace.share(work);
      if (slow === undefined) break;
      made = await slow;
      slow = undefined;
    }
    return next === events.length && !this.#closed && !this.#full;
  }

  /** @returns whether it was for this subscription */
  #hand(at: TopicPartition, { timestamp }: Relayed, rendition: Rendition, others: string): boolean {
    this.#reached.set(at.partition, rendition.reached);
    const result = this.#renditions.result(at, rendition, others, this.#reached);
    if (result === undefined) return false;
    // What came before it subscribed was not late.
    if (timestamp >= this.#since) this.#observe(timestamp);
    if (!this.sink.next(result, this.tag)) this.#full = true;
    return true;
  }

  /** Where it stands in the partitions but this one, as something to compare by. */
  #others(partition: Partition): string {
    if (this.#reached.size === 1) return '';
    const places: string[] = [];
    for (const [number, { offset, fingerprint }] of this.#reached) {
      if (number !== partition) places.push(`${number}:${offset}:${fingerprint}`);
    }
    return places.join();
  }

  #caughtUp(): boolean {
    return this.#followed.every(({ at, reached }) => this.#at(at.partition).offset === reached.offset);
  }

  #at(partition: Partition): Reached {
    const reached = this.#reached.get(partition);
    if (reached === undefined) throw new Error(`A subscription without a place in partition ${partition}`);
    return reached;
  }

  async #beyond(): Promise<void> {
    const listener = { events: () => this.#wake?.(), lost: () => this.#wake?.() };
    for (const { listeners } of this.#followed) listeners.add(listener);
    await this.#woken();
    for (const { listeners } of this.#followed) listeners.delete(listener);
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #count({ relayed }: ParsedEvent): void {
    this.#metrics.deliveries.inc({ field: this.#cohort.plan.binding.field });
    this.#observe(relayed.timestamp);
  }

  #observe(timestamp: number): void {
    this.#metrics.deliveryLatency.observe(Math.max(0, (Date.now() - timestamp) / 1000));
  }
}
