import {
  fingerprint,
  lifeOf,
  type PartitionPosition,
  type Positions,
  type StreamPosition,
} from '../core/cursor.js';
import { Deadline } from '../core/deadline.js';
import { MillraceError } from '../core/errors.js';
import type { Relayed } from '../core/event.js';
import { isRecreated, type Offset, offset, type Partition, type Topic, type TopicId } from '../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../core/position.js';
import type { TopicFormat } from '../core/topic-format.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import { WarningThrottle } from '../observe/warning-throttle.js';
import { type Bounds, type EventLog, OffsetOutOfRange, TopicRecreated } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import { EventsLost } from './events-lost.js';
import { FollowedPartition, type PartitionListener } from './followed-partition.js';
import { Reader } from './reader.js';
import { TickBudget } from './tick-budget.js';
import { TopicWatch } from './topic-watch.js';

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
  /** What the topics of followed partitions are. */
  readonly topics: TopicWatch;
  readonly #warnings: WarningThrottle;
  readonly #tickBudget = new TickBudget();
  readonly #watch: NodeJS.Timeout;
  #watching = false;

  constructor(options: HubOptions) {
    this.#options = options;
    const { log, metrics } = options;
    this.#reader = new Reader(options, this.#stop.signal);
    this.#warnings = new WarningThrottle(options.logger);
    this.topics = new TopicWatch({
      log,
      inUse: () => [...this.#entries.values()].flatMap(({ partition }) => partition?.at.topic ?? []),
      onProblem: (error) => {
        metrics.problems.inc({ kind: 'topics' });
        this.#warnings.report('topics', error, 'the log does not say what its topics are; it is asked again');
      },
      signal: this.#stop.signal,
    });
    this.topics.listeners.add((topic, now) => this.#recreated(topic, now.id));
    this.#watch = setInterval(() => void this.#lookAtSilent(), WATCH_INTERVAL);
  }

  /** Aborted when the node stops. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
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
      if (partition.endedBy === undefined) {
        partition.listeners.add(listener);
        return { partition, release };
      }
    } catch (error) {
      release();
      throw error;
    }
    // It ended just as it was opened: there is another one now.
    release();
    return this.follow(at, listener);
  }

  /**
   * Holds a place that a client brought against the log, before anything is replayed from it.
   * @throws {EventsLost} RETENTION, TOPIC_RECREATED
   * @throws {MillraceError} CURSOR_INVALID (AHEAD)
   */
  async verify(topic: Topic, { positions, life }: StreamPosition): Promise<void> {
    let { id } = await this.topics.describe(topic);
    if (anotherLife(life, id)) id = await this.#idOfNow(topic);
    if (anotherLife(life, id)) throw EventsLost.byRecreation(topic);
    const shared = await this.#bounds(topic);
    const ahead = [...positions].some(([at, { offset: here }]) => here >= (shared[at]?.end ?? 0));
    if (ahead && anotherLife(life, await this.#idOfNow(topic))) throw EventsLost.byRecreation(topic);
    // What others asked for may be older than the cursor.
    const bounds = ahead ? await this.#options.log.bounds(topic, this.#stop.signal) : shared;
    const gone = new Map<Partition, Offset>();
    for (const [partition, reached] of positions) {
      const at = { topic, partition, topicId: id };
      const here = bounds[partition];
      if (here === undefined || reached.offset >= here.end) {
        throw new MillraceError('CURSOR_INVALID', 'The cursor is ahead of the log.', {
          details: { reason: 'AHEAD' },
        });
      }
      if (reached.offset >= here.earliest) await this.#sameEvent(at, reached);
      else if (await this.#isGone(at, reached.offset, here.earliest)) gone.set(partition, here.earliest);
    }
    if (gone.size > 0) throw EventsLost.byRetention(topic, gone);
  }

  /**
   * The same positions, but none before what the log still has: from there follows all that is left (D5).
   * @throws {MillraceError} when the log does not say what it has
   */
  async usable(topic: Topic, positions: Positions): Promise<Positions> {
    using soon = new Deadline(5_000);
    const bounds = await this.#options.log.bounds(topic, AbortSignal.any([this.#stop.signal, soon.signal]));
    return new Map(
      [...positions].map(([partition, reached]) => {
        const before = offset((bounds[partition]?.earliest ?? 0) - 1);
        return [partition, reached.offset < before ? { offset: before, fingerprint: 0 } : reached];
      }),
    );
  }

  async #idOfNow(topic: Topic): Promise<TopicId | undefined> {
    await this.topics.refresh(topic);
    return this.topics.last(topic)?.id;
  }

  /** Offsets that are no longer in the log may have had nothing to show, or be in the window still. */
  async #isGone(at: TopicIdPartition, after: Offset, earliest: Offset): Promise<boolean> {
    if (after + 1 >= earliest) return false;
    const there = await this.#options.fanout.window(at, after, offset(earliest - 1)).catch(() => undefined);
    return there === undefined;
  }

  /** The topic is another one by now: what was followed of it ends, and is opened anew for whoever comes next. */
  #recreated(topic: Topic, now: TopicId | undefined): void {
    const all = [...this.#entries].filter(([, { partition }]) => partition?.at.topic === topic);
    const former = all.filter(([, { partition }]) => isRecreated(partition?.at.topicId, now));
    // First all of them are let go of: nobody who is told may find one that has ended.
    for (const [name, entry] of former) this.#forget(name, entry);
    for (const [, { partition }] of former) {
      partition?.end(EventsLost.byRecreation(topic));
      void partition?.[Symbol.asyncDispose]();
    }
    if (former.length === 0) return;
    this.#options.metrics.problems.inc({ kind: 'topic-recreated' });
    this.#options.logger.warn(
      { topic },
      'the topic was made anew; its subscriptions end with RESYNC_REQUIRED',
    );
  }

  #doubt({ topic, topicId }: TopicIdPartition): void {
    // The watch tells of the change, if there is one; what the fan-out said may be older than what is known.
    if (isRecreated(this.topics.last(topic)?.id, topicId)) return;
    this.topics.refresh(topic).catch((error: unknown) => {
      if (this.#stop.signal.aborted) return;
      this.#warnings.report('topics', error, 'the log does not say what its topics are; it is asked again');
    });
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

  /** Ids tell topics apart. A log that lost its end and was written anew has the same one, and other events. */
  async #sameEvent(at: TopicIdPartition, reached: PartitionPosition): Promise<void> {
    if (reached.fingerprint === 0) return;
    if (await this.#isAt(at, reached)) return;
    // What others read may be of before: the log itself has to say it.
    this.#reader.forget(at);
    if (await this.#isAt(at, reached)) return;
    throw EventsLost.byRecreation(at.topic);
  }

  /** Read as a part of what follows it, so that whoever resumes there, and those near it, share one read. */
  async #isAt(at: TopicIdPartition, reached: PartitionPosition): Promise<boolean> {
    const here = this.#entries.get(partitionName(at))?.partition?.reached.offset ?? reached.offset;
    const limit = offset(Math.max(here, reached.offset));
    const read = await this.#reader
      .read(at, offset(reached.offset - 1), limit)
      .catch((error: unknown) => nothingIfGone(at.topic, error));
    const [event] = read.events;
    // Nothing there is no proof: compaction may have taken it, or retention since it was asked what there is.
    if (event?.offset !== reached.offset) return true;
    return fingerprint(event.event.id, event.timestamp) === reached.fingerprint;
  }

  #open(at: TopicPartition, name: string): Entry {
    const opened = this.#opened(at, (partition) => {
      entry.partition = partition;
    });
    const entry: Entry = { opened, partition: undefined, users: 0, letGo: undefined };
    this.#entries.set(name, entry);
    this.#options.metrics.followed.set(this.#entries.size);
    opened.catch(() => this.#forget(name, entry));
    return entry;
  }

  /** Opens the partition of the topic that there is now, also when that changes meanwhile. */
  async #opened(
    at: TopicPartition,
    onOpen: (partition: FollowedPartition) => void,
  ): Promise<FollowedPartition> {
    const doubt = (life: TopicIdPartition): void => this.#doubt(life);
    const parts = {
      ...this.#options,
      reader: this.#reader,
      warnings: this.#warnings,
      tickBudget: this.#tickBudget,
      doubt,
    };
    for (;;) {
      const { id } = await this.topics.describe(at.topic);
      const life = { topic: at.topic, partition: at.partition, topicId: id };
      const partition = await FollowedPartition.open(life, parts, this.#stop.signal);
      if (!isRecreated(this.topics.last(at.topic)?.id, id)) {
        onOpen(partition); // In the same turn: a change from here on finds it.
        return partition;
      }
      await partition[Symbol.asyncDispose]();
    }
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
      this.#warnings.report('watch', error, 'neither the fan-out nor the log says where it stands');
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
      if (last === undefined || !partition.told(last)) unknown.push(partition);
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
    this.topics[Symbol.dispose]();
    this.#stop.abort(new MillraceError('SHUTTING_DOWN', 'This node is going away.'));
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const { letGo } of entries) clearTimeout(letGo);
    await Promise.all(entries.map(({ partition }) => partition?.[Symbol.asyncDispose]()));
    this.#warnings[Symbol.dispose]();
  }
}

/** Whether a cursor is of another topic. What neither of them tells is no difference. */
function anotherLife(life: number, now: TopicId | undefined): boolean {
  return life !== 0 && now !== undefined && life !== lifeOf(now);
}

function nothingIfGone(topic: Topic, error: unknown): { readonly events: readonly Relayed[] } {
  if (error instanceof OffsetOutOfRange) return { events: [] };
  throw error instanceof TopicRecreated ? EventsLost.byRecreation(topic) : error;
}
