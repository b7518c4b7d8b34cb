import { fingerprint, type Positions, type Reached } from '../core/cursor.js';
import { Deadline } from '../core/deadline.js';
import { MillraceError } from '../core/errors.js';
import { type Offset, offset, type Topic } from '../core/ids.js';
import { partitionName, type TopicPartition } from '../core/position.js';
import type { TopicFormat } from '../core/topic-format.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import { Troubles } from '../observe/troubles.js';
import type { Bounds, EventLog } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import { FollowedPartition, type PartitionListener } from './followed-partition.js';
import { Reader } from './reader.js';

export interface HubOptions {
  readonly log: EventLog;
  readonly fanout: Fanout;
  readonly formats: ReadonlyMap<Topic, TopicFormat>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** What the node keeps of each followed partition. */
  readonly ring: { readonly events: number; readonly bytes: number };
  /** How long a partition is followed after the last one let go, in milliseconds. */
  readonly linger: number;
}

interface Entry {
  readonly opened: Promise<FollowedPartition>;
  /** Once it is open. */
  partition: FollowedPartition | undefined;
  users: number;
  letGo: NodeJS.Timeout | undefined;
}

/** D7: how often silent partitions are looked at, and what counts as silent. */
const WATCH_INTERVAL = 500;
const SILENT = 1_000;

/** The node's side of the fan-out: each partition is followed once, for everybody on this node. */
export class Hub implements AsyncDisposable {
  readonly #options: HubOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #boundsUnderWay = new Map<Topic, Promise<readonly Bounds[]>>();
  readonly #stop = new AbortController();
  readonly #reader: Reader;
  readonly #troubles: Troubles;
  readonly #watch: NodeJS.Timeout;
  #watching = false;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#reader = new Reader(options, this.#stop.signal);
    this.#troubles = new Troubles(options.logger);
    this.#watch = setInterval(() => void this.#lookAtSilent(), WATCH_INTERVAL);
  }

  /** How many partitions the topic has. @throws {MillraceError} TOPIC_MISSING */
  partitions(topic: Topic): Promise<number> {
    return this.#options.log.partitions(topic, this.#stop.signal);
  }

  /** Where each partition's first record at or after `timestamp` is preceded. */
  async before(at: TopicPartition, timestamp: number): Promise<Offset> {
    const first = await this.#options.log.offsetAt(at.topic, at.partition, timestamp, this.#stop.signal);
    return offset(first - 1);
  }

  /** Follows a partition until `release` is called; `listener` hears of it from the return on. */
  async follow(
    at: TopicPartition,
    listener: PartitionListener,
  ): Promise<{ readonly partition: FollowedPartition; release(): void }> {
    const name = partitionName(at);
    const entry = this.#entries.get(name) ?? this.#open(at, name);
    clearTimeout(entry.letGo);
    entry.users += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      entry.users -= 1;
      if (entry.users === 0) this.#linger(name, entry);
    };
    try {
      const partition = await entry.opened;
      partition.listeners.add(listener);
      return { partition, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /**
   * Holds positions that a client brought against the log, before anything is replayed from them.
   * @throws {MillraceError} RESYNC_REQUIRED (RETENTION, TOPIC_RECREATED), CURSOR_INVALID (AHEAD)
   */
  async verify(topic: Topic, positions: Positions): Promise<void> {
    const shared = await this.#bounds(topic);
    const ahead = [...positions].some(([at, { offset: here }]) => here >= (shared[at]?.end ?? 0));
    // What others asked for may be older than the cursor.
    const bounds = ahead ? await this.#options.log.bounds(topic, this.#stop.signal) : shared;
    for (const [partition, reached] of positions) {
      const here = bounds[partition];
      if (here === undefined || reached.offset >= here.end) {
        throw new MillraceError('CURSOR_INVALID', 'The cursor is ahead of the log.', {
          details: { reason: 'AHEAD' },
        });
      }
      if (reached.offset + 1 < here.earliest) {
        throw new MillraceError(
          'RESYNC_REQUIRED',
          `The events after the cursor are no longer in the log: ${topic}/${partition} begins at ${here.earliest}.`,
          { details: { reason: 'RETENTION' } },
        );
      }
      if (reached.offset >= here.earliest) await this.#sameEvent({ topic, partition }, reached);
    }
  }

  /** One question at a time for each topic: when a node goes, thousands of clients resume here at once. */
  #bounds(topic: Topic): Promise<readonly Bounds[]> {
    const underWay = this.#boundsUnderWay.get(topic);
    if (underWay !== undefined) return underWay;
    const asked = this.#options.log
      .bounds(topic, this.#stop.signal)
      .finally(() => this.#boundsUnderWay.delete(topic));
    this.#boundsUnderWay.set(topic, asked);
    return asked;
  }

  async #sameEvent(at: TopicPartition, reached: Reached): Promise<void> {
    if (reached.fingerprint === 0) return;
    if (await this.#isAt(at, reached)) return;
    // What others read may be of the topic's former life: the log itself has to say it.
    this.#reader.forget(at);
    if (await this.#isAt(at, reached)) return;
    throw new MillraceError(
      'RESYNC_REQUIRED',
      `The topic ${at.topic} was made anew since the cursor was given.`,
      {
        details: { reason: 'TOPIC_RECREATED' },
      },
    );
  }

  /** Read as a part of what follows it, so that whoever resumes there, and those near it, share one read. */
  async #isAt(at: TopicPartition, reached: Reached): Promise<boolean> {
    const here = this.#entries.get(partitionName(at))?.partition?.reached.offset ?? reached.offset;
    const limit = offset(Math.max(here, reached.offset));
    const { events } = await this.#reader.read(at, offset(reached.offset - 1), limit);
    const [event] = events;
    // Nothing there is no proof: compaction may have taken it.
    if (event?.offset !== reached.offset) return true;
    return fingerprint(event.event.id, event.timestamp) === reached.fingerprint;
  }

  #open(at: TopicPartition, name: string): Entry {
    const opened = FollowedPartition.open(
      at,
      { ...this.#options, reader: this.#reader, troubles: this.#troubles },
      this.#stop.signal,
    );
    const entry: Entry = { opened, partition: undefined, users: 0, letGo: undefined };
    this.#entries.set(name, entry);
    this.#options.metrics.followed.set(this.#entries.size);
    opened.then(
      (partition) => {
        entry.partition = partition;
      },
      () => this.#forget(name, entry),
    );
    return entry;
  }

  #linger(name: string, entry: Entry): void {
    entry.letGo = setTimeout(() => {
      this.#forget(name, entry);
      entry.opened.then((partition) => partition[Symbol.asyncDispose]()).catch(() => undefined); // Never opened.
    }, this.#options.linger);
    entry.letGo.unref();
  }

  #forget(name: string, entry: Entry): void {
    if (this.#entries.get(name) !== entry) return;
    this.#entries.delete(name);
    this.#options.metrics.followed.set(this.#entries.size);
    // Whoever follows it next may find another topic of this name.
    if (entry.partition !== undefined) this.#reader.forget(entry.partition.at);
  }

  async #lookAtSilent(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    try {
      const opened = [...this.#entries.values()].flatMap(({ partition }) => partition ?? []);
      const silent = opened.filter(({ silence }) => silence >= SILENT);
      if (silent.length > 0) await this.#ask(silent);
    } catch (error) {
      this.#options.metrics.problems.inc({ kind: 'watch' });
      this.#troubles.report('watch', error, 'neither the fan-out nor the log says where it stands');
    } finally {
      this.#watching = false;
    }
  }

  /** The fan-out knows, or else the log does (D6): a fan-out that is gone or empty is only a delay. */
  async #ask(silent: readonly FollowedPartition[]): Promise<void> {
    const newest = await this.#options.fanout.newest(silent.map(({ at }) => at)).catch(() => []);
    const unknown: FollowedPartition[] = [];
    for (const [i, partition] of silent.entries()) {
      const last = newest[i];
      if (last === undefined) unknown.push(partition);
      else partition.noticed(last);
    }
    for (const topic of new Set(unknown.map(({ at }) => at.topic))) {
      using soon = new Deadline(5_000);
      const either = AbortSignal.any([this.#stop.signal, soon.signal]);
      const bounds = await this.#options.log.bounds(topic, either);
      for (const partition of unknown) {
        const here = partition.at.topic === topic ? bounds[partition.at.partition] : undefined;
        if (here !== undefined) partition.noticed(offset(here.end - 1));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch);
    this.#stop.abort(new MillraceError('SHUTTING_DOWN', 'This node is going away.'));
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const { letGo } of entries) clearTimeout(letGo);
    await Promise.all(entries.map(({ partition }) => partition?.[Symbol.asyncDispose]()));
    this.#troubles[Symbol.dispose]();
  }
}
