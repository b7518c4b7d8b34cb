import type { Offset, Partition, Topic, TopicId } from './ids.js';

/** One partition of one topic. */
export interface TopicPartition {
  readonly topic: Topic;
  readonly partition: Partition;
}

/**
 * One partition of the topic with this id: a topic that was deleted and recreated has the same name, and another
 * id. Kafka's own term (KIP-516).
 */
export interface TopicIdPartition extends TopicPartition {
  /** `undefined` when the log does not report topic ids. */
  readonly topicId: TopicId | undefined;
}

/** The position of one record in the log. */
export interface Position extends TopicPartition {
  readonly offset: Offset;
}

/** A position as text, for logs and messages: `shop.orders/3@17`. */
export function positionName(at: Position): string {
  return `${partitionName(at)}@${at.offset}`;
}

/** A partition as text, for logs, map keys and channels: `shop.orders/3`. Unique, since no topic name has a slash. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
