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

/** Where one record is in the log. */
export interface Position extends TopicPartition {
  readonly offset: Offset;
}

/** The name of a place, for people: `shop.orders/3@17`. */
export function placeName(at: Position): string {
  return `${partitionName(at)}@${at.offset}`;
}

/** A name for logs, map keys and channels: `shop.orders/3`. No topic name contains a slash. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
