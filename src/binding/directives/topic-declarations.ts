import { type ConstDirectiveNode, type GraphQLSchema, isObjectType } from 'graphql';
import type { Envelope } from '../../core/envelope/envelope.js';
import type { RecordMapping } from '../../core/envelope/mapping.js';
import { BY_NAME, type TypeNames } from '../../core/envelope/type-names.js';
import type { Topic } from '../../core/ids.js';
import type { KeyFormat } from '../../core/key-format.js';
import type { DeclaredPartitioner } from '../../core/partitioner.js';
import type { Encoding, TopicFormat } from '../../core/topic-format.js';
import type { Diagnostics } from '../diagnostic.js';
import { directiveValues } from './directive-values.js';
import { eventMapping } from './event-mapping.js';
import { topicNamed } from './topic-name.js';

/** What one `@topic` says. It takes precedence over what follows from the fields. */
export interface TopicDeclaration
  extends Pick<TopicFormat, 'partitioner' | 'key' | 'typeNames' | 'encoding' | 'mapping'> {
  readonly envelope?: Envelope;
}

/** A declaration, and where it is. */
export interface DeclaredTopic {
  readonly declaration: TopicDeclaration;
  readonly node: ConstDirectiveNode;
}

/** The topics that `@topic` declares. Adds a diagnostic for each that is invalid or declared twice. */
export function topicDeclarations(
  schema: GraphQLSchema,
  diagnostics: Diagnostics,
): ReadonlyMap<Topic, TopicDeclaration> {
  const declared = declaredTopics(schema, diagnostics);
  return new Map([...declared].map(([name, { declaration }]) => [name, declaration]));
}

/** `topicDeclarations`, and where each is. */
export function declaredTopics(
  schema: GraphQLSchema,
  diagnostics: Diagnostics,
): ReadonlyMap<Topic, DeclaredTopic> {
  const declared = new Map<Topic, DeclaredTopic>();
  const nodes = [schema.astNode, ...schema.extensionASTNodes].flatMap((node) => node?.directives ?? []);
  for (const node of nodes) {
    const values = node.name.value === 'topic' ? directiveValues(schema, node, diagnostics) : undefined;
    const name = values && topicNamed(String(values['name']), node, diagnostics);
    if (values === undefined || name === undefined) continue;
    if (declared.has(name))
      diagnostics.at(node, `The topic ${name} is declared twice.`, 'Write one @topic that has all of it.');
    else declared.set(name, { declaration: mappedDeclaration(values, schema, node, diagnostics), node });
  }
  return declared;
}

/** With `event`, its envelope is that of plain JSON, and types are named by the expression. */
function mappedDeclaration(
  values: Readonly<Record<string, unknown>>,
  schema: GraphQLSchema,
  node: ConstDirectiveNode,
  diagnostics: Diagnostics,
): TopicDeclaration {
  const declaration = declarationOf(values, schema, node, diagnostics);
  const given = values['event'];
  if (given == null) return declaration;
  // graphql-js has coerced it to an `input EventExpressions`.
  const mapping = eventMapping(given as Parameters<typeof eventMapping>[0], node, diagnostics);
  if (mapping === undefined) return declaration;
  checkMapping(String(values['name']), declaration, mapping, node, diagnostics);
  return {
    ...declaration,
    envelope: declaration.envelope ?? 'JSON',
    mapping,
    ...(mapping.sources['type'] !== undefined && { typeNames: declaration.typeNames ?? BY_NAME }),
    // The record's key determines its partition, and no field looks for that key.
    ...(mapping.mapsSubject && { partitioner: 'NONE' as const }),
  };
}

/** A part of an event must not be declared in two places. */
function checkMapping(
  name: string,
  { envelope = 'JSON', typeNames, key, partitioner = 'NONE' }: TopicDeclaration,
  { mapsData, mapsSubject, sources }: RecordMapping,
  node: ConstDirectiveNode,
  diagnostics: Diagnostics,
): void {
  const [problem, hint] =
    mapsData && envelope !== 'JSON'
      ? [
          `The envelope ${envelope} of the topic ${name} says where the data is, and so does event.data.`,
          'Leave one of them out. Without an envelope, record.value is all of the value.',
        ]
      : sources['type'] !== undefined && typeNames !== undefined && typeNames.source.kind !== 'envelope'
        ? [
            `The types of the topic ${name} are named by a ${typeNames.source.kind}, and by event.type.`,
            'Leave one of them out.',
          ]
        : mapsSubject && key !== undefined
          ? [
              `The topic ${name} has event.subject in the place of its key, so nothing reads keys as ${key}.`,
              'Leave one of them out.',
            ]
          : mapsSubject && partitioner !== 'NONE'
            ? [
                `The topic ${name} has event.subject in the place of its key, so events of one subject may lie in any partition, whatever its partitioner is.`,
                'Leave the partitioner out.',
              ]
            : [];
  if (problem !== undefined) diagnostics.at(node, problem, hint);
}

function declarationOf(
  { partitioner, key, envelope, types, value }: Readonly<Record<string, unknown>>,
  schema: GraphQLSchema,
  node: ConstDirectiveNode,
  diagnostics: Diagnostics,
): TopicDeclaration {
  return {
    // graphql-js has coerced them to values of `enum Partitioner`, `enum KeyFormat` and so on.
    ...(partitioner != null && { partitioner: partitioner as DeclaredPartitioner }),
    ...(key != null && { key: key as KeyFormat }),
    ...(envelope != null && { envelope: envelope as Envelope }),
    ...(value !== 'JSON' && { encoding: value as Encoding }),
    ...(types != null && { typeNames: typeNamesOf(types as EventTypes, schema, node, diagnostics) }),
  };
}

/** `input EventTypes`, as graphql-js has coerced it. */
interface EventTypes {
  readonly header?: string | null;
  readonly field?: string | null;
  readonly names?: readonly { readonly name: string; readonly type: string }[] | null;
  readonly rule: TypeNames['rule'];
}

function typeNamesOf(
  { header, field, names, rule }: EventTypes,
  schema: GraphQLSchema,
  node: ConstDirectiveNode,
  diagnostics: Diagnostics,
): TypeNames {
  if (header != null && field != null) {
    const problem = 'The types of a topic are in the header or in the field, not in both.';
    diagnostics.at(node, problem, 'Leave one of them out.');
  }
  const table = new Map<string, string>();
  for (const { name, type } of names ?? []) {
    if (!isObjectType(schema.getType(type)))
      diagnostics.at(node, `${type} is not an object type.`, `Give the object type that ${name} stands for.`);
    if (table.has(name)) diagnostics.at(node, `The name ${name} is listed twice.`, 'List each name once.');
    table.set(name, type);
  }
  return { source: sourceOf(header, field), table, rule };
}

function sourceOf(header: string | null | undefined, field: string | null | undefined): TypeNames['source'] {
  if (header != null) return { kind: 'header', name: header };
  return field != null ? { kind: 'field', name: field } : { kind: 'envelope' };
}
