import { formattedError, type ReportInternal } from '../../core/client-error.js';
import type { CursorCodec, PartitionPosition, StreamPosition } from '../../core/cursor.js';
import { MillraceError } from '../../core/errors.js';
import type { Relayed } from '../../core/event.js';
import { type Offset, offset, type Partition } from '../../core/ids.js';
import type { TopicPartition } from '../../core/position.js';
import { EventsLost } from '../../hub/events-lost.js';
import type { FollowedPartition } from '../../hub/followed-partition.js';
import type { Metrics } from '../../observe/metrics.js';
import type { Cohort, CohortMember, RenderedBatch } from '../cohort/cohort.js';
import { type ParsedEvent, reachedBy } from '../cohort/parsed-event.js';
import type { CohortReplayCache, RenderedEvent } from '../cohort/replay-cache.js';
import { type CatchingUp, catchUpConflated, type Shown } from './conflated-replay.js';
import { Conflation, type ConflationBudget } from './conflation.js';
import type { Over, ReplayScheduler } from './replay-scheduler.js';
import { sharedResult, withConflated } from './result-layout.js';
import type { ResultSink } from './result-sink.js';

/** Whom a subscriber shares with, and what it follows. */
export interface Belonging {
  readonly cohort: Cohort;
  readonly replayCache: CohortReplayCache;
  readonly followed: readonly FollowedPartition[];
}
/** What one subscription may remember while it conflates. */
const CONFLATION = { keys: 10_000, bytes: 4 << 20 };

export interface SubscriberParts {
  readonly codec: CursorCodec;
  readonly metrics: Metrics;
  readonly scheduler: ReplayScheduler;
  readonly budget: ConflationBudget;
  /** The error for one that stands at `place` and whose next events are gone (D5). */
  readonly resync: (loss: EventsLost, place: StreamPosition) => Promise<MillraceError>;
  readonly report: ReportInternal;
}

/**
 * One subscription. It is either live, a member of its cohort that is handed what the cohort made, or
 * behind, and then replays for itself until it stands where the node stands. A client that does not read
 * is simply behind: nothing is queued for it beyond the sink's high-water mark (D8). What else becomes of it
 * then is its field's `onSlow`.
 */
export class Subscriber implements CohortMember {
  readonly sink: ResultSink;
  readonly tag: string;
  #cohort: Cohort;
  #replayCache: CohortReplayCache;
  readonly #since = Date.now();
  readonly #codec: CursorCodec;
  readonly #metrics: Metrics;
  readonly #scheduler: ReplayScheduler;
  readonly #budget: ConflationBudget;
  readonly #resync: SubscriberParts['resync'];
  readonly #report: ReportInternal;
  #followed: readonly FollowedPartition[];
  /** Where it stands, while it is not live. */
  readonly #reached: Map<Partition, PartitionPosition>;
  #full = false;
  /** One that was never live is given much at once, and is not slow because it does not take it at once. */
  #wasLive = false;
  /** From when its client was slow until it is live again, where the field says so. */
  #conflation: Conflation | undefined;
  #closed = false;
  #replaying = false;
  #wake: (() => void) | undefined;

  constructor(
    sink: ResultSink,
    tag: string,
    { cohort, replayCache, followed }: Belonging,
    reached: Map<Partition, PartitionPosition>,
    parts: SubscriberParts,
  ) {
    this.sink = sink;
    this.tag = tag;
    this.#cohort = cohort;
    this.#replayCache = replayCache;
    this.#followed = followed;
    this.#reached = reached;
    this.#codec = parts.codec;
    this.#metrics = parts.metrics;
    this.#scheduler = parts.scheduler;
    this.#budget = parts.budget;
    this.#resync = parts.resync;
    this.#report = parts.report;
  }

  /** Becomes live at once when it stands where the node stands, or else replays until it does. */
  start(): void {
    if (this.#caughtUp()) this.#join();
    else void this.#replay();
  }

  /** Takes what the cohort made of live events. The cohort's members all stand where the node stands. */
  live({ events, results }: RenderedBatch): number {
    // Alone there is nobody to share a layout with (bench: distinct).
    if (this.#cohort.live.size > 1 && this.sink.nextAll?.(results, this.tag) === true) return results.length;
    let taken = 0;
    for (const event of events) {
      const result = results[taken];
      if (result === undefined) break;
      if (!this.sink.next(result, this.tag)) {
        this.#full = true;
        this.fallBehind(event, { offset: offset(event.relayed.offset - 1), fingerprint: 0 });
        break;
      }
      taken += 1;
    }
    return taken;
  }

  /** Leaves the live ones, standing at `reached` in the event's partition, and where the node stands elsewhere. */
  fallBehind(event: ParsedEvent, reached: PartitionPosition): void {
    this.#leave();
    this.#standWithNode();
    this.#reached.set(event.at.partition, reached);
    void this.#replay();
  }

  /** Goes on in another cohort, which follows more partitions: in those it stands at `reached`. */
  move(
    { cohort, replayCache, followed }: Belonging,
    reached: ReadonlyMap<Partition, PartitionPosition>,
  ): void {
    if (this.#closed) return;
    if (this.#leave()) this.#standWithNode();
    for (const [partition, here] of reached) {
      if (!this.#reached.has(partition)) this.#reached.set(partition, here);
    }
    this.#cohort = cohort;
    this.#replayCache = replayCache;
    this.#followed = followed;
    if (this.#replaying) this.#wake?.();
    else this.start();
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
    const known =
      error instanceof EventsLost
        ? await this.#resync(error, this.#cohort.placeOf(this.#reached))
        : asMillrace(error);
    this.sink.error([formattedError(known, this.#report)]);
  }

  /** As one who was live: where the node stands. */
  #standWithNode(): void {
    for (const { at, reached: here } of this.#followed) this.#reached.set(at.partition, here);
  }

  #join(): void {
    this.#wasLive = true;
    this.#conflation = undefined;
    this.#cohort.live.add(this);
    this.#metrics.live.inc();
  }

  /** @returns whether it was live */
  #leave(): boolean {
    const left = this.#cohort.live.delete(this);
    if (left) this.#metrics.live.dec();
    return left;
  }

  async #replay(): Promise<void> {
    if (this.#replaying) return;
    this.#replaying = true;
    this.#metrics.behind.inc();
    try {
      while (!this.#closed) {
        if (this.#full) {
          this.#heldBack();
          await this.#woken();
        } else if (this.#caughtUp()) {
          // In the same turn as the comparison, so nothing can come between.
          this.#join();
          return;
        } else await this.#step();
      }
    } catch (error) {
      await this.#fail(error);
    } finally {
      this.#conflation?.drop();
      this.#replaying = false;
      this.#metrics.behind.dec();
    }
  }

  /** D8: the client does not take what is due to it. @throws {MillraceError} SLOW_CONSUMER, where the field says so */
  #heldBack(): void {
    if (!this.#wasLive) return;
    const { onSlow } = this.#cohort.plan.binding;
    if (onSlow === 'CONFLATE') this.#conflation ??= new Conflation(CONFLATION, this.#budget);
    if (onSlow !== 'DISCONNECT') return;
    this.#metrics.slowDisconnects.inc({ why: 'policy' });
    const cursor = this.#codec.position(this.#cohort.topic, this.#cohort.placeOf(this.#reached)) + this.tag;
    throw new MillraceError('SLOW_CONSUMER', 'The client reads more slowly than events come.', {
      details: { cursor },
    });
  }

  /** One stretch of every partition that is behind. */
  async #step(): Promise<void> {
    let moved = false;
    const loss = this.#followed.find(({ endedBy }) => endedBy !== undefined)?.endedBy;
    if (loss !== undefined) throw loss;
    if (this.#conflation !== undefined) {
      if (!(await catchUpConflated(this.#conflation, this.#followed, this.#catchingUp())))
        await this.#beyond();
      return;
    }
    for (const partition of this.#followed) {
      const number = partition.at.partition;
      const from = this.#at(number);
      if (from.offset >= partition.reached.offset) continue;
      const { events, through } = await partition.read(from.offset);
      moved = true;
      if (!(await this.#handAll(partition.at, events))) return;
      this.#passed(number, through);
    }
    // Further than this node: the cursor came from one that is ahead. Wait for the relay.
    if (!moved) await this.#beyond();
  }

  /** Hands over a stretch, in turns with others that replay (D8). @returns `false` when it stopped on the way */
  async #handAll(at: TopicPartition, events: readonly Relayed[]): Promise<boolean> {
    let next = 0;
    let slow: Promise<RenderedEvent> | undefined;
    let made: RenderedEvent | undefined;
    const work = (over: Over): boolean => {
      // In each turn anew: in between it may have been given more partitions.
      const others = this.#others(at.partition);
      let count = 0;
      for (
        let event = events[next];
        event !== undefined && !this.#closed && !this.#full;
        event = events[next]
      ) {
        const rendition = made ?? this.#replayCache.of(at, event);
        made = undefined;
        if (rendition instanceof Promise) {
          slow = rendition;
          break;
        }
        const shown = this.#hand(at, event, rendition, others);
        if (shown === 'held back') break;
        next += 1;
        if (shown === 'shown') count += 1;
        if (over()) break;
      }
      if (count > 0) this.#cohort.delivered(count);
      return slow !== undefined || next === events.length || this.#closed || this.#full;
    };
    for (;;) {
      await this.#scheduler.share(work);
      if (slow === undefined) break;
      made = await slow;
      slow = undefined;
    }
    return next === events.length && !this.#closed && !this.#full;
  }

  /** Stands at the event afterwards, unless it was not taken. */
  #hand(at: TopicPartition, { timestamp }: Relayed, rendition: RenderedEvent, others: string): Shown {
    const before = this.#at(at.partition);
    this.#reached.set(at.partition, rendition.reached);
    const result = this.#replayCache.result(at, rendition, others, this.#reached);
    if (result === undefined) return 'not shown';
    if (!this.sink.next(result, this.tag)) return this.#holdBack(at.partition, before);
    // What came before it subscribed was not late.
    if (timestamp >= this.#since) this.#metrics.observeDelivery(timestamp);
    return 'shown';
  }

  /** The same for one result of a conflated replay, which is nobody else's. */
  async #show(event: ParsedEvent, leftOut: number): Promise<Shown> {
    const rendered = await this.#cohort.render(event);
    if (this.#closed) return 'held back';
    const { partition } = event.at;
    const before = this.#at(partition);
    this.#reached.set(partition, reachedBy(event));
    if (rendered === undefined) return 'not shown';
    const place = this.#cohort.placeOf(this.#reached, event.relayed.timestamp);
    const cursor = this.#codec.position(this.#cohort.topic, place);
    const head = leftOut > 0 ? withConflated(rendered, leftOut) : rendered;
    if (!this.sink.next(sharedResult(head, cursor), this.tag)) return this.#holdBack(partition, before);
    this.#cohort.delivered(1);
    this.#metrics.observeDelivery(event.relayed.timestamp);
    if (leftOut > 0) this.#metrics.conflated.inc({ field: this.#cohort.plan.binding.field }, leftOut);
    return 'shown';
  }

  #holdBack(partition: Partition, before: PartitionPosition): Shown {
    this.#reached.set(partition, before);
    this.#full = true;
    return 'held back';
  }

  #passed(number: Partition, through: Offset): void {
    if (through > this.#at(number).offset) this.#reached.set(number, { offset: through, fingerprint: 0 });
  }

  #catchingUp(): CatchingUp {
    return {
      at: (number) => this.#at(number).offset,
      passed: (number, through) => this.#passed(number, through),
      wants: (event) => this.#cohort.wants(event),
      show: (event, leftOut) => this.#show(event, leftOut),
      turn: async () => {
        await this.#scheduler.share(() => true);
        return !this.#closed;
      },
    };
  }

  /** Where it stands in the partitions but this one, as something to compare by. */
  #others(partition: Partition): string {
    if (this.#reached.size === 1) return '';
    const places: string[] = [];
    for (const [number, { offset: here, fingerprint }] of this.#reached) {
      if (number !== partition) places.push(`${number}:${here}:${fingerprint}`);
    }
    return places.join();
  }

  #caughtUp(): boolean {
    return this.#followed.every(
      ({ at, reached, endedBy }) => endedBy === undefined && this.#at(at.partition).offset === reached.offset,
    );
  }

  #at(partition: Partition): PartitionPosition {
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
}

function asMillrace(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const message = 'The events after the cursor cannot be read now.';
  return new MillraceError('LOG_UNAVAILABLE', message, { cause: error });
}
