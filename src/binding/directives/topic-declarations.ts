import { type ConstDirectiveNode, GraphQLError, type GraphQLSchema, getArgumentValues } from 'graphql';
import type { Topic } from '../../core/ids.js';
import type { KeyFormat } from '../../core/key-format.js';
import type { DeclaredPartitioner } from '../../core/partitioner.js';
import type { TopicFormat } from '../../core/topic-format.js';
import type { Diagnostics } from '../diagnostic.js';
import { addGraphQLError } from '../sdl/graphql-errors.js';
import { topicNamed } from './topic-name.js';

/** What one `@topic` says. It takes precedence over what follows from the fields. */
export type TopicDeclaration = Pick<TopicFormat, 'partitioner' | 'key'>;

/** The topics that `@topic` declares. Adds a diagnostic for each that is invalid or declared twice. */
export function topicDeclarations(
  schema: GraphQLSchema,
  diagnostics: Diagnostics,
): ReadonlyMap<Topic, TopicDeclaration> {
  const declared = new Map<Topic, TopicDeclaration>();
  const nodes = [schema.astNode, ...schema.extensionASTNodes].flatMap((node) => node?.directives ?? []);
  for (const node of nodes) {
    const values = node.name.value === 'topic' ? valuesOf(schema, node, diagnostics) : undefined;
    const name = values && topicNamed(String(values['name']), node, diagnostics);
    if (values === undefined || name === undefined) continue;
    if (declared.has(name))
      diagnostics.at(node, `The topic ${name} is declared twice.`, 'Write one @topic that has all of it.');
    else declared.set(name, declarationOf(values));
  }
  return declared;
}

function declarationOf({ partitioner, key }: Readonly<Record<string, unknown>>): TopicDeclaration {
  return {
    // graphql-js has coerced them to values of `enum Partitioner` and `enum KeyFormat`.
    ...(partitioner != null && { partitioner: partitioner as DeclaredPartitioner }),
    ...(key != null && { key: key as KeyFormat }),
  };
}

function valuesOf(
  schema: GraphQLSchema,
  node: ConstDirectiveNode,
  diagnostics: Diagnostics,
): Readonly<Record<string, unknown>> | undefined {
  const definition = schema.getDirective(node.name.value);
  if (!definition) return undefined;
  try {
    return getArgumentValues(definition, node);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    addGraphQLError(error, diagnostics);
    return undefined;
  }
}
