import type { GraphQLField } from 'graphql';
import type { Bindings, TopicBinding } from '../binding/bindings.js';
import { graphQLModel } from '../binding/data-types/graphql-model.js';
import type { ResolverMap } from '../binding/runtime/resolvers.js';
import { jsonSchemasOf } from '../core/data-json-schema.js';
import { topic as topicNamed } from '../core/ids.js';
import { DEFAULT_FORMAT } from '../core/topic-format.js';
import type { Topology, TopologyEdge } from './topology.js';

/** Of the AsyncAPI Kafka bindings. */
const KAFKA_BINDING = '0.5.0';

interface AsyncApiParts {
  readonly bindings: Bindings;
  readonly resolvers: ResolverMap;
  readonly topology: Topology;
}

/**
 * Describes topics and what sends to and receives from them, as an AsyncAPI 3.1 document: plain JSON. Payloads are the data of
 * events as GraphQL types describe them; `x-millrace` says how records carry them.
 * @see https://www.asyncapi.com/docs/reference/specification/v3.1.0
 */
export function asyncApiOf({ bindings, resolvers, topology }: AsyncApiParts): object {
  const { schema, topics } = bindings;
  const types = [...topics.values()].flatMap((topic) => [...topic.types]);
  const model = graphQLModel(types, schema, resolvers);
  const describe = (type: string): { description?: string } => described(schema.getType(type)?.description);
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Events',
      version: '1.0.0',
      description: 'Written by Millrace from its GraphQL schema and configuration.',
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(
      topology.nodes.flatMap(({ kind, name }) => {
        if (kind === 'topic') return [[name, channelOf(name, topics.get(topicNamed(name)), describe)]];
        return kind === 'deadLetters' ? [[name, deadLettersOf(name)]] : [];
      }),
    ),
    operations: Object.fromEntries(topology.edges.flatMap((edge) => operationOf(edge, bindings))),
    components: { schemas: jsonSchemasOf(model, (name) => `#/components/schemas/${name}`) },
  };
}

const described = (description: string | null | undefined): { description?: string } =>
  description ? { description } : {};

/** @param binding `undefined`: only services or views read the topic */
function channelOf(
  topic: string,
  binding: TopicBinding | undefined,
  describe: (type: string) => object,
): object {
  const { types, format } = binding ?? { types: new Set<string>(), format: DEFAULT_FORMAT };
  const isCloudEvent = format.kind === 'CLOUDEVENTS';
  const messageOf = (type: string): object => ({
    name: type,
    ...describe(type),
    contentType: 'application/json',
    ...(isCloudEvent && { headers: CLOUDEVENTS_HEADERS }),
    payload: { $ref: `#/components/schemas/${type}` },
    bindings: { kafka: { key: { type: 'string' }, bindingVersion: KAFKA_BINDING } },
  });
  return {
    address: topic,
    messages: Object.fromEntries([...types].sort().map((type) => [type, messageOf(type)])),
    bindings: { kafka: { topic, bindingVersion: KAFKA_BINDING } },
    'x-millrace': { envelope: format.kind, value: format.encoding ?? 'JSON', key: format.key ?? 'STRING' },
  };
}

/** Its records are those that failed, as they were, with headers that say where and why. */
const deadLettersOf = (topic: string): object => ({
  address: topic,
  title: 'Dead letters',
  description:
    'Records that could not be processed, as they were, with headers that say where they came from and why.',
  messages: {},
  bindings: { kafka: { topic, bindingVersion: KAFKA_BINDING } },
});

/** The attributes of a CloudEvent in Kafka's binary mode (CloudEvents Kafka protocol binding, section 3.2). */
const CLOUDEVENTS_HEADERS = {
  type: 'object',
  required: ['ce_id', 'ce_source', 'ce_type', 'ce_specversion'],
  properties: Object.fromEntries(
    ['ce_id', 'ce_source', 'ce_type', 'ce_specversion', 'ce_time', 'ce_subject'].map((name) => [
      name,
      { type: 'string' },
    ]),
  ),
};

/** One for each part and topic. The field of a view reads no topic, and dead letters come from all readers of the topic. */
function operationOf({ from, to, kind, types }: TopologyEdge, bindings: Bindings): [string, object][] {
  if (kind === 'shows' || kind === 'fails') return [];
  const isSent = kind === 'publishes';
  const [part, topic] = isSent ? [from, nameIn(to)] : [to, nameIn(from)];
  const known = bindings.topics.get(topicNamed(topic))?.types ?? new Set();
  const shown = types.filter((type) => known.has(type));
  return [
    [
      `${part.replace(':', '.')}.${kind}.${topic}`.replace(/[^\w.-]/g, '_'),
      {
        action: isSent ? 'send' : 'receive',
        channel: { $ref: `#/channels/${topic}` },
        title: `${part.replace(':', ' ')} ${isSent ? 'publishes to' : kind === 'answers' ? 'waits for' : 'reads'} ${topic}`,
        ...described(fieldOf(part, bindings)?.description),
        // Left out: all messages of the channel.
        ...(shown.length > 0 && {
          messages: shown.map((type) => ({ $ref: `#/channels/${topic}/messages/${type}` })),
        }),
      },
    ],
  ];
}

const nameIn = (id: string): string => id.slice(id.indexOf(':') + 1);

function fieldOf(part: string, { schema }: Bindings): GraphQLField<unknown, unknown> | undefined {
  const name = nameIn(part);
  if (part.startsWith('mutation:')) return schema.getMutationType()?.getFields()[name];
  if (part.startsWith('subscription:')) return schema.getSubscriptionType()?.getFields()[name];
  return undefined;
}
