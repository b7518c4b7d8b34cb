import { type NewSchema, newKeySchema, newSchema } from '../adapters/schema-registry/new-schema.js';
import { RegistryCodec, subjectsOf } from '../adapters/schema-registry/registry-codec.js';
import type { Bindings } from '../binding/bindings.js';
import { graphQLModel } from '../binding/data-types/graphql-model.js';
import { type Topic, topic } from '../core/ids.js';
import { isEncoded } from '../core/key-format.js';
import type { SchemaCodec } from '../core/schema-codec.js';
import type { Encoding, TopicFormat, TopicFormats } from '../core/topic-format.js';
import { deadLetterTopic, MAX_TOPIC_NAME_CHARS } from '../dead-letters/topic-name.js';
import type { TopicSpec } from '../ports/event-log.js';
import type { Project } from '../project/project.js';
import type { AnyService } from '../services/service.js';
import type { SchemaRegistry } from './backends.js';
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
  { codecs = {}, resolvers = {} }: Pick<Project, 'codecs' | 'resolvers'>,
  registry: Pick<SchemaRegistry, 'schemas' | 'registers'> | undefined,
): TopicFormats {
  const formats = new Map<Topic, TopicFormat>();
  for (const { topic: name, format, types } of bindings.topics.values()) {
    const { key } = format;
    const codecOf = (what: 'value' | 'key', encoding: Encoding): SchemaCodec => {
      if (registry !== undefined) {
        const first = (): NewSchema =>
          what === 'key'
            ? newKeySchema(encoding)
            : newSchema(encoding, graphQLModel(types, bindings.schema, resolvers));
        const { schemas, registers } = registry;
        return new RegistryCodec(encoding, subjectsOf(name)[what], schemas, registers ? first : undefined);
      }
      const problem = `The ${what}s of the topic ${name} are ${encoding}, which needs a schema registry.`;
      throw new ConfigError(`${problem} Set SCHEMA_REGISTRY_URL.`);
    };
    const codec = codecs[name] ?? (format.encoding && codecOf('value', format.encoding));
    formats.set(name, {
      ...format,
      ...(codec !== undefined && { codec }),
      ...(isEncoded(key) && key !== 'CONNECT' && { keyCodec: codecOf('key', key) }),
    });
  }
  for (const name of Object.keys(codecs)) {
    if (!formats.has(topic(name)))
      throw new ConfigError(`There is a codec for the topic ${name}, which the schema does not name.`);
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
    topics.flatMap((one) => {
      const { partitioner, key } = bindings.topics.get(topic(one))?.format ?? {};
      if (initial === undefined) return [];
      if (partitioner === 'NONE')
        return `${problemOf(name, one, 'partitioner NONE')} Let all producers of ${one} use one partitioner and declare it, let the service follow a topic that is keyed so, or leave out \`initial\`.`;
      if (isEncoded(key))
        return `${problemOf(name, one, `keys in ${key}, which writers with different schemas encode differently`)} Let the service follow a topic whose keys are text, numbers or UUIDs, or leave out \`initial\`.`;
      return [];
    }),
  );
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
}

const problemOf = (service: string, topic: string, declared: string): string =>
  `The service ${service} keeps state by key, but its topic ${topic} is declared with ${declared}: records of a key may lie in several partitions, and each has a state of its own.`;
