import { type CursorCodec, fingerprint, type Positions, type Reached } from '../core/cursor.js';
import { MillraceError } from '../core/errors.js';
import type { Partition } from '../core/ids.js';
import { EventsLost } from '../hub/events-lost.js';
import type { FollowedPartition } from '../hub/followed-partition.js';
import type { Metrics } from '../observe/metrics.js';
import type { Cohort, Member, Rendered } from './cohort.js';
import type { Pace } from './pace.js';
import { ParsedEvent } from './parsed-event.js';
import type { SharedResult, Sink } from './sink.js';

export interface SubscriberParts {
  readonly codec: CursorCodec;
  readonly metrics: Metrics;
  readonly pace: Pace;
  /** The error for one that stands at `positions` and whose next events are gone (D5). */
  readonly resync: (loss: EventsLost, positions: Positions) => Promise<MillraceError>;
}

/**
 * One subscription. It is either live, a member of its cohort that is handed what the cohort made, or
 * behind, and then replays for itself until it stands where the node stands. A client that does not read
 * is simply behind: nothing is queued for it beyond the sink's high-water mark (D8).
 */
export class Subscriber implements Member {
  readonly sink: Sink;
  readonly tag: string;
  readonly #cohort: Cohort;
  readonly #codec: CursorCodec;
  readonly #metrics: Metrics;
  readonly #pace: Pace;
  readonly #resync: SubscriberParts['resync'];
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
    parts: SubscriberParts,
  ) {
    this.sink = sink;
    this.tag = tag;
    this.#cohort = cohort;
    this.#followed = followed;
    this.#reached = reached;
    this.#codec = parts.codec;
    this.#metrics = parts.metrics;
    this.#pace = parts.pace;
    this.#resync = parts.resync;
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
    this.#standWithNode();
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

  /** Live, it stood where the node stands; what is gone comes after that. */
  lost(loss: EventsLost): void {
    this.#leave();
    this.#standWithNode();
    void this.#fail(loss);
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#closed) return;
    this.close();
    const known = error instanceof EventsLost ? await this.#resync(error, this.#reached) : asMillrace(error);
    this.sink.error([{ message: known.message, extensions: known.extensions }]);
  }

  #standWithNode(): void {
    for (const { at, reached: here } of this.#followed) this.#reached.set(at.partition, here);
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
      await this.#fail(error);
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
      // One that has ended says why when it is read.
      if (from.offset >= partition.reached.offset && partition.ended === undefined) continue;
      const { events, through } = await partition.read(from.offset);
      await this.#pace.turn();
      moved = true;
      for (const relayed of events) {
        if (this.#closed || this.#full) return;
        const event = new ParsedEvent(partition.at, relayed);
        const rendered = await this.#cohort.render(event);
        if (this.#closed) return;
        this.#reached.set(number, reachedBy(event));
        if (rendered !== undefined) this.#hand(rendered, event);
      }
      if (through > this.#at(number).offset) this.#reached.set(number, { offset: through, fingerprint: 0 });
    }
    // Further than this node: the cursor came from one that is ahead. Wait for the relay.
    if (!moved) await this.#beyond();
  }

  #hand(rendered: Rendered, event: ParsedEvent): void {
    const cursor = this.#codec.place(this.#cohort.topic, this.#cohort.placeOf(event, this.#reached));
    this.#count(event);
    const head = Buffer.concat([rendered, Buffer.from(cursor)]);
    if (!this.sink.next({ head, cursor }, this.tag)) this.#full = true;
  }

  #caughtUp(): boolean {
    return this.#followed.every(
      ({ at, reached, ended }) => ended === undefined && this.#at(at.partition).offset === reached.offset,
    );
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
    this.#metrics.deliveryLatency.observe(Math.max(0, (Date.now() - relayed.timestamp) / 1000));
  }
}

function asMillrace(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const message = 'The events after the cursor cannot be read now.';
  return new MillraceError('LOG_UNAVAILABLE', message, { cause: error });
}

/** Where one stands that was handed this event. */
export function reachedBy({ relayed }: ParsedEvent): Reached {
  return { offset: relayed.offset, fingerprint: fingerprint(relayed.event.id, relayed.timestamp) };
}
