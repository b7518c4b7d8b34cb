import {
  type ASTNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { topic as topicId } from '../../core/ids.js';
import { type Diagnostic, Diagnostics, locationOf } from '../diagnostic.js';
import { type AppliedDirective, appliedDirectives } from '../directives/applied-directives.js';
import { topicDeclarations } from '../directives/topic-declarations.js';
import { dataShape } from '../event-types/data-shape.js';
import { possibleTypes } from '../event-types/event-type.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import { topicChanges } from './topic-changes.js';

/**
 * Changes under which stored events can no longer be read as before: fields that they lack, topics and event
 * types that no field names any more.
 * @param typesWithSchema event types with a JSON Schema, which count even if no field names them
 */
export function eventChanges(
  before: GraphQLSchema,
  after: GraphQLSchema,
  resolvers: ResolverMap,
  typesWithSchema: readonly string[],
): readonly Diagnostic[] {
  const changes: Diagnostic[] = [];
  const comparison = { before, after, resolvers, compared: new Set<string>(), changes };
  const topicsAfter = storedTopics(after);
  const topicsBefore = storedTopics(before);
  for (const [topic, old] of topicsBefore) {
    const current = topicsAfter.get(topic);
    if (current === undefined) {
      const hint = 'Keep a field that publishes to it or follows it: it still has events.';
      changes.push(at(old.node, `No field names the topic ${topic} any more.`, hint));
      continue;
    }
    if (current.format !== old.format) {
      const problem = `The format of the topic ${topic} changed from ${old.format} to ${current.format}.`;
      changes.push(at(current.node, problem, `Its stored events have the format ${old.format}.`));
    }
    for (const [name, oldType] of old.types) {
      const type = after.getType(name);
      // A type that was removed altogether is one of the operation changes.
      if (!isObjectType(type)) continue;
      if (!current.types.has(name)) {
        const hint = `Its stored events include ${name}.`;
        changes.push(at(type.astNode, `${name} is no longer an event type of the topic ${topic}.`, hint));
      }
      compareTypes(oldType, type, comparison);
    }
  }
  for (const name of typesWithSchema) {
    const [oldType, type] = [before.getType(name), after.getType(name)];
    if (isObjectType(oldType) && isObjectType(type)) compareTypes(oldType, type, comparison);
  }
  const published = [...appliedDirectives(after, new Diagnostics()).publish.values()].flat();
  const names = new Set(published.map(({ values }) => String(values['topic'])));
  return [...changes, ...topicChanges(before, after, new Set(topicsBefore.keys()), names)];
}

interface Comparison {
  readonly before: GraphQLSchema;
  readonly after: GraphQLSchema;
  readonly resolvers: ResolverMap;
  /** The names of types that were compared: a type may contain itself. */
  readonly compared: Set<string>;
  readonly changes: Diagnostic[];
}

function compareTypes(before: GraphQLObjectType, after: GraphQLObjectType, comparison: Comparison): void {
  const { resolvers, compared, changes } = comparison;
  if (compared.has(after.name)) return;
  compared.add(after.name);
  const oldFields = before.getFields();
  for (const name of dataShape(after, resolvers).keys()) {
    const field = after.getFields()[name];
    if (field === undefined) continue;
    const coordinate = `${after.name}.${name}`;
    const old = oldFields[name];
    if (old === undefined) {
      if (!isNonNullType(field.type)) continue;
      const problem = `The new field ${coordinate}: ${field.type} is non-null.`;
      changes.push(at(field.astNode, problem, 'Make it nullable: stored events do not have it.'));
      continue;
    }
    if (isStricter(old.type, field.type)) {
      const problem = `${coordinate} changed from ${old.type} to ${field.type}.`;
      changes.push(at(field.astNode, problem, 'Keep the type: stored events may have null there.'));
    }
    const nested = possibleTypes(getNamedType(field.type), comparison.after);
    for (const oldType of possibleTypes(getNamedType(old.type), comparison.before)) {
      const type = nested.find((candidate) => candidate.name === oldType.name);
      if (type !== undefined) compareTypes(oldType, type, comparison);
    }
  }
}

/** Whether null is rejected anywhere where it was allowed. Other changes of a type are operation changes. */
function isStricter(before: GraphQLOutputType, after: GraphQLOutputType): boolean {
  if (isNonNullType(before)) return isNonNullType(after) && isStricter(before.ofType, after.ofType);
  if (isNonNullType(after)) return true;
  return isListType(before) && isListType(after) && isStricter(before.ofType, after.ofType);
}

/** A topic that the directives of a schema name. */
interface StoredTopic {
  readonly format: string;
  readonly types: Map<string, GraphQLObjectType>;
  /** Where it is first named. */
  readonly node: ASTNode;
}

function storedTopics(schema: GraphQLSchema): ReadonlyMap<string, StoredTopic> {
  const topics = new Map<string, StoredTopic>();
  // `bindSchema` reports the diagnostics of the current schema; those of the old one no longer matter.
  const { publish, subscribe } = appliedDirectives(schema, new Diagnostics());
  const declared = topicDeclarations(schema, new Diagnostics());
  const add = (directive: AppliedDirective, types: readonly GraphQLObjectType[]): void => {
    const name = String(directive.values['topic']);
    const format = declared.get(topicId(name))?.envelope ?? String(directive.values['format']);
    const node = directive.stringNode('topic') ?? directive.node;
    const topic = topics.get(name) ?? { format, types: new Map(), node };
    topics.set(name, topic);
    for (const type of types) topic.types.set(type.name, type);
  };
  for (const directive of [...publish.values()].flat()) {
    const type = schema.getType(String(directive.values['type']));
    add(directive, isObjectType(type) ? [type] : []);
  }
  for (const directive of subscribe.values())
    add(directive, possibleTypes(getNamedType(directive.field.type), schema));
  return topics;
}

function at(node: ASTNode | null | undefined, problem: string, hint: string): Diagnostic {
  return { ...(locationOf(node) ?? { file: 'schema', line: 1, column: 1 }), problem, hint };
}
