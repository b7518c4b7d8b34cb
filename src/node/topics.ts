import type { Bindings } from '../binding/bindings.js';
import { decodeRecord } from '../core/cloudevent.js';
import { type Topic, topic } from '../core/ids.js';
import type { TopicPartition } from '../core/position.js';
import type { LogRecord } from '../core/record.js';
import type { CodecOf } from '../core/schema-codec.js';
import type { TopicFormat } from '../core/topic-format.js';
import { deadLetterTopic } from '../dead-letters/dead-letter.js';
import type { TopicSpec } from '../ports/event-log.js';
import type { AnyService } from '../services/service.js';
import type { Config } from './config.js';

/** The declared format of each topic that the schema names. */
export type TopicFormats = ReadonlyMap<Topic, TopicFormat>;

/** A service or a view, as far as topics are concerned. */
type TopicReader = Pick<AnyService, 'topics'>;

export function topicFormats(bindings: Bindings): TopicFormats {
  return new Map([...bindings.topics.values()].map(({ topic: name, format }) => [name, format]));
}

/** Decodes records by their topic's format; a topic that the schema does not name holds CloudEvents. */
export const decoderFor = (formats: TopicFormats) => (record: LogRecord, at: TopicPartition) =>
  decodeRecord(record, formats.get(at.topic) ?? { kind: 'CLOUDEVENTS' }, at);

export const codecsFor =
  (formats: TopicFormats): CodecOf =>
  (of) =>
    formats.get(of)?.codec;

/** The topics that the schema names, and those that `readers` (services and views) read. */
export function topicNames(bindings: Bindings, readers: readonly TopicReader[]): readonly Topic[] {
  const read = readers.flatMap((reader) => reader.topics.map(topic));
  return [...new Set<Topic>([...bindings.topics.keys(), ...read])];
}

/** What is created at start when it is missing: each topic, and its dead-letter topic. */
export function requiredTopics(
  bindings: Bindings,
  readers: readonly TopicReader[],
  config: Config,
): readonly TopicSpec[] {
  const spec = { partitions: config.TOPIC_PARTITIONS, replicas: config.TOPIC_REPLICAS, config: {} };
  return topicNames(bindings, readers).flatMap((name) => [
    { topic: name, ...spec },
    // One partition: for dead letters, one order is worth more than throughput.
    { topic: deadLetterTopic(name), ...spec, partitions: 1 },
  ]);
}
