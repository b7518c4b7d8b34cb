import { backoffMs, pause, retry } from '../core/async.js';
import { type Heard, type Link, onBeat, onRelayed, onRepaired, type Step } from '../core/chain.js';
import { fingerprint, type PartitionPosition } from '../core/cursor.js';
import { MillraceError } from '../core/errors.js';
import type { Relayed } from '../core/event.js';
import { isRecreated, type Offset, offset } from '../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../core/position.js';
import { RecentIds } from '../core/recent-ids.js';
import type { Metrics } from '../observe/metrics.js';
import type { WarningThrottle } from '../observe/warning-throttle.js';
import { type EventLog, OffsetOutOfRange, TopicRecreated } from '../ports/event-log.js';
import type { Fanout, Newest } from '../ports/fanout.js';
import type { Replayed } from './blocks.js';
import { EventsLost } from './events-lost.js';
import type { Reader } from './reader.js';
import { Ring } from './ring.js';
import type { TickBudget } from './tick-budget.js';

/** What a followed partition tells those who listen. Called synchronously, in offset order, none twice. */
export interface PartitionListener {
  events(at: TopicPartition, events: readonly Relayed[]): void;
  /** Events are gone for good, and everybody who stood before them has to know (D5). */
  lost(at: TopicPartition, loss: EventsLost): void;
}

export interface FollowedPartitionParts {
  readonly log: EventLog;
  readonly fanout: Fanout;
  readonly reader: Reader;
  readonly metrics: Metrics;
  readonly warnings: WarningThrottle;
  readonly tickBudget: TickBudget;
  /** Something says that the topic is another one by now. Should it be so, the partition is ended. */
  readonly doubt: (at: TopicIdPartition) => void;
  readonly ring: { readonly events: number; readonly bytes: number };
}

/** How many events of the ring one step of a replay takes. */
const CHUNK = 1_000;
/** How many events are handed out before it is asked whether the turn is over. */
const SLICE = 8;

/**
 * One partition as this node sees it: proves that nothing is missing, repairs, and remembers the newest. It is
 * of one topic: when that is made anew under the same name, this one ends, and another one is opened.
 */
export class FollowedPartition implements AsyncDisposable {
  readonly at: TopicIdPartition;
  readonly listeners = new Set<PartitionListener>();
  readonly #parts: FollowedPartitionParts;
  readonly #stop = new AbortController();
  readonly #ring: Ring;
  readonly #ids = new RecentIds<Offset>();
  #link: Link;
  /** Handed to those who listen, up to here. What the link is past has to be handed out yet. */
  #delivered: PartitionPosition;
  #due: Relayed[] = [];
  #later: NodeJS.Immediate | undefined;
  #heardAt = performance.now();
  #repair: Promise<void> | undefined;
  #following: AsyncDisposable | undefined;
  #endedBy: EventsLost | undefined;

  private constructor(at: TopicIdPartition, parts: FollowedPartitionParts, start: Offset) {
    this.at = at;
    this.#parts = parts;
    this.#link = { state: 'live', at: start };
    this.#delivered = { offset: start, fingerprint: 0 };
    this.#ring = new Ring(start, parts.ring);
  }

  /**
   * D2: follows, and only once that is acknowledged reads where the log ends. Whatever is appended after
   * this was called is either heard, or missed visibly.
   */
  static async open(
    at: TopicIdPartition,
    parts: FollowedPartitionParts,
    signal: AbortSignal,
  ): Promise<FollowedPartition> {
    const early: Heard[] = [];
    let self: FollowedPartition | undefined;
    const warn = (error: unknown): void => {
      parts.metrics.problems.inc({ kind: 'follow' });
      parts.warnings.report('follow', error, 'following failed; it is tried again', {
        partition: partitionName(at),
      });
    };
    const following = await retry(
      () =>
        parts.fanout.follow(at, {
          relayed: (prev, events, topicId) => {
            if (isRecreated(at.topicId, topicId)) parts.doubt(at);
            else if (self === undefined) early.push({ prev, events });
            else self.#relayed({ prev, events });
          },
          beat: (newest) => self?.beat(newest),
          resumed: () => self?.askNewest(),
        }),
      { signal, onFailure: warn },
    );
    try {
      const bounds = await retry(() => parts.log.bounds(at.topic, signal), {
        signal,
        onFailure: giveUpOnMissing(warn),
      });
      const here = bounds[at.partition];
      if (here === undefined)
        throw new MillraceError('TOPIC_MISSING', `${partitionName(at)} does not exist.`);
      self = new FollowedPartition(at, parts, offset(here.end - 1));
      self.#following = following;
      for (const heard of early) self.#relayed(heard);
      return self;
    } catch (error) {
      await following[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where this node stands: everything visible up to here was delivered. */
  get reached(): PartitionPosition {
    return this.#delivered;
  }

  /** Milliseconds since anything was heard of this partition. */
  get silence(): number {
    return performance.now() - this.#heardAt;
  }

  /** Why nothing more comes of it, once that is so. Nobody who stands here is where the node stands. */
  get endedBy(): EventsLost | undefined {
    return this.#endedBy;
  }

  /** The topic is another one by now: all who listen are told, and so is whoever reads from here on. */
  end(loss: EventsLost): void {
    this.#endedBy = loss;
    this.#stop.abort();
    this.#drop();
    for (const listener of [...this.listeners]) listener.lost(this.at, loss);
  }

  /** How far the fan-out has relayed. @returns whether that says anything of this topic */
  told({ last, topicId }: Newest): boolean {
    if (isRecreated(this.at.topicId, topicId)) {
      this.#parts.doubt(this.at);
      return false;
    }
    this.noticed(last);
    return true;
  }

  /** It is known from elsewhere that events up to `newest` exist (D6, D7). */
  noticed(newest: Offset): void {
    if (this.#endedBy !== undefined) return;
    this.#apply(onBeat(this.#link, newest));
  }

  /**
   * The next stretch after `after`, for one who is behind this node; empty once `after` is where it stands.
   * @throws {EventsLost} when the log no longer has what comes next
   */
  async read(after: Offset): Promise<Replayed> {
    if (this.#endedBy !== undefined) throw this.#endedBy;
    const end = this.#delivered.offset;
    if (after >= end) return { events: [], through: after };
    const near = this.#ring.after(after, CHUNK);
    if (near !== undefined) {
      return { events: near, through: near.length < CHUNK ? end : (near.at(-1)?.offset ?? end) };
    }
    try {
      const { events, through } = await this.#parts.reader.read(this.at, after, end);
      return { events: this.#once(events), through };
    } catch (error) {
      throw this.#lossOf(error) ?? error;
    }
  }

  #lossOf(error: unknown): EventsLost | undefined {
    const { topic, partition } = this.at;
    if (error instanceof TopicRecreated) {
      this.#parts.doubt(this.at);
      return EventsLost.byRecreation(topic);
    }
    // Beyond its end: a log whose leader has just changed may lag behind what it said before.
    if (!(error instanceof OffsetOutOfRange) || error.at.offset >= error.bounds.earliest) return undefined;
    return EventsLost.byRetention(topic, new Map([[partition, error.bounds.earliest]]));
  }

  #relayed(heard: Heard): void {
    if (this.#endedBy !== undefined) return;
    this.#heardAt = performance.now();
    this.#apply(onRelayed(this.#link, heard, this.#parts.ring.events));
  }

  private beat(newest: Newest): void {
    if (this.told(newest)) this.#heardAt = performance.now();
  }

  private askNewest(): void {
    this.#parts.fanout
      .newest([this.at])
      .then(([newest]) => newest !== undefined && this.told(newest))
      .catch(() => undefined); // The hub asks those that stay silent again, every second.
  }

  #apply({ link, deliver }: Step): void {
    const opened = this.#link.state === 'live' && link.state === 'repairing';
    this.#link = link;
    for (const event of deliver) this.#due.push(event);
    // What comes in one turn is handed out together: what it costs to hand something out is mostly for each time.
    if (this.#due.length === 0 || this.#due.length > this.#parts.ring.events) this.#deliver();
    else this.#deliverLater();
    if (opened) this.#parts.metrics.gaps.inc({ topic: this.at.topic });
    if (link.state === 'repairing')
      this.#repair ??= this.#repairAll().finally(() => (this.#repair = undefined));
  }

  /** Hands out what is due, the rest of it in the next turn when this one is used up. */
  #deliver(): void {
    const { tickBudget, ring } = this.#parts;
    for (let first = true; this.#due.length > 0; first = false) {
      // C4: what waits is bounded. Beyond that, handing out is more urgent than whatever else the turn is for.
      if (!first && tickBudget.isSpent && this.#due.length <= ring.events) {
        this.#deliverLater();
        return;
      }
      this.#hand(this.#due.splice(0, SLICE));
    }
    // The link may be past offsets that have nothing to show.
    if (this.#delivered.offset < this.#link.at) this.#delivered = { offset: this.#link.at, fingerprint: 0 };
  }

  #deliverLater(): void {
    this.#later ??= setImmediate(() => {
      this.#later = undefined;
      this.#deliver();
    });
  }

  #hand(all: readonly Relayed[]): void {
    const events = this.#once(all);
    const last = all.at(-1);
    if (last !== undefined) {
      this.#delivered = { offset: last.offset, fingerprint: fingerprint(last.event.id, last.timestamp) };
    }
    this.#ring.push(events);
    this.#parts.metrics.received.inc({ topic: this.at.topic }, events.length);
    for (const listener of this.listeners) listener.events(this.at, events);
  }

  #drop(): void {
    clearImmediate(this.#later);
    this.#later = undefined;
    this.#due = [];
  }

  /** D1: a second event of the same idempotent id is the same event, wherever it was read. */
  #once(events: readonly Relayed[]): readonly Relayed[] {
    if (!events.some(({ event }) => event.idempotent)) return events;
    return events.filter(({ event, offset: here }) => {
      if (!event.idempotent) return true;
      const first = this.#ids.get(event.id);
      if (first !== undefined && first < here) return false;
      this.#ids.add(event.id, here);
      return true;
    });
  }

  /** Closes the gap step by step. Once per node, however many wait for it. */
  async #repairAll(): Promise<void> {
    const { signal } = this.#stop;
    for (let attempt = 0; !signal.aborted; ) {
      const link = this.#link;
      if (link.state === 'live') return;
      try {
        const { events, through } = await this.#parts.reader.repair(this.at, link.at, link.upTo);
        this.#apply(onRepaired(this.#link, events, through));
        attempt = 0;
      } catch (error) {
        const loss = this.#lossOf(error);
        const earliest = loss?.earliest.get(this.at.partition);
        if (loss !== undefined && earliest !== undefined) {
          this.#giveUp(loss, offset(earliest - 1));
          continue;
        }
        this.#parts.metrics.problems.inc({ kind: 'repair' });
        this.#parts.warnings.report('repair', error, 'a repair failed; it is tried again', {
          partition: partitionName(this.at),
        });
        await pause(backoffMs(attempt++), signal);
      }
    }
  }

  /**
   * The log no longer has what is missing up to `before`: whoever listened is told (D5). For those who come
   * later the partition goes on with what is still there.
   */
  #giveUp(loss: EventsLost, before: Offset): void {
    const step = onRepaired(this.#link, [], before);
    // What came before the loss is handed out before it is told.
    const { at } = this.#link;
    if (this.#due.length > 0) this.#hand(this.#due);
    this.#drop();
    this.#delivered = { offset: offset(Math.max(at, this.#delivered.offset)), fingerprint: 0 };
    this.#ring.restart(before);
    this.#parts.reader.forget(this.at);
    for (const listener of [...this.listeners]) listener.lost(this.at, loss);
    this.#apply(step);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#drop();
    this.listeners.clear();
    await this.#following?.[Symbol.asyncDispose]();
    await this.#repair;
  }
}

function giveUpOnMissing(warn: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    if (error instanceof MillraceError && error.code === 'TOPIC_MISSING') throw error;
    warn(error);
  };
}
