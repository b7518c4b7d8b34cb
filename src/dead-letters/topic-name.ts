import { type Topic, topic } from '../core/ids.js';

/** What is appended to a topic's name for its dead-letter topic, unless `DEAD_LETTER_SUFFIX` says something else. */
const DEFAULT_SUFFIX = '.dlt';

/** Kafka's limit for the name of a topic, in characters (org.apache.kafka.common.internals.Topic). */
export const MAX_TOPIC_NAME_CHARS = 249;

/** The dead-letter topic of `of`. */
export function deadLetterTopic(of: Topic, suffix = DEFAULT_SUFFIX): Topic {
  return topic(`${of}${suffix}`);
}

/** What Spring Kafka appends: `-dlt` since 3.3, `.DLT` before. */
const SPRING_SUFFIXES = ['-dlt', '.DLT'];

/** All topics that dead letters of `of` are read from: those of `suffix`, of the default, and of Spring Kafka. */
export function readableDeadLetterTopics(of: Topic, suffix: string): readonly Topic[] {
  return [...new Set([suffix, DEFAULT_SUFFIX, ...SPRING_SUFFIXES])].map((one) => deadLetterTopic(of, one));
}
