import { retry } from '../core/async.js';
import { isWellFormed } from '../core/byte-text.js';
import { MillraceError } from '../core/errors.js';
import { isRecreated, type Offset, offset, type Partition, type Topic } from '../core/ids.js';
import { canonicalSubject, isEncoded, recordKeyOf } from '../core/key-format.js';
import { isPlaced, type KeyPlacement } from '../core/partitioner.js';
import type { TopicFormats } from '../core/topic-format.js';
import type { Metrics } from '../observe/metrics.js';
import type { WarningThrottle } from '../observe/warning-throttle.js';
import { findMisplaced } from '../placement/sample.js';
import { emptyLayout, merged, type TopicLayout, withMisplaced } from '../placement/topic-layout.js';
import type { TopicLayouts } from '../placement/topic-layouts.js';
import type { EventLog } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import type { ObservedTopic, TopicWatch } from './topic-watch.js';

interface KeyPlacementsParts {
  readonly log: EventLog;
  readonly fanout: Fanout;
  readonly formats: TopicFormats;
  readonly layouts: TopicLayouts;
  readonly metrics: Metrics;
  readonly warnings: WarningThrottle;
  readonly topics: TopicWatch;
  /** The topics of which partitions are followed. */
  readonly inUse: () => Iterable<Topic>;
  readonly signal: AbortSignal;
}

/** A range of a partition in which no record is misplaced. */
export interface CheckedRange {
  readonly after: Offset;
  readonly through: Offset;
}

/** The look at a topic's newest records before a key of it is followed for the first time. */
interface Look {
  readonly topic: ObservedTopic;
  readonly done: Promise<void>;
}

/** How often the layouts of topics in use are read. Relays announce a change at once; that message may get lost. */
const READ_INTERVAL_MS = 1_000;

/**
 * Where the keys of each topic lie: as the topic's partitioner puts them, or anywhere, once a record was found that lies
 * elsewhere. That never changes back while the node runs.
 */
export class KeyPlacements implements Disposable {
  /** Called when keys of a topic may lie anywhere from now on. */
  readonly listeners = new Set<(topic: Topic) => void>();
  readonly #parts: KeyPlacementsParts;
  readonly #looks = new Map<Topic, Look>();
  /** The layouts of topics with misplaced records. */
  readonly #scattered = new Map<Topic, TopicLayout>();
  readonly #timer: NodeJS.Timeout;
  #reading = false;

  constructor(parts: KeyPlacementsParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.#readAll(), READ_INTERVAL_MS);
  }

  /** The subject of the events with this key, which may be written in another way. @throws {KeyFormatError} */
  subjectOf(topic: Topic, key: string): string {
    return canonicalSubject(this.#parts.formats.get(topic)?.key, key);
  }

  /**
   * The placement of `key`; `undefined` when its records, or those of every key, may be in any partition. Call `prepare`
   * before.
   * @param key the subject of its events
   * @throws {KeyFormatError}
   */
  of(topic: Topic, key: string | undefined): KeyPlacement | undefined {
    const { formats, layouts } = this.#parts;
    const placing = layouts.placing(topic);
    if (key === undefined || placing === undefined) return undefined;
    const { partitioner, partitionOfKey } = placing;
    // No record's key has half of a surrogate pair, so any partition will do.
    const format = formats.get(topic)?.key;
    if (isEncoded(format)) return undefined;
    const recordKey = isWellFormed(key) ? recordKeyOf(format, key) : key;
    if (this.isScattered(topic) || !isPlaced(recordKey, partitioner)) return undefined;
    return (partitions) => partitionOfKey(recordKey, partitions, partitioner);
  }

  /** Whether readers of single keys rely on the topic's partitioner. */
  isRelied(topic: Topic): boolean {
    return this.#looks.has(topic) && !this.isScattered(topic);
  }

  isScattered(topic: Topic): boolean {
    const layout = this.#scattered.get(topic);
    return layout !== undefined && !isRecreated(layout.topicId, this.#parts.topics.last(topic)?.id);
  }

  /**
   * Finds out whether the topic's keys lie where its partitioner puts them, before the first one is followed: reads what
   * relays have found, and the newest records. They show producers that wrote before any relay of ours looked.
   * @throws {MillraceError} TOPIC_MISSING; SHUTTING_DOWN once the node stops
   */
  async prepare(name: Topic): Promise<void> {
    const { topics, layouts } = this.#parts;
    if (layouts.placing(name) === undefined) return;
    const topic = await topics.describe(name);
    const known = this.#looks.get(name);
    if (known !== undefined && !isRecreated(known.topic.id, topic.id)) return known.done;
    const look = { topic, done: this.#look(name, topic) };
    this.#looks.set(name, look);
    look.done.catch(() => {
      if (this.#looks.get(name) === look) this.#looks.delete(name);
    });
    return look.done;
  }

  /**
   * For each partition, up to where relays have found no misplaced record. The progress of the relays is read first: what
   * they find is in the layout before it is in their progress.
   */
  async checkedRanges(
    topic: Topic,
    numbers: readonly Partition[],
  ): Promise<ReadonlyMap<Partition, CheckedRange>> {
    const { fanout } = this.#parts;
    const partitions = numbers.map((number) => ({ topic, partition: number }));
    const newest = await fanout.newest(partitions).catch(() => []);
    await this.read(topic);
    const layout = this.#scattered.get(topic);
    const ranges = new Map<Partition, CheckedRange>();
    for (const [i, number] of numbers.entries()) {
      const relayed = newest[i];
      const after = layout?.checkedAfter.get(number);
      // Without both, nothing is known to have been checked.
      if (relayed === undefined || after === undefined || isRecreated(relayed.topicId, layout?.topicId))
        continue;
      const found = layout?.misplaced.get(number);
      const through = found === undefined ? relayed.last : Math.min(relayed.last, found - 1);
      ranges.set(number, { after, through: offset(through) });
    }
    return ranges;
  }

  /** Reads the layout of a topic now. Never rejects: it is read again every second. */
  async read(topic: Topic): Promise<void> {
    const { layouts, warnings, metrics, signal } = this.#parts;
    if (layouts.placing(topic) === undefined) return;
    try {
      const known = this.#scattered.get(topic);
      // D6: what this node knows is written again when the store has lost it.
      const layout =
        known === undefined
          ? await layouts.read(topic)
          : await layouts.update(topic, (stored) => merged(stored, known));
      if (layout !== undefined) this.#learn(topic, layout);
    } catch (error) {
      if (signal.aborted) return;
      metrics.problems.inc({ kind: 'layouts' });
      warnings.report(
        'layouts',
        error,
        'the state store does not tell where the keys of topics lie; retrying',
      );
    }
  }

  #learn(topic: Topic, layout: TopicLayout): void {
    if (layout.misplaced.size === 0) return;
    const wasScattered = this.isScattered(topic);
    this.#scattered.set(topic, layout);
    if (!wasScattered && this.isScattered(topic)) for (const listener of this.listeners) listener(topic);
  }

  async #look(name: Topic, topic: ObservedTopic): Promise<void> {
    const { log, layouts, metrics, warnings, signal } = this.#parts;
    const placing = layouts.placing(name);
    if (placing === undefined || topic.partitions === 1) return;
    await this.read(name);
    if (this.isScattered(name)) return;
    const stored = await layouts.read(name).catch(() => undefined);
    const layout =
      stored === undefined || isRecreated(stored.topicId, topic.id)
        ? emptyLayout(topic.id, topic.partitions)
        : stored;
    const found = await retry(() => findMisplaced(log, name, topic.id, layout, placing, signal), {
      signal,
      onFailure: (error) => {
        if (error instanceof MillraceError && error.code === 'TOPIC_MISSING') throw error;
        metrics.problems.inc({ kind: 'follow' });
        warnings.report('follow', error, 'the newest records of a topic cannot be read; retrying', {
          topic: name,
        });
      },
    });
    if (found.size === 0) return;
    let scattered = layout;
    for (const [number, position] of found) scattered = withMisplaced(scattered, number, position);
    this.#learn(name, scattered);
    await this.read(name);
  }

  async #readAll(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    for (const topic of new Set(this.#parts.inUse())) if (this.#looks.has(topic)) await this.read(topic);
    this.#reading = false;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.listeners.clear();
  }
}
