/**
 * Branded strings and numbers, so that an offset cannot be passed for a partition. Each brand has one constructor below.
 */
declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** A topic's name in the log. */
export type Topic = Brand<string, 'Topic'>;
/** Identifies a topic among all that have had its name: a recreated topic has another id. Kafka's topic id (KIP-516). */
export type TopicId = Brand<string, 'TopicId'>;
/** A partition's number within its topic, from 0. */
export type Partition = Brand<number, 'Partition'>;
/** A record's number within its partition, from 0. Exact up to 2^53, which no partition reaches. */
export type Offset = Brand<number, 'Offset'>;
/** A CloudEvents `id`: unique within its `source`. */
export type EventId = Brand<string, 'EventId'>;

export const topic = (name: string): Topic => name as Topic;

/** The names that Kafka allows: org.apache.kafka.common.internals.Topic. */
const TOPIC_NAME = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;
export const isTopicName = (name: string): boolean => TOPIC_NAME.test(name);

export const topicId = (id: string): TopicId => id as TopicId;
export const partition = (number: number): Partition => number as Partition;
export const offset = (number: number): Offset => number as Offset;
export const eventId = (id: string): EventId => id as EventId;

/** Whether one id belongs to a recreated topic of the other's name. An unknown id (`undefined`) proves nothing. */
export const isRecreated = (one: TopicId | undefined, other: TopicId | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other;

/** The position before a partition's first record. */
export const BEFORE_FIRST = offset(-1);
