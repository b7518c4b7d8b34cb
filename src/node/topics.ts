import { RegistryClient } from '../adapters/schema-registry/registry-client.js';
import { RegistryCodec } from '../adapters/schema-registry/registry-codec.js';
import { SchemaCache } from '../adapters/schema-registry/schema-cache.js';
import type { Bindings } from '../binding/bindings.js';
import { type Topic, topic } from '../core/ids.js';
import type { TopicFormat, TopicFormats } from '../core/topic-format.js';
import { deadLetterTopic, MAX_TOPIC_NAME_CHARS } from '../dead-letters/topic-name.js';
import type { TopicSpec } from '../ports/event-log.js';
import type { Project } from '../project/project.js';
import type { AnyService } from '../services/service.js';
import { type Config, ConfigError } from './config.js';

/** A service or a view, as far as topics are concerned. */
type TopicReader = Pick<AnyService, 'topics'>;

/**
 * The declared format of each topic that the schema names, with the codecs of the project and of the schema registry.
 * @throws {ConfigError} when the project has a codec for a topic that the schema does not name, or a topic needs a
 *   registry and none is configured
 */
export function topicFormats(
  bindings: Bindings,
  { codecs = {} }: Pick<Project, 'codecs'>,
  config: Config,
): TopicFormats {
  const schemas = registryOf(config);
  const formats = new Map<Topic, TopicFormat>();
  for (const { topic: name, format } of bindings.topics.values()) {
    const { encoding } = format;
    const own = codecs[name];
    if (own !== undefined) formats.set(name, { ...format, codec: own });
    else if (encoding === undefined) formats.set(name, format);
    else if (schemas !== undefined)
      formats.set(name, { ...format, codec: new RegistryCodec(encoding, name, schemas) });
    else
      throw new ConfigError(
        `The values of the topic ${name} are ${encoding}, which needs a schema registry. Set SCHEMA_REGISTRY_URL.`,
      );
  }
  for (const name of Object.keys(codecs)) {
    if (!formats.has(topic(name)))
      throw new ConfigError(`There is a codec for the topic ${name}, which the schema does not name.`);
  }
  return formats;
}

function registryOf(config: Config): SchemaCache | undefined {
  const { SCHEMA_REGISTRY_URL: url, SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO: basicAuth } = config;
  return url === undefined ? undefined : new SchemaCache(new RegistryClient({ url, basicAuth }));
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
    { topic: deadLetterTopic(name, config.DEAD_LETTER_SUFFIX), ...spec, partitions: 1 },
  ]);
}

/** @throws {ConfigError} for topics whose dead-letter topics would have names that are too long */
export function checkDeadLetterTopics(topics: readonly Topic[], { DEAD_LETTER_SUFFIX }: Config): void {
  const faults = topics.flatMap((name) => {
    const { length } = deadLetterTopic(name, DEAD_LETTER_SUFFIX);
    if (length <= MAX_TOPIC_NAME_CHARS) return [];
    return `The topic ${name} cannot have a dead-letter topic: its name with DEAD_LETTER_SUFFIX has ${length} characters, and topics may have ${MAX_TOPIC_NAME_CHARS}. Use a shorter name for the topic, or a shorter suffix.`;
  });
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
}

/** @throws {ConfigError} for services that would keep several states of one key */
export function checkServiceTopics(services: readonly AnyService[], bindings: Bindings): void {
  const faults = services.flatMap(({ name, topics, initial }) =>
    topics
      .filter(
        (one) => initial !== undefined && bindings.topics.get(topic(one))?.format.partitioner === 'NONE',
      )
      .map(
        (one) =>
          `The service ${name} keeps state by key, but its topic ${one} is declared with partitioner NONE: records of a key may lie in several partitions, and each has a state of its own. Let all producers of ${one} use one partitioner and declare it, let the service follow a topic that is keyed so, or leave out \`initial\`.`,
      ),
  );
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
}
