import type { PartitionPosition, Positions } from '../../core/cursor.js';
import type { Offset, Partition } from '../../core/ids.js';
import type { FollowedPartition } from '../../hub/followed-partition.js';
import type { PartitionLag } from '../../observe/metrics.js';

/**
 * The position of one subscription in each partition that it follows. Not kept while it is live: its position
 * is then the node's, and `moveToNode` takes that over when it stops being live.
 */
export class ReachedPositions {
  readonly #positions: Map<Partition, PartitionPosition>;

  constructor(start: ReadonlyMap<Partition, PartitionPosition>) {
    this.#positions = new Map(start);
  }

  get all(): Positions {
    return this.#positions;
  }

  at(partition: Partition): PartitionPosition {
    const position = this.#positions.get(partition);
    if (position === undefined) throw new Error(`A subscription has no position in partition ${partition}.`);
    return position;
  }

  set(partition: Partition, position: PartitionPosition): void {
    this.#positions.set(partition, position);
  }

  /** Everything up to `through` is done. Holes in the log and events of other cohorts have no fingerprint. */
  advance(partition: Partition, through: Offset): void {
    if (through > this.at(partition).offset) this.set(partition, { offset: through, fingerprint: 0 });
  }

  /** Adds the positions of partitions that it did not follow before. */
  add(positions: ReadonlyMap<Partition, PartitionPosition>): void {
    for (const [partition, position] of positions) {
      if (!this.#positions.has(partition)) this.#positions.set(partition, position);
    }
  }

  /** For a subscription that was live until now. */
  moveToNode(followed: readonly FollowedPartition[]): void {
    for (const { at, reached } of followed) this.#positions.set(at.partition, reached);
  }

  /**
   * Whether it may become live: its position equals the node's in every partition. A position beyond the node's
   * (the cursor came from a node that is ahead) is not enough: live, it would get the events in between twice (D3).
   */
  isAtNode(followed: readonly FollowedPartition[]): boolean {
    return followed.every(
      ({ at, reached, endedBy }) => endedBy === undefined && this.at(at.partition).offset === reached.offset,
    );
  }

  /** How many offsets the node is ahead in each partition. Offsets have holes, so it is an estimate of events. */
  lags(followed: readonly FollowedPartition[]): readonly PartitionLag[] {
    return followed.map(({ at: { topic, partition }, reached }) => {
      const lag = Math.max(0, reached.offset - this.at(partition).offset);
      return { topic, partition, lag };
    });
  }

  /** The same in all partitions together. */
  behind(followed: readonly FollowedPartition[]): number {
    return this.lags(followed).reduce((sum, { lag }) => sum + lag, 0);
  }

  /** The positions in all partitions but this one, as text to compare by. */
  keyOfOthers(partition: Partition): string {
    if (this.#positions.size === 1) return '';
    const others: string[] = [];
    for (const [number, { offset, fingerprint }] of this.#positions) {
      if (number !== partition) others.push(`${number}:${offset}:${fingerprint}`);
    }
    return others.join();
  }
}
