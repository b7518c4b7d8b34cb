import { LRUCache } from 'lru-cache';
import { type Heard, type Link, onBeat, onRelayed, onRepaired, type Step } from '../core/chain.js';
import { fingerprint, type Reached } from '../core/cursor.js';
import { MillraceError } from '../core/errors.js';
import type { Relayed } from '../core/event.js';
import { type Offset, offset } from '../core/ids.js';
import { partitionName, type TopicPartition } from '../core/position.js';
import { backoff, persist } from '../core/wait.js';
import type { Metrics } from '../observe/metrics.js';
import type { Troubles } from '../observe/troubles.js';
import { type EventLog, OffsetOutOfRange } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import type { Replayed } from './blocks.js';
import type { Reader } from './reader.js';
import { Ring } from './ring.js';

/** What a followed partition tells those who listen. Called synchronously, in offset order, none twice. */
export interface PartitionListener {
  events(at: TopicPartition, events: readonly Relayed[]): void;
  /** Events are gone for good, and everybody who stood before them has to know (D5). */
  lost(at: TopicPartition, error: MillraceError): void;
}

export interface FollowedPartitionParts {
  readonly log: EventLog;
  readonly fanout: Fanout;
  readonly reader: Reader;
  readonly metrics: Metrics;
  readonly troubles: Troubles;
  readonly ring: { readonly events: number; readonly bytes: number };
}

/** How many events of the ring one step of a replay takes. */
const CHUNK = 1_000;
/** How many ids of idempotent events are remembered, so that a retry's second event is passed over (D1). */
const IDS = 10_000;

/** One partition as this node sees it: proves that nothing is missing, repairs, and remembers the newest. */
export class FollowedPartition implements AsyncDisposable {
  readonly at: TopicPartition;
  readonly listeners = new Set<PartitionListener>();
  readonly #parts: FollowedPartitionParts;
  readonly #stop = new AbortController();
  readonly #ring: Ring;
  readonly #ids = new LRUCache<string, Offset>({ max: IDS });
  #link: Link;
  #fingerprint = 0;
  #heardAt = performance.now();
  #repair: Promise<void> | undefined;
  #following: AsyncDisposable | undefined;

  private constructor(at: TopicPartition, parts: FollowedPartitionParts, start: Offset) {
    this.at = at;
    this.#parts = parts;
    this.#link = { state: 'live', at: start };
    this.#ring = new Ring(start, parts.ring);
  }

  /**
   * D2: follows, and only once that is acknowledged reads where the log ends. Whatever is appended after
   * this was called is either heard, or missed visibly.
   */
  static async open(
    at: TopicPartition,
    parts: FollowedPartitionParts,
    signal: AbortSignal,
  ): Promise<FollowedPartition> {
    const early: Heard[] = [];
    let self: FollowedPartition | undefined;
    const warn = (error: unknown): void => {
      parts.metrics.problems.inc({ kind: 'follow' });
      parts.troubles.report('follow', error, 'following failed; it is tried again', {
        partition: partitionName(at),
      });
    };
    const following = await persist(
      () =>
        parts.fanout.follow(at, {
          relayed: (prev, events) => {
            if (self === undefined) early.push({ prev, events });
            else self.#relayed({ prev, events });
          },
          beat: (last) => self?.beat(last),
          resumed: () => self?.askNewest(),
        }),
      warn,
      signal,
    );
    try {
      const bounds = await persist(() => parts.log.bounds(at.topic, signal), giveUpOnMissing(warn), signal);
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
  get reached(): Reached {
    return { offset: this.#link.at, fingerprint: this.#fingerprint };
  }

  /** Milliseconds since anything was heard of this partition. */
  get silence(): number {
    return performance.now() - this.#heardAt;
  }

  /** It is known from elsewhere that events up to `newest` exist (D6, D7). */
  noticed(newest: Offset): void {
    this.#apply(onBeat(this.#link, newest));
  }

  /**
   * The next stretch after `after`, for one who is behind this node; empty once `after` is where it stands.
   * @throws {MillraceError} RESYNC_REQUIRED when the log no longer has what comes next
   */
  async read(after: Offset): Promise<Replayed> {
    const end = this.#link.at;
    if (after >= end) return { events: [], through: after };
    const near = this.#ring.after(after, CHUNK);
    if (near !== undefined) {
      return { events: near, through: near.length < CHUNK ? end : (near.at(-1)?.offset ?? end) };
    }
    try {
      const { events, through } = await this.#parts.reader.read(this.at, after, end);
      return { events: this.#once(events), through };
    } catch (error) {
      throw error instanceof OffsetOutOfRange ? retentionPassed(error) : error;
    }
  }

  #relayed(heard: Heard): void {
    this.#heardAt = performance.now();
    this.#apply(onRelayed(this.#link, heard, this.#parts.ring.events));
  }

  private beat(last: Offset): void {
    this.#heardAt = performance.now();
    this.noticed(last);
  }

  private askNewest(): void {
    this.#parts.fanout
      .newest([this.at])
      .then(([newest]) => newest !== undefined && this.noticed(newest))
      .catch(() => undefined); // The hub asks those that stay silent again, every second.
  }

  #apply({ link, deliver }: Step): void {
    const opened = this.#link.state === 'live' && link.state === 'repairing';
    this.#link = link;
    if (deliver.length > 0) this.#deliver(deliver);
    if (opened) this.#parts.metrics.gaps.inc({ topic: this.at.topic });
    if (link.state === 'repairing')
      this.#repair ??= this.#repairAll().finally(() => (this.#repair = undefined));
  }

  #deliver(all: readonly Relayed[]): void {
    const events = this.#once(all);
    const last = all.at(-1);
    if (last !== undefined) {
      this.#fingerprint = last.offset === this.#link.at ? fingerprint(last.event.id, last.timestamp) : 0;
    }
    this.#ring.push(events);
    this.#parts.metrics.received.inc({ topic: this.at.topic }, events.length);
    for (const listener of this.listeners) listener.events(this.at, events);
  }

  /** D1: a second event of the same idempotent id is the same event, wherever it was read. */
  #once(events: readonly Relayed[]): readonly Relayed[] {
    if (!events.some(({ event }) => event.idempotent)) return events;
    return events.filter(({ event, offset: here }) => {
      if (!event.idempotent) return true;
      const first = this.#ids.get(event.id);
      if (first !== undefined && first < here) return false;
      this.#ids.set(event.id, here);
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
        if (error instanceof OffsetOutOfRange) {
          this.#giveUp(error);
          return;
        }
        this.#parts.metrics.problems.inc({ kind: 'repair' });
        this.#parts.troubles.report('repair', error, 'a repair failed; it is tried again', {
          partition: partitionName(this.at),
        });
        await backoff(attempt++, signal).catch(() => undefined); // Aborted: the loop ends.
      }
    }
  }

  /** The log no longer has what is missing: whoever listened is told (D5), and the rest goes on from here. */
  #giveUp(error: OffsetOutOfRange): void {
    const at = offset(error.bounds.end - 1);
    this.#link = { state: 'live', at };
    this.#fingerprint = 0;
    this.#ring.restart(at);
    this.#parts.reader.forget(this.at);
    for (const listener of this.listeners) listener.lost(this.at, retentionPassed(error));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.listeners.clear();
    await this.#following?.[Symbol.asyncDispose]();
    await this.#repair;
  }
}

function retentionPassed({ at, bounds }: OffsetOutOfRange): MillraceError {
  return new MillraceError(
    'RESYNC_REQUIRED',
    `The events after the cursor are no longer in the log: ${partitionName(at)} begins at ${bounds.earliest}.`,
    { details: { reason: 'RETENTION' } },
  );
}

function giveUpOnMissing(warn: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    if (error instanceof MillraceError && error.code === 'TOPIC_MISSING') throw error;
    warn(error);
  };
}
