import { formattedError, type ReportInternal } from '../../core/client-error.js';
import type { PartitionPosition, StreamPosition } from '../../core/cursor.js';
import { MillraceError } from '../../core/errors.js';
import { offset, type Partition } from '../../core/ids.js';
import { EventsLost } from '../../hub/events-lost.js';
import type { FollowedPartition } from '../../hub/followed-partition.js';
import type { PartitionLag } from '../../observe/metrics.js';
import type { Cohort, CohortMember, RenderedBatch } from '../cohort/cohort.js';
import type { Membership } from '../cohort/cohorts.js';
import type { ParsedEvent } from '../cohort/parsed-event.js';
import type { CohortReplayCache } from '../cohort/replay-cache.js';
import { Conflation, type ConflationBudget } from './conflation.js';
import type { ReachedPositions } from './reached-positions.js';
import { Replay, type ReplayParts, type ReplayTarget } from './replay.js';
import type { ResultSink } from './result-sink.js';
import {
  ENDED,
  onBehind,
  onCaughtUp,
  onConflated,
  onRefused,
  onRoom,
  STARTING,
  type SubscriberState,
} from './subscriber-state.js';

/** The cohort that a subscriber is a member of, and the partitions that it follows. */
type CohortShare = Pick<Membership, 'cohort' | 'router' | 'replayCache' | 'followed'>;

type Backpressured = Extract<SubscriberState, { state: 'backpressured' }>;

/** C4: how much one subscription may remember while it conflates. */
const MAX_CONFLATION = { keys: 10_000, bytes: 4 << 20 };

interface SubscriberParts extends ReplayParts {
  /** The subscribers of the node that are behind it. */
  readonly behind: Set<Pick<Subscriber, 'lags'>>;
  readonly budget: ConflationBudget;
  /** Makes the error for a subscription at `position` whose next events are gone (D5). */
  readonly resync: (loss: EventsLost, position: StreamPosition) => Promise<MillraceError>;
  readonly report: ReportInternal;
}

/**
 * One running subscription. It is either live, a member of its cohort that takes what the cohort rendered, or
 * behind, and then replays for itself until it is at the node's position. A client that does not read is simply
 * behind: nothing is queued for it beyond the sink's high-water mark (D8), and its field's `onSlow` decides what
 * it gets later. `subscriber-state.ts` has the transitions.
 */
export class Subscriber implements CohortMember, ReplayTarget {
  readonly sink: ResultSink;
  readonly tag: string;
  readonly positions: ReachedPositions;
  readonly #parts: SubscriberParts;
  readonly #replay: Replay;
  #cohort: Cohort;
  #router: CohortShare['router'];
  #replayCache: CohortReplayCache;
  #followed: readonly FollowedPartition[];
  #state: SubscriberState = STARTING;
  /** The position that its client was last told. */
  #told: string | undefined;
  /** Ends the replay's wait, if it waits. */
  #wake: (() => void) | undefined;

  constructor(
    sink: ResultSink,
    tag: string,
    { cohort, router, replayCache, followed }: CohortShare,
    positions: ReachedPositions,
    parts: SubscriberParts,
  ) {
    this.sink = sink;
    this.tag = tag;
    this.positions = positions;
    this.#cohort = cohort;
    this.#router = router;
    this.#replayCache = replayCache;
    this.#followed = followed;
    this.#parts = parts;
    this.#replay = new Replay(this, parts);
  }

  get cohort(): Cohort {
    return this.#cohort;
  }

  get replayCache(): CohortReplayCache {
    return this.#replayCache;
  }

  get followed(): readonly FollowedPartition[] {
    return this.#followed;
  }

  /** How far it is behind the node in each partition, in offsets. */
  get lags(): readonly PartitionLag[] {
    return this.positions.lags(this.#followed);
  }

  get isReplaying(): boolean {
    return this.#state.state === 'replaying';
  }

  /** Becomes live at once if it is at the node's position, or else replays until it is. */
  start(): void {
    // First: what is replayed comes after it.
    if (!this.positions.isAtNode(this.#followed)) this.tellPosition();
    if (this.positions.isAtNode(this.#followed)) this.#becomeLive();
    else this.#startReplay();
  }

  /** D4: tells a client that reads positions where it is, unless it knows. For live ones the cohort's text is shared. */
  tellPosition(): void {
    const { state } = this.#state;
    if (this.sink.readsPositions !== true || state === 'ended' || state === 'backpressured') return;
    // D4: not by its state, which is still live while it moves to more partitions: it is not at the node's position there.
    const isLive = this.#cohort.live.has(this);
    const cursor = isLive ? this.#router.cursorNow(this.#cohort) : this.#ownCursor();
    if (cursor === this.#told) return;
    const behind = isLive ? 0 : this.positions.behind(this.#followed);
    if (this.sink.position?.(cursor, this.tag, behind) === true) this.#told = cursor;
  }

  /**
   * Takes what the cohort rendered of live events. Called for live members only, so no state is checked here.
   * Hot path (bench: fanout): nothing is allocated.
   */
  deliver({ events, results }: RenderedBatch): number {
    // A single member has no other to share a layout with (bench: distinct).
    if (this.#cohort.live.size > 1 && this.sink.nextAll?.(results, this.tag) === true) return results.length;
    let taken = 0;
    for (const event of events) {
      const result = results[taken];
      if (result === undefined) break;
      if (!this.sink.next(result, this.tag)) {
        this.onRefused();
        this.fallBehind(event, { offset: offset(event.relayed.offset - 1), fingerprint: 0 });
        break;
      }
      taken += 1;
    }
    return taken;
  }

  /** Stops being live: at `position` in the event's partition, and at the node's position in the others. */
  fallBehind(event: ParsedEvent, position: PartitionPosition): void {
    this.#leaveLive();
    this.positions.moveToNode(this.#followed);
    this.positions.set(event.at.partition, position);
    this.#startReplay();
  }

  /**
   * Moves to a cohort that follows more partitions, or has other claims, in one tick and at the same position (D3).
   * @param added the positions in the partitions that it did not follow before
   */
  move(
    { cohort, router, replayCache, followed }: CohortShare,
    added: ReadonlyMap<Partition, PartitionPosition> = new Map(),
  ): void {
    if (this.#state.state === 'ended') return;
    const isBehind = this.#state.state === 'replaying' || this.#state.state === 'backpressured';
    if (this.#leaveLive()) this.positions.moveToNode(this.#followed);
    this.positions.add(added);
    this.#cohort = cohort;
    this.#router = router;
    this.#replayCache = replayCache;
    this.#followed = followed;
    if (isBehind) this.#wake?.();
    else this.start();
  }

  onRefused(): void {
    this.#state = onRefused(this.#state);
  }

  /** The sink has room again. */
  onDrained(): void {
    this.#state = onRoom(this.#state);
    this.#wake?.();
  }

  close(): void {
    this.#state = ENDED;
    this.#leaveLive();
    this.#wake?.();
  }

  /** D5: only live subscribers get this call. Their position is the node's, and the lost events follow it. */
  onLost(loss: EventsLost): void {
    this.#leaveLive();
    this.positions.moveToNode(this.#followed);
    void this.#fail(loss);
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#state.state === 'ended') return;
    this.close();
    const known =
      error instanceof EventsLost
        ? await this.#parts.resync(error, this.#cohort.positionOf(this.positions.all))
        : readFailure(error);
    this.sink.error([formattedError(known, this.#parts.report)]);
  }

  #becomeLive(): void {
    // A subscriber that was live before has its results: with slow resolvers this happens at every event.
    const isNews = this.#state.state !== 'replaying' || !this.#state.wasLive;
    this.#state = onCaughtUp(this.#state);
    this.#cohort.live.add(this);
    this.#parts.metrics.live.inc();
    if (isNews) this.tellPosition();
  }

  /** @returns whether it was live */
  #leaveLive(): boolean {
    const wasLive = this.#cohort.live.delete(this);
    if (wasLive) this.#parts.metrics.live.dec();
    return wasLive;
  }

  #startReplay(): void {
    this.#state = onBehind(this.#state);
    void this.#replayUntilLive();
  }

  async #replayUntilLive(): Promise<void> {
    const { metrics, behind } = this.#parts;
    let conflation: Conflation | undefined;
    metrics.behind.inc();
    behind.add(this);
    try {
      for (let now = this.#state; now.state !== 'ended'; now = this.#state) {
        if (now.state === 'backpressured') {
          this.#applySlowPolicy(now);
          await this.#waitForWake();
        } else if (this.positions.isAtNode(this.#followed)) {
          // In the same tick as the comparison: an event in between would reach neither the replay nor the live set.
          this.#becomeLive();
          return;
        } else {
          conflation = now.state === 'replaying' ? now.conflation : undefined;
          if (!(await this.#replay.step(conflation))) await this.#waitForEvents();
        }
      }
    } catch (error) {
      await this.#fail(error);
    } finally {
      conflation?.drop();
      behind.delete(this);
      metrics.behind.dec();
    }
  }

  /** D8: applies the field's `onSlow` to a client that does not keep up. @throws {MillraceError} SLOW_CONSUMER */
  #applySlowPolicy({ wasLive, conflation }: Backpressured): void {
    if (!wasLive) return;
    const { onSlow } = this.#cohort.plan.binding;
    const { metrics, budget } = this.#parts;
    if (onSlow === 'CONFLATE' && conflation === undefined) {
      this.#state = onConflated(this.#state, new Conflation(MAX_CONFLATION, budget));
    }
    if (onSlow !== 'DISCONNECT') return;
    metrics.slowDisconnects.inc({ why: 'policy' });
    const cursor = this.#ownCursor() + this.tag;
    throw new MillraceError('SLOW_CONSUMER', 'The client reads more slowly than events arrive.', {
      details: { cursor },
    });
  }

  /** The shared half of its cursor while it is not live. */
  #ownCursor(): string {
    return this.#parts.codec.position(this.#cohort.topic, this.#cohort.positionOf(this.positions.all));
  }

  /** Waits for new events: the cursor is ahead of this node. */
  async #waitForEvents(): Promise<void> {
    const listener = { onEvents: () => this.#wake?.(), onLost: () => this.#wake?.() };
    const followed = this.#followed;
    for (const { listeners } of followed) listeners.add(listener);
    await this.#waitForWake();
    for (const { listeners } of followed) listeners.delete(listener);
  }

  #waitForWake(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

/** A failure to read is shown as such; its cause is not for clients. */
function readFailure(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const message = 'The events after the cursor cannot be read now.';
  return new MillraceError('LOG_UNAVAILABLE', message, { cause: error });
}
