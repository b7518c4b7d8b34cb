import type { Offset, Partition, Topic } from '../core/ids.js';
import { positionName, type TopicIdPartition } from '../core/position.js';
import type { LogBatch, LogRecord } from '../core/record.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { Bounds, EventLog } from '../ports/event-log.js';
import {
  isMisplaced,
  merged,
  type Placing,
  resized,
  type TopicLayout,
  withChecked,
  withMisplaced,
} from './topic-layout.js';
import type { TopicLayouts } from './topic-layouts.js';

interface PlacementCheckParts {
  readonly log: Pick<EventLog, 'bounds'>;
  readonly layouts: TopicLayouts;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Called when readers have to look in all partitions of a topic. Best effort: nodes read layouts every second. */
  readonly announce: (topic: Topic, partitions: number) => Promise<void>;
}

interface CheckedTopic {
  readonly placing: Placing;
  layout: TopicLayout;
}

/**
 * Checks that each record lies where the topic's partitioner puts its key. Relays do it, because they see every record.
 * What is found is saved before the record is relayed: no record passes unnoticed when a relay dies in between.
 */
export class PlacementCheck {
  readonly #parts: PlacementCheckParts;
  readonly #topics = new Map<Topic, CheckedTopic>();
  readonly #logged = new Set<Topic>();

  constructor(parts: PlacementCheckParts) {
    this.#parts = parts;
  }

  /**
   * Begins to check a partition, which a relay has claimed.
   * @param bounds of all partitions of the topic
   * @param restartedAt the offset before the first one to check, when those before it may not have been checked
   * @throws {MillraceError} when the store cannot be reached
   */
  async begin(
    { topic, partition, topicId }: TopicIdPartition,
    bounds: readonly Bounds[],
    restartedAt: Offset | undefined,
  ): Promise<void> {
    const { layouts } = this.#parts;
    const placing = layouts.placing(topic);
    if (placing === undefined) return;
    const known = this.#topics.get(topic)?.layout;
    const begun = await layouts.update(topic, (stored) => {
      // D6: what this process knows is written again when the store has lost it.
      const current = resized(known === undefined ? stored : merged(stored, known), topicId, bounds);
      return restartedAt === undefined ? current : withChecked(current, partition, restartedAt);
    });
    const checked = this.#topics.get(topic);
    // A batch of another partition may have been verified since the store was written.
    if (checked === undefined) this.#topics.set(topic, { placing, layout: begun });
    else checked.layout = merged(begun, checked.layout);
  }

  /**
   * Checks a batch. Hot path (bench: relay): nothing is allocated while every record is in its place.
   * @returns `undefined` when nothing new was found. Otherwise a promise: relay the batch once it resolves
   */
  check(batch: LogBatch, signal: AbortSignal): Promise<void> | undefined {
    const checked = this.#topics.get(batch.topic);
    if (checked === undefined || checked.layout.partitions === 1) return undefined;
    const first = firstMisplaced(batch, checked);
    if (first === undefined) return undefined;
    const known = checked.layout.misplaced.get(batch.partition);
    if (known === undefined || known > first.offset) return this.#verify(batch, checked, signal);
    this.#count(batch, checked);
    return undefined;
  }

  /** The topic may have grown, so that records lie elsewhere: asks the log how many partitions it has before it reports. */
  async #verify(batch: LogBatch, checked: CheckedTopic, signal: AbortSignal): Promise<void> {
    const { log, layouts, announce } = this.#parts;
    const { topic, partition } = batch;
    const bounds = await log.bounds(topic, signal);
    const { topicId } = checked.layout;
    checked.layout = await layouts.update(topic, (stored) =>
      resized(merged(stored, checked.layout), topicId, bounds),
    );
    const first = firstMisplaced(batch, checked);
    if (first === undefined) return;
    checked.layout = await layouts.update(topic, (stored) =>
      withMisplaced(merged(stored, checked.layout), partition, first.offset),
    );
    this.#count(batch, checked);
    this.#log(batch, first, checked.placing);
    await announce(topic, checked.layout.partitions);
  }

  #count(batch: LogBatch, { layout, placing }: CheckedTopic): void {
    const { topic, partition, records } = batch;
    const misplaced = records.filter(
      ({ key, offset }) => key !== null && isMisplaced(layout, placing, key, partition, offset),
    );
    this.#parts.metrics.misplaced.inc({ topic }, misplaced.length);
  }

  #log({ topic, partition }: LogBatch, { key, offset }: LogRecord, { partitioner }: Placing): void {
    if (this.#logged.has(topic)) return;
    this.#logged.add(topic);
    this.#parts.logger.warn(
      { topic, at: positionName({ topic, partition, offset }), key, partitioner },
      `a record does not lie in the partition of its key, so a producer of ${topic} does not use ${partitioner}; ` +
        'all partitions are followed from now on. ' +
        `Declare what its producers do, such as @topic(name: "${topic}", partitioner: NONE): ` +
        '`millrace check --live` says which partitioner fits. Further records are only counted.',
    );
  }
}

/** The first record of a batch that is misplaced. Consecutive records mostly have one key, which is hashed once. */
function firstMisplaced(
  { partition, records }: { readonly partition: Partition; readonly records: readonly LogRecord[] },
  { layout, placing }: CheckedTopic,
): LogRecord | undefined {
  let previous: string | null = null;
  for (const record of records) {
    const { key } = record;
    if (key === null || key === previous) continue;
    if (isMisplaced(layout, placing, key, partition, record.offset)) return record;
    previous = key;
  }
  return undefined;
}
