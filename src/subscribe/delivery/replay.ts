import type { CursorCodec } from '../../core/cursor.js';
import type { Relayed } from '../../core/event.js';
import type { FairScheduler, TickOver } from '../../core/fair-scheduler.js';
import type { TopicPartition } from '../../core/position.js';
import type { FollowedPartition } from '../../hub/followed-partition.js';
import type { Metrics } from '../../observe/metrics.js';
import type { Cohort } from '../cohort/cohort.js';
import { type ParsedEvent, reachedBy } from '../cohort/parsed-event.js';
import type { CohortReplayCache, RenderedEvent } from '../cohort/replay-cache.js';
import { type CatchingUp, catchUpConflated, type DeliveryOutcome } from './conflated-replay.js';
import type { Conflation } from './conflation.js';
import type { ReachedPositions } from './reached-positions.js';
import { sharedResult, withConflated } from './result-layout.js';
import type { ResultSink } from './result-sink.js';

/** The subscription that is replayed. Its cohort and partitions may change between two ticks. */
export interface ReplayTarget {
  readonly sink: ResultSink;
  readonly tag: string;
  readonly cohort: Cohort;
  readonly replayCache: CohortReplayCache;
  readonly followed: readonly FollowedPartition[];
  readonly positions: ReachedPositions;
  /** Whether it takes results now: it is neither ended nor backpressured. */
  readonly isReplaying: boolean;
  /** The sink refused a result. */
  onRefused(): void;
}

export interface ReplayParts {
  readonly codec: CursorCodec;
  readonly metrics: Metrics;
  readonly scheduler: FairScheduler;
}

/** Delivers the events between the position of one subscription and the node's. */
export class Replay {
  readonly #target: ReplayTarget;
  readonly #parts: ReplayParts;
  /** Events from before it subscribed do not count as late. */
  readonly #startedAt = Date.now();

  constructor(target: ReplayTarget, parts: ReplayParts) {
    this.#target = target;
    this.#parts = parts;
  }

  /**
   * Reads and delivers one stretch of every partition that is behind the node.
   * @returns `false` when none is. The subscription may still be ahead of this node, if its cursor came from a
   *   node that is ahead; then it waits until this node gets there
   * @throws {EventsLost} when a partition has ended, or when the log no longer has the events
   */
  async step(conflation: Conflation | undefined): Promise<boolean> {
    const { followed, positions } = this.#target;
    const ended = followed.find(({ endedBy }) => endedBy !== undefined)?.endedBy;
    if (ended !== undefined) throw ended;
    if (conflation !== undefined) return catchUpConflated(conflation, followed, this.#catchingUp());
    let moved = false;
    for (const partition of followed) {
      const from = positions.at(partition.at.partition).offset;
      if (from >= partition.reached.offset) continue;
      const { events, through } = await partition.read(from);
      moved = true;
      if (!(await this.#deliverAll(partition.at, events))) return true;
      positions.advance(partition.at.partition, through);
    }
    return moved;
  }

  /** Delivers a stretch, in ticks shared with other replays (D8). @returns `false` when it stopped on the way */
  async #deliverAll(at: TopicPartition, events: readonly Relayed[]): Promise<boolean> {
    const target = this.#target;
    let next = 0;
    let pending: Promise<RenderedEvent> | undefined;
    let awaited: RenderedEvent | undefined;
    let renderedFor = target.cohort;
    const work = (isTickOver: TickOver): boolean => {
      // Made in each tick: between two of them the subscription may get more partitions.
      const others = target.positions.keyOfOthers(at.partition);
      let count = 0;
      for (let event = events[next]; event !== undefined && target.isReplaying; event = events[next]) {
        const rendered = awaited ?? target.replayCache.of(at, event);
        awaited = undefined;
        if (rendered instanceof Promise) {
          pending = rendered;
          renderedFor = target.cohort;
          break;
        }
        const outcome = this.#deliver(at, event, rendered, others);
        if (outcome === 'refused') break;
        next += 1;
        if (outcome === 'delivered') count += 1;
        if (isTickOver()) break;
      }
      if (count > 0) target.cohort.countDeliveries(count);
      return pending !== undefined || next === events.length || !target.isReplaying;
    };
    for (;;) {
      await this.#parts.scheduler.share(work);
      if (pending === undefined) break;
      const done = await pending;
      // S2: its credentials may have been renewed during the wait. Then the event is rendered again, under the new ones.
      awaited = renderedFor === target.cohort ? done : undefined;
      pending = undefined;
    }
    return next === events.length && target.isReplaying;
  }

  /** The position is at the event afterwards, or stays before it when the sink refuses its result. */
  #deliver(
    at: TopicPartition,
    { timestamp }: Relayed,
    rendered: RenderedEvent,
    others: string,
  ): DeliveryOutcome {
    const { sink, tag, positions, replayCache } = this.#target;
    const before = positions.at(at.partition);
    positions.set(at.partition, rendered.reached);
    const result = replayCache.result(at, rendered, others, positions.all);
    if (result === undefined) return 'filtered';
    if (!sink.next(result, tag)) {
      positions.set(at.partition, before);
      this.#target.onRefused();
      return 'refused';
    }
    if (timestamp >= this.#startedAt) this.#parts.metrics.observeDelivery(timestamp);
    return 'delivered';
  }

  /** Delivers one result of a conflated replay, which no other subscription shares. */
  async #deliverConflated(event: ParsedEvent, leftOut: number): Promise<DeliveryOutcome> {
    const { cohort, positions } = this.#target;
    const head = await cohort.render(event);
    if (!this.#target.isReplaying) return 'refused';
    // The subscriber moved during the wait: its claims and the partitions in its cursor may have changed.
    if (this.#target.cohort !== cohort) return this.#deliverConflated(event, leftOut);
    const { partition } = event.at;
    const before = positions.at(partition);
    positions.set(partition, reachedBy(event));
    if (head === undefined) return 'filtered';
    const position = cohort.positionOf(positions.all, event.relayed.timestamp);
    const cursor = this.#parts.codec.position(cohort.topic, position);
    const result = sharedResult(leftOut > 0 ? withConflated(head, leftOut) : head, cursor);
    if (!this.#target.sink.next(result, this.#target.tag)) {
      positions.set(partition, before);
      this.#target.onRefused();
      return 'refused';
    }
    cohort.countDeliveries(1);
    this.#parts.metrics.observeDelivery(event.relayed.timestamp);
    if (leftOut > 0) this.#parts.metrics.conflated.inc({ field: cohort.plan.binding.field }, leftOut);
    return 'delivered';
  }

  #catchingUp(): CatchingUp {
    const target = this.#target;
    return {
      at: (partition) => target.positions.at(partition).offset,
      advance: (partition, through) => target.positions.advance(partition, through),
      matches: (event) => target.cohort.matches(event),
      deliver: (event, leftOut) => this.#deliverConflated(event, leftOut),
      nextTick: async () => {
        await this.#parts.scheduler.share(() => true);
        return target.isReplaying;
      },
    };
  }
}
