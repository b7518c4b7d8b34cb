import type { Positions, StreamPosition } from '../core/cursor.js';
import { MillraceError } from '../core/errors.js';
import { type Offset, offset, type Topic } from '../core/ids.js';
import type { KeyPlacement } from '../core/partitioner.js';
import type { TopicPartition } from '../core/position.js';
import type { TopicFormats } from '../core/topic-format.js';
import type { EventTrail } from '../observe/event-trail.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import { WarningThrottle } from '../observe/warning-throttle.js';
import type { TopicLayouts } from '../placement/topic-layouts.js';
import type { EventLog } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import { CursorVerifier } from './cursor-verifier.js';
import { type Follow, FollowedPartitions } from './followed-partitions.js';
import { KeyPlacements } from './key-placements.js';
import type { PartitionListener } from './partition-listener.js';
import { SharedReader } from './shared-reader.js';
import { SilenceCheck } from './silence-check.js';
import { TickBudget } from './tick-budget.js';
import { type ObservedTopic, TopicWatch } from './topic-watch.js';

interface HubOptions {
  readonly log: EventLog;
  readonly fanout: Fanout;
  readonly formats: TopicFormats;
  /** What is known of where the keys of topics lie. */
  readonly layouts: TopicLayouts;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** How much of each followed partition the node keeps in memory. */
  readonly ring: { readonly events: number; readonly bytes: number };
  /** How long a partition stays followed after its last listener has left. */
  readonly lingerMs: number;
  readonly trail?: EventTrail | undefined;
}

/**
 * The node's side of the fan-out. Follows each partition once for everyone on this node, proves that no event is
 * missing, repairs gaps, and replays.
 */
export class Hub implements AsyncDisposable {
  /** What the topics in use are. Notifies when one grows or is recreated. */
  readonly topics: TopicWatch;
  /** Where the keys of topics lie. Notifies when they may lie anywhere. */
  readonly placements: KeyPlacements;
  readonly #log: EventLog;
  readonly #stop = new AbortController();
  readonly #warnings: WarningThrottle;
  readonly #followed: FollowedPartitions;
  readonly #cursors: CursorVerifier;
  readonly #silence: SilenceCheck;

  constructor(options: HubOptions) {
    const { log, fanout, formats, layouts, metrics } = options;
    const { signal } = this.#stop;
    const reader = new SharedReader(options, signal);
    const warnings = new WarningThrottle(options.logger);
    const inUse = (): readonly Topic[] => this.#followed.open().map(({ at }) => at.topic);
    this.topics = new TopicWatch({
      log,
      inUse,
      needsEnds: (topic) => this.placements.isRelied(topic),
      onProblem: (error) => {
        metrics.problems.inc({ kind: 'topics' });
        warnings.report('topics', error, 'the log does not describe its topics; retrying');
      },
      signal,
    });
    const { topics } = this;
    const placements = new KeyPlacements({
      log,
      fanout,
      formats,
      layouts,
      metrics,
      warnings,
      topics,
      inUse,
      signal,
    });
    this.placements = placements;
    const onLayoutChanged = (topic: Topic): void => void placements.read(topic);
    const parts = { ...options, onLayoutChanged, reader, warnings, topics: this.topics, signal };
    this.#log = log;
    this.#warnings = warnings;

    this.#followed = new FollowedPartitions({ ...parts, tickBudget: new TickBudget() });
    this.#cursors = new CursorVerifier({ ...parts, followed: this.#followed });
    metrics.nodeLagNow = () =>
      this.#followed.open().map(({ at: { topic, partition }, lag }) => ({ topic, partition, lag }));
    this.#silence = new SilenceCheck({ ...parts, open: () => this.#followed.open() });
  }

  /** Aborted when the node stops. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /**
   * The topic as it is, ready for `placementOf`.
   * @param key `undefined`: every key is read, so it does not matter where each lies
   * @throws {MillraceError} TOPIC_MISSING
   */
  async describe(topic: Topic, key: string | undefined): Promise<ObservedTopic> {
    if (key !== undefined) await this.placements.prepare(topic);
    return this.topics.describe(topic);
  }

  /**
   * Where the topic's records of `key` lie. `undefined`: anywhere, so all partitions are followed, and events of other
   * keys are filtered out. So it is for every key (`key` is `undefined`), and where the producers have no partitioner.
   */
  placementOf(topic: Topic, key: string | undefined): KeyPlacement | undefined {
    return this.placements.of(topic, key);
  }

  /** The subject of the events of a key, as the topic declares how keys read. @throws {KeyFormatError} */
  subjectOf(topic: Topic, key: string): string {
    return this.placements.subjectOf(topic, key);
  }

  /** The offset before the partition's first record at or after `timestamp` (milliseconds since 1970). */
  async offsetBefore(at: TopicPartition, timestamp: number): Promise<Offset> {
    const first = await this.#log.offsetAt(at.topic, at.partition, timestamp, this.#stop.signal);
    return offset(first - 1);
  }

  /**
   * Follows a partition until `release` is called. `listener` receives what happens from the moment this resolves.
   * @throws {MillraceError} TOPIC_MISSING; SHUTTING_DOWN once the node stops
   */
  follow(at: TopicPartition, listener: PartitionListener): Promise<Follow> {
    return this.#followed.follow(at, listener);
  }

  /**
   * Checks a client's position against the log, before anything is replayed from it.
   * @throws {EventsLost} RETENTION, TOPIC_RECREATED
   * @throws {MillraceError} CURSOR_INVALID (AHEAD)
   */
  verify(topic: Topic, position: StreamPosition): Promise<void> {
    return this.#cursors.verify(topic, position);
  }

  /**
   * Moves each position that is before the log's earliest event to just before that event (D5).
   * @throws {MillraceError} when the log does not report its bounds in time
   */
  clampToEarliest(topic: Topic, positions: Positions): Promise<Positions> {
    return this.#cursors.clampToEarliest(topic, positions);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#silence[Symbol.dispose]();
    this.placements[Symbol.dispose]();
    this.topics[Symbol.dispose]();
    this.#stop.abort(new MillraceError('SHUTTING_DOWN', 'This node is shutting down.'));
    await this.#followed[Symbol.asyncDispose]();
    this.#warnings[Symbol.dispose]();
  }
}
