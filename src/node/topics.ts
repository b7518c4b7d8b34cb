import type { Bindings } from '../binding/bindings.js';
import { type Topic, topic } from '../core/ids.js';
import type { TopicFormat, TopicFormats } from '../core/topic-format.js';
import { deadLetterTopic } from '../dead-letters/dead-letter.js';
import type { TopicSpec } from '../ports/event-log.js';
import type { Project } from '../project/project.js';
import type { AnyService } from '../services/service.js';
import { type Config, ConfigError } from './config.js';

/** A service or a view, as far as topics are concerned. */
type TopicReader = Pick<AnyService, 'topics'>;

/**
 * The declared format of each topic that the schema names, with the project's codecs.
 * @throws {ConfigError} when the project has a codec for a topic that the schema does not name
 */
export function topicFormats(bindings: Bindings, { codecs = {} }: Pick<Project, 'codecs'>): TopicFormats {
  const formats = new Map<Topic, TopicFormat>();
  for (const { topic: name, format } of bindings.topics.values()) formats.set(name, format);
  for (const [name, codec] of Object.entries(codecs)) {
    const format = formats.get(topic(name));
    if (format === undefined)
      throw new ConfigError(`There is a codec for the topic ${name}, which the schema does not name.`);
    formats.set(topic(name), { ...format, codec });
  }
  return formats;
}

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
