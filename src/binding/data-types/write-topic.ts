import type { Envelope } from '../../core/envelope/envelope.js';
import { lastName } from '../../core/envelope/type-names.js';
import { camelCase, pascalCase, type UniqueNames } from './names.js';
import { described } from './write-types.js';

/** What `@topic` says of a topic that is imported. */
export interface TopicLine {
  readonly topic: string;
  readonly envelope: Envelope;
  readonly value?: string | undefined;
  readonly key?: string | undefined;
  readonly partitioner?: string | undefined;
  /** A header or field of the data that names the type. */
  readonly typeSource?: { readonly kind: 'header' | 'field'; readonly name: string } | undefined;
  /** The GraphQL type of each name in its records. `undefined`: all records have one type. */
  readonly types?: ReadonlyMap<string, string> | undefined;
}

/** `extend schema @topic(…)`. */
export function topicSdl({ topic, envelope, value, key, partitioner, ...names }: TopicLine): string {
  const given = [
    `name: ${JSON.stringify(topic)}`,
    `envelope: ${envelope}`,
    value && `value: ${value}`,
    key && `key: ${key}`,
    partitioner && `partitioner: ${partitioner}`,
    typesArgument(envelope, names),
  ];
  return `extend schema @topic(${given.filter(Boolean).join(', ')})`;
}

function typesArgument(
  envelope: Envelope,
  { types, typeSource }: Pick<TopicLine, 'types' | 'typeSource'>,
): string | undefined {
  if (types === undefined) return undefined;
  const source = typeSource === undefined ? [] : [`${typeSource.kind}: ${JSON.stringify(typeSource.name)}`];
  const pairs = [...types];
  if (pairs.every(([name, type]) => name === type)) {
    if (source.length > 0) return `types: { ${source.join()} }`;
    return envelope === 'CLOUDEVENTS' ? undefined : 'types: {}';
  }
  if (pairs.every(([name, type]) => lastName(name) === type))
    return `types: { ${[...source, 'rule: LAST_NAME'].join(', ')} }`;
  const names = pairs.map(
    ([name, type]) => `{ name: ${JSON.stringify(name)}, type: ${JSON.stringify(type)} }`,
  );
  return `types: { ${[...source, `names: [${names.join(', ')}]`].join(', ')} }`;
}

interface SubscriptionLine {
  readonly topic: string;
  /** The object types that its events have. */
  readonly types: readonly string[];
  /** Whether the topic has tombstones, for which the field is null. */
  readonly nullable: boolean;
  /** Whether the project has a type Subscription already. */
  readonly isExtension: boolean;
  /** Of fields of Subscription. */
  readonly fields: UniqueNames;
  readonly names: UniqueNames;
}

/** The field of Subscription that follows the topic, and a union of its types if it has several. */
export function subscriptionSdl(line: SubscriptionLine): readonly string[] {
  const { topic, types, nullable, isExtension, fields, names } = line;
  const [only, ...others] = types;
  const union = others.length > 0 ? names.take(`${pascalCase(lastName(topic))}Event`) : undefined;
  const field = fields.take(camelCase(lastName(topic)), camelCase(topic));
  const type = `${union ?? only}${nullable ? '' : '!'}`;
  return [
    `${isExtension ? 'extend ' : ''}type Subscription {
${described(`Follows the topic ${topic}.`, '  ')}  ${field}: ${type} @subscribe(topic: ${JSON.stringify(topic)})
}`,
    ...(union === undefined ? [] : [`union ${union} = ${types.join(' | ')}`]),
  ];
}

/** GraphQL requires a type Query in every schema. */
export const QUERY_SDL = `"GraphQL requires a type Query. Replace its field by fields of your own."
type Query {
  ping: String
}`;
