import { pause, retryPauseMs } from '../core/async.js';
import {
  type ChainState,
  type ChainStep,
  onBeat,
  onRelayed,
  onRepaired,
  type RelayedMessage,
} from '../core/chain.js';
import type { PartitionPosition } from '../core/cursor.js';
import { isRecreated, type Offset, offset, type Topic } from '../core/ids.js';
import { partitionName, type TopicIdPartition } from '../core/position.js';
import type { TopicFormats } from '../core/topic-format.js';
import type { EventTrail } from '../observe/event-trail.js';
import type { Metrics } from '../observe/metrics.js';
import type { WarningThrottle } from '../observe/warning-throttle.js';
import { type EventLog, TopicRecreated } from '../ports/event-log.js';
import type { Fanout, NewestRelayed } from '../ports/fanout.js';
import { earliestRetained } from '../ports/retained.js';
import type { ReplayStep } from './blocks.js';
import { DuplicateFilter } from './duplicate-filter.js';
import { EventsLost } from './events-lost.js';
import { LiveDelivery } from './live-delivery.js';
import type { PartitionListener } from './partition-listener.js';
import { Ring } from './ring.js';
import type { SharedReader } from './shared-reader.js';
import type { TickBudget } from './tick-budget.js';

export interface FollowedPartitionParts {
  readonly log: EventLog;
  readonly fanout: Fanout;
  readonly reader: SharedReader;
  /** What events of each topic have to carry. */
  readonly formats: TopicFormats;
  readonly metrics: Metrics;
  readonly warnings: WarningThrottle;
  readonly tickBudget: TickBudget;
  /** Called when something indicates that the topic was recreated. If it was, this partition is ended. */
  readonly recheckTopic: (at: TopicIdPartition) => void;
  /** Called when the fan-out says that the topic's layout has changed. */
  readonly onLayoutChanged: (topic: Topic) => void;
  readonly ring: { readonly events: number; readonly bytes: number };
  readonly trail?: EventTrail | undefined;
}

/** How many events of the ring one step of a replay takes. */
const REPLAY_STEP_EVENTS = 1_000;

/**
 * One partition as this node follows it. Checks the chain of what the fan-out sends (`core/chain.ts`), repairs gaps,
 * and delivers to listeners.
 *
 * It belongs to one topic id. When the topic is deleted and recreated under the same name, this partition ends, and
 * another one is opened for the recreated topic.
 */
export class FollowedPartition implements AsyncDisposable {
  readonly at: TopicIdPartition;
  readonly listeners = new Set<PartitionListener>();
  readonly #parts: FollowedPartitionParts;
  readonly #subscription: AsyncDisposable;
  readonly #stop = new AbortController();
  readonly #ring: Ring;
  readonly #duplicates = new DuplicateFilter();
  readonly #delivery: LiveDelivery;
  #chain: ChainState;
  #lastReceivedAt = performance.now();
  #repair: Promise<void> | undefined;
  #endedBy: EventsLost | undefined;

  /**
   * @param start the offset before the first event to deliver
   * @param subscription to the fan-out; this partition disposes of it
   */
  constructor(
    at: TopicIdPartition,
    start: Offset,
    subscription: AsyncDisposable,
    parts: FollowedPartitionParts,
  ) {
    const { tickBudget, metrics, ring } = parts;
    this.at = at;
    this.#parts = parts;
    this.#subscription = subscription;
    this.#chain = { state: 'live', at: start };
    this.#ring = new Ring(start, ring);
    this.#delivery = new LiveDelivery(start, {
      at,
      listeners: this.listeners,
      ring: this.#ring,
      duplicates: this.#duplicates,
      tickBudget,
      metrics,
      maxDue: ring.events,
    });
  }

  /** The node's position: everything visible up to here has been delivered. */
  get reached(): PartitionPosition {
    return this.#delivery.delivered;
  }

  /** How many offsets are known to exist and not delivered yet. Offsets have holes, so it is an estimate of events. */
  get lag(): number {
    const chain = this.#chain;
    const held = chain.state === 'repairing' ? chain.held.at(-1)?.events.at(-1)?.offset : undefined;
    const known = chain.state === 'repairing' ? Math.max(chain.upTo, held ?? chain.upTo) : chain.at;
    return Math.max(0, known - this.reached.offset);
  }

  /** Milliseconds since the fan-out last sent anything for this partition. */
  get silentForMs(): number {
    return performance.now() - this.#lastReceivedAt;
  }

  /** Why nothing more is delivered; `undefined` while the partition is followed. */
  get endedBy(): EventsLost | undefined {
    return this.#endedBy;
  }

  /** Ends this partition because its topic was recreated. Notifies all listeners; reads throw `loss` from here on. */
  end(loss: EventsLost): void {
    this.#endedBy = loss;
    this.#stop.abort();
    this.#delivery.clear();
    for (const listener of [...this.listeners]) listener.onLost(this.at, loss);
  }

  /** The fan-out sent events of this topic. Hot path (bench: fanout). */
  onMessage(message: RelayedMessage): void {
    if (this.#endedBy !== undefined) return;
    this.#lastReceivedAt = performance.now();
    this.#apply(onRelayed(this.#chain, message, this.#parts.ring.events));
  }

  /** The fan-out sent a beat (D7). */
  onBeat(newest: NewestRelayed): void {
    if (this.applyNewest(newest)) this.#lastReceivedAt = performance.now();
  }

  /** The fan-out reconnected. Messages may have been missed (D6). */
  onResumed(): void {
    this.#parts.fanout
      .newest([this.at])
      .then(([newest]) => newest !== undefined && this.applyNewest(newest))
      .catch(() => undefined); // The silence check asks again every second.
  }

  /**
   * Applies what the fan-out reports as its newest event.
   * @returns `false` when the report is about another topic of this name, and says nothing about this one
   */
  applyNewest({ last, topicId }: NewestRelayed): boolean {
    if (isRecreated(this.at.topicId, topicId)) {
      this.#parts.recheckTopic(this.at);
      return false;
    }
    this.repairThrough(last);
    return true;
  }

  /** Events up to `newest` are known to exist: repairs the gap when they have not all been received (D6, D7). */
  repairThrough(newest: Offset): void {
    if (this.#endedBy !== undefined) return;
    this.#apply(onBeat(this.#chain, newest));
  }

  /**
   * Reads the next events after `after`, for a subscriber that is behind this node. From the ring when that reaches
   * back far enough, else from the window or the log. Empty once `after` is the node's position.
   * @throws {EventsLost} when the log no longer has what follows `after`
   */
  async read(after: Offset): Promise<ReplayStep> {
    if (this.#endedBy !== undefined) throw this.#endedBy;
    const end = this.reached.offset;
    if (after >= end) return { events: [], through: after };
    const recent = this.#ring.after(after, REPLAY_STEP_EVENTS);
    if (recent !== undefined) {
      const isLast = recent.length < REPLAY_STEP_EVENTS;
      return { events: recent, through: isLast ? end : (recent.at(-1)?.offset ?? end) };
    }
    try {
      const { events, through } = await this.#parts.reader.read(this.at, after, end);
      return { events: this.#duplicates.filter(events), through };
    } catch (error) {
      throw this.#lossOf(error) ?? error;
    }
  }

  /** The loss that a failed read proves; `undefined` when it may succeed later. */
  #lossOf(error: unknown): EventsLost | undefined {
    const { topic, partition } = this.at;
    if (error instanceof TopicRecreated) {
      this.#parts.recheckTopic(this.at);
      return EventsLost.byRecreation(topic);
    }
    const earliest = earliestRetained(error);
    if (earliest === undefined) return undefined;
    return EventsLost.byRetention(topic, new Map([[partition, earliest]]));
  }

  #apply({ chain, deliver }: ChainStep): void {
    const isNewGap = this.#chain.state === 'live' && chain.state === 'repairing';
    this.#chain = chain;
    this.#delivery.push(deliver, chain.at);
    if (isNewGap) this.#parts.metrics.gaps.inc({ topic: this.at.topic });
    if (chain.state === 'repairing')
      this.#repair ??= this.#repairAll().finally(() => (this.#repair = undefined));
  }

  /** C1: closes the gap step by step, once per node, however many subscribers wait for it. */
  async #repairAll(): Promise<void> {
    const { signal } = this.#stop;
    for (let attempt = 0; !signal.aborted; ) {
      const chain = this.#chain;
      if (chain.state === 'live') return;
      try {
        const { events, through } = await this.#parts.reader.repair(this.at, chain.at, chain.upTo);
        this.#parts.trail?.repaired(this.at, chain.at, Math.min(through, chain.upTo));
        // Uses `this.#chain`: messages may have arrived during the read.
        this.#apply(onRepaired(this.#chain, events, through));
        attempt = 0;
      } catch (error) {
        const loss = this.#lossOf(error);
        const earliest = loss?.earliest.get(this.at.partition);
        if (loss !== undefined && earliest !== undefined) {
          this.#giveUp(loss, offset(earliest - 1));
          continue;
        }
        this.#parts.metrics.problems.inc({ kind: 'repair' });
        this.#parts.warnings.report('repair', error, 'repairing a gap failed; retrying', {
          partition: partitionName(this.at),
        });
        await pause(retryPauseMs(error, attempt++), signal);
      }
    }
  }

  /**
   * The log no longer has the gap up to `floor`: notifies the listeners (D5). The partition continues with what the
   * log still has, for subscribers that start later.
   *
   * The order matters: first deliver what precedes the loss, then report the loss, then deliver what follows it.
   * If later events came first, the listener's cursor would skip the loss, and the client would never learn of it.
   */
  #giveUp(loss: EventsLost, floor: Offset): void {
    const step = onRepaired(this.#chain, [], floor);
    this.#delivery.flush();
    this.#parts.reader.forget(this.at);
    for (const listener of [...this.listeners]) listener.onLost(this.at, loss);
    this.#delivery.restart(floor);
    this.#apply(step);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#delivery.clear();
    this.listeners.clear();
    await this.#subscription[Symbol.asyncDispose]();
    await this.#repair;
  }
}
