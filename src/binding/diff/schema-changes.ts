import {
  type ASTNode,
  findBreakingChanges,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getLocation,
  getNamedType,
  isAbstractType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { type Diagnostic, Diagnostics } from '../diagnostic.js';
import { appliedDirectives } from '../directives/applied-directives.js';
import { dataShape } from '../event-types/event-data.js';
import type { ResolverMap } from '../runtime/resolvers.js';

/** What operations that were valid before are not any more, or get as an answer that they could not get. */
export function operationChanges(before: GraphQLSchema, after: GraphQLSchema): readonly Diagnostic[] {
  return findBreakingChanges(before, after).map(({ description }) => {
    const node = nodeOf(after, description) ?? nodeOf(before, description);
    return at(node, description.replace(/\.$/, ''), 'what operations of before rely on');
  });
}

/**
 * What events that are in the log do not have, and topics or types of events that nobody knows any more.
 * @param ruled event types with rules of their own, whether or not a field names them
 */
export function eventChanges(
  before: GraphQLSchema,
  after: GraphQLSchema,
  resolvers: ResolverMap,
  ruled: readonly string[],
): readonly Diagnostic[] {
  const was = topicsOf(before);
  const is = topicsOf(after);
  const found: Diagnostic[] = [];
  const comparison = { before, after, resolvers, seen: new Set<string>(), found };
  for (const [topic, { format, types, node }] of was) {
    const now = is.get(topic);
    if (now === undefined) {
      found.push(at(node, `no field for the topic ${topic}`, 'a field that publishes to it or follows it'));
      continue;
    }
    if (now.format !== format)
      found.push(at(now.node, `format ${now.format} for ${topic}`, `${format}: its events are stored so`));
    for (const [name, type] of types) {
      const then = after.getType(name);
      // That a type is gone altogether is told once, with all that it meant to operations.
      if (!isObjectType(then)) continue;
      if (!now.types.has(name))
        found.push(at(then.astNode, `${name} no longer on ${topic}`, `${name}: ${topic} has such events`));
      compare(type, then, comparison);
    }
  }
  for (const [type, then] of ruled.map((name) => [before.getType(name), after.getType(name)] as const))
    if (isObjectType(type) && isObjectType(then)) compare(type, then, comparison);
  return found;
}

interface Comparison {
  readonly before: GraphQLSchema;
  readonly after: GraphQLSchema;
  readonly resolvers: ResolverMap;
  /** The types that were compared, for types that are part of themselves. */
  readonly seen: Set<string>;
  readonly found: Diagnostic[];
}

function compare(before: GraphQLObjectType, after: GraphQLObjectType, comparison: Comparison): void {
  const { resolvers, seen, found } = comparison;
  if (seen.has(after.name)) return;
  seen.add(after.name);
  const stored = before.getFields();
  for (const name of dataShape(after, resolvers).keys()) {
    const field = after.getFields()[name];
    if (field === undefined) continue;
    const old = stored[name];
    const place = `${after.name}.${name}`;
    if (old === undefined) {
      if (isNonNullType(field.type))
        found.push(
          at(
            field.astNode,
            `the new field ${place}: ${field.type}`,
            'null to be allowed: stored events have no such field',
          ),
        );
      continue;
    }
    if (isStricter(old.type, field.type))
      found.push(
        at(
          field.astNode,
          `${place}: ${field.type}, which was ${old.type}`,
          `${old.type}: stored events may have null there`,
        ),
      );
    const to = objectsOf(comparison.after, field.type);
    for (const from of objectsOf(comparison.before, old.type)) {
      const same = to.find(({ name }) => name === from.name);
      if (same !== undefined) compare(from, same, comparison);
    }
  }
}

/** Whether null was allowed somewhere where it is not any more. Other changes are told as those of operations. */
function isStricter(before: GraphQLOutputType, after: GraphQLOutputType): boolean {
  if (isNonNullType(before)) return isNonNullType(after) && isStricter(before.ofType, after.ofType);
  if (isNonNullType(after)) return true;
  return isListType(before) && isListType(after) && isStricter(before.ofType, after.ofType);
}

/** What may be stored in a field of this type, of a union or an interface any of its members. */
function objectsOf(schema: GraphQLSchema, type: GraphQLOutputType): readonly GraphQLObjectType[] {
  const named = getNamedType(type);
  if (isAbstractType(named)) return schema.getPossibleTypes(named);
  return isObjectType(named) ? [named] : [];
}

interface StoredTopic {
  readonly format: string;
  readonly types: Map<string, GraphQLObjectType>;
  readonly node: ASTNode;
}

/** The topics that the directives name, and the types of the events on them. */
function topicsOf(schema: GraphQLSchema): ReadonlyMap<string, StoredTopic> {
  const topics = new Map<string, StoredTopic>();
  // Diagnostics are told when the schema is bound.
  const uses = appliedDirectives(schema, new Diagnostics());
  for (const use of [...[...uses.publish.values()].flat(), ...uses.subscribe.values()]) {
    const name = String(use.values['topic']);
    const format = String(use.values['format']);
    const topic = topics.get(name) ?? { format, types: new Map(), node: use.text('topic') ?? use.node };
    topics.set(name, topic);
    const published = schema.getType(String(use.values['type']));
    const isPublish = use.node.name.value === 'publish';
    const all = isPublish ? [published] : objectsOf(schema, use.field.type);
    for (const type of all) if (isObjectType(type)) topic.types.set(type.name, type);
  }
  return topics;
}

/** What a description of graphql-js is about: the field it names, or else the type that it names. */
function nodeOf(schema: GraphQLSchema, description: string): ASTNode | undefined {
  const [, owner = '', member = ''] = /\b(\w+)\.(\w+)\b/.exec(description) ?? [];
  const [, named = ''] =
    /\b(?:union|enum|input) type (\w+)/.exec(description) ?? /^(\w+)/.exec(description) ?? [];
  const type = schema.getType(owner || named);
  const fields = type && 'getFields' in type ? type.getFields() : {};
  const field = Object.hasOwn(fields, member) ? fields[member] : undefined;
  return field?.astNode ?? type?.astNode ?? undefined;
}

function at(node: ASTNode | null | undefined, found: string, expected: string): Diagnostic {
  const loc = node?.loc;
  if (!loc) return { file: 'schema', line: 1, column: 1, found, expected };
  return { file: loc.source.name, ...getLocation(loc.source, loc.start), found, expected };
}
