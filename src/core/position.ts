import { type Offset, offset, type Partition, partition, type Topic, type TopicId, topic } from './ids.js';

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

const POSITION = /^([a-zA-Z0-9._-]{1,249})\/(\d{1,9})@(\d{1,15})$/;

/** The position that a text names, as `positionName` writes it; `undefined`: it names none. */
export function positionNamed(text: string): Position | undefined {
  const [, name, number, at] = POSITION.exec(text) ?? [];
  if (name === undefined) return undefined;
  return { topic: topic(name), partition: partition(Number(number)), offset: offset(Number(at)) };
}

/** A partition as text, for logs, map keys and channels: `shop.orders/3`. Unique, since no topic name has a slash. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
