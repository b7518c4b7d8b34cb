import type { PartitionPosition } from '../core/cursor.js';
import type { Relayed } from '../core/event.js';
import type { Offset, Topic, TopicId } from '../core/ids.js';
import type { KeyPlacement } from '../core/partitioner.js';
import type { TopicPartition } from '../core/position.js';

/** Receives the events of a partition, in order. */
export interface OutcomeListener {
  onEvents(at: TopicPartition, events: readonly Relayed[]): void;
  /** Events are no longer available, and an outcome may have been among them. */
  onLost(at: TopicPartition, loss: unknown): void;
}

/** What waiting for outcomes needs of the node's hub, which follows a partition once for everyone on the node. */
export interface OutcomeSource {
  /** @param key what is asked of `placementOf` afterwards; `undefined`: every key */
  describe(
    topic: Topic,
    key: string | undefined,
  ): Promise<{
    readonly id: TopicId | undefined;
    readonly partitions: number;
    /** The end of each partition, not later than now; `undefined` when all of them are followed anyway. */
    readonly ends?: readonly Offset[] | undefined;
  }>;
  readonly placements: {
    /** Called when keys of a topic may lie in any partition from now on. */
    readonly listeners: {
      add(listener: (topic: Topic) => void): unknown;
      delete(listener: (topic: Topic) => void): unknown;
    };
  };
  /** D2: resolves once `listener` cannot miss anything that is appended from now on. */
  follow(
    at: TopicPartition,
    listener: OutcomeListener,
  ): Promise<{
    readonly partition: {
      readonly reached: PartitionPosition;
      readonly listeners: { delete(listener: OutcomeListener): unknown };
    };
    release(): void;
  }>;
  /** Where the topic's records of `key` lie; `undefined`: in any partition. */
  placementOf(topic: Topic, key: string | undefined): KeyPlacement | undefined;
  /** The subject of the topic's events with this key. @throws {KeyFormatError} */
  subjectOf(topic: Topic, key: string): string;
  /** The offset before the first event at or after `timestamp` (milliseconds since 1970). */
  offsetBefore(at: TopicPartition, timestamp: number): Promise<Offset>;
}
