import { type Offset, offset, type Partition, partition, type Topic, type TopicId } from '../core/ids.js';
import { type EventLog, OffsetOutOfRange } from '../ports/event-log.js';
import { isMisplaced, type Placing, type TopicLayout } from './topic-layout.js';

/** How many of the newest offsets of each partition are looked at. */
const SAMPLE_OFFSETS = 100;

/**
 * The first misplaced record among the newest of each partition. Records that every relay has passed already, or that
 * were written before the first relay, show here that the topic has other producers.
 * @throws {MillraceError} when the log cannot be read
 */
export async function findMisplaced(
  log: Pick<EventLog, 'bounds' | 'read'>,
  topic: Topic,
  topicId: TopicId | undefined,
  layout: TopicLayout,
  placing: Placing,
  signal: AbortSignal,
): Promise<ReadonlyMap<Partition, Offset>> {
  const bounds = await log.bounds(topic, signal);
  // Before the topic grew, its partitions were fewer than the layout may know.
  const sized = { ...layout, partitions: Math.max(layout.partitions, bounds.length) };
  const found = new Map<Partition, Offset>();
  await Promise.all(
    bounds.map(async ({ earliest, end }, number) => {
      const from = offset(Math.max(earliest, end - SAMPLE_OFFSETS));
      if (from >= end) return;
      const at = partition(number);
      const range = { topic, topicId, partition: at, from, until: end };
      const first = await firstMisplaced(log, range, sized, placing, signal);
      if (first !== undefined) found.set(at, first);
    }),
  );
  return found;
}

async function firstMisplaced(
  log: Pick<EventLog, 'read'>,
  range: Parameters<EventLog['read']>[0],
  layout: TopicLayout,
  placing: Placing,
  signal: AbortSignal,
): Promise<Offset | undefined> {
  try {
    for await (const { records } of log.read(range, signal)) {
      const first = records.find(
        ({ key, offset: position }) =>
          position >= range.from &&
          key !== null &&
          isMisplaced(layout, placing, key, range.partition, position),
      );
      if (first !== undefined) return first.offset;
    }
  } catch (error) {
    // Retention has deleted the beginning since the bounds were read. What is left shows in the next look.
    if (!(error instanceof OffsetOutOfRange)) throw error;
  }
  return undefined;
}
