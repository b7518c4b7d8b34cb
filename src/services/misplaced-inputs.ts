import type { TopicPartition } from '../core/position.js';
import type { LogRecord } from '../core/record.js';
import { emptyLayout, isMisplaced, type Placing } from '../placement/topic-layout.js';

/**
 * The inputs of a service that do not lie in the partition of their key. A service with state keeps one state of a key in
 * each partition, so a key whose records lie in two of them has two states, and neither has all of its events. Only
 * the producers can mend that, so it must not go unnoticed.
 * @param partitions of the topic
 */
export function misplacedInputs(
  { partition }: TopicPartition,
  records: readonly LogRecord[],
  placing: Placing,
  partitions: number,
): readonly LogRecord[] {
  const layout = emptyLayout(undefined, partitions);
  return records.filter(
    ({ key, offset }) => key !== null && isMisplaced(layout, placing, key, partition, offset),
  );
}
