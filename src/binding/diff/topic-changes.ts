import { isDeepStrictEqual } from 'node:util';
import type { ConstDirectiveNode, GraphQLSchema } from 'graphql';
import { BY_NAME, typeNamed } from '../../core/envelope/type-names.js';
import type { Topic } from '../../core/ids.js';
import { DEFAULT_PARTITIONER, type DeclaredPartitioner } from '../../core/partitioner.js';
import { type Diagnostic, Diagnostics, locationOf } from '../diagnostic.js';
import { type DeclaredTopic, declaredTopics } from '../directives/topic-declarations.js';

/** A topic in the two versions of a schema. `undefined`: no `@topic` declares it. */
interface ComparedTopic {
  readonly name: Topic;
  readonly before: DeclaredTopic | undefined;
  readonly after: DeclaredTopic | undefined;
  /** Whether mutations publish to it. */
  readonly isPublished: boolean;
}

/**
 * Changes of `@topic` under which stored events are no longer found, or read, as before. A changed name is a declaration
 * that one topic loses and another one gets.
 * @param known the topics that fields of `before` name; another topic is new, and has nothing stored
 * @param published the topics that mutations publish to now
 */
export function topicChanges(
  before: GraphQLSchema,
  after: GraphQLSchema,
  known: ReadonlySet<string>,
  published: ReadonlySet<string>,
): readonly Diagnostic[] {
  // `bindSchema` reports the diagnostics of the current schema; those of the old one no longer matter.
  const [old, current] = [before, after].map((schema) => declaredTopics(schema, new Diagnostics()));
  return [...new Set([...(old?.keys() ?? []), ...(current?.keys() ?? [])])]
    .filter((name) => known.has(name) || old?.has(name))
    .map((name) => ({
      name,
      before: old?.get(name),
      after: current?.get(name),
      isPublished: published.has(name),
    }))
    .flatMap((topic) => [
      ...partitionerChange(topic),
      ...keyChange(topic),
      ...typesChange(topic),
      ...expressionsChange(topic),
    ]);
}

function partitionerChange(topic: ComparedTopic): readonly Diagnostic[] {
  const { name, before, after, isPublished } = topic;
  const [from, to] = [before, after].map((one) => one?.declaration.partitioner);
  const [lay, lie] = [from ?? DEFAULT_PARTITIONER, to ?? DEFAULT_PARTITIONER];
  const problem = `The partitioner of the topic ${name} changed from ${from ?? 'none'} to ${to ?? 'none'}.`;
  // Fields with a key follow all partitions from now on, so they find whatever is stored.
  const isFound = lie === 'NONE' || lay === lie;
  // What was only assumed is corrected by the declaration, and nobody relied on it.
  if (!isFound && from !== undefined) {
    const where = lay === 'NONE' ? 'may lie in any partition' : `lie where ${lay} puts their keys`;
    const hint = `Its stored events ${where}: fields with a key no longer find all of them, and services begin the state of such keys again.`;
    return [diagnostic(topic, problem, hint)];
  }
  if (isPublished && own(lay) !== own(lie)) {
    const hint = `Mutations have put the keys of its stored events where ${own(lay)} puts them: later events of a key would not follow in order, nor retries be recognised.`;
    return [diagnostic(topic, problem, hint)];
  }
  return [];
}

/** The partitioner of what we publish ourselves. */
const own = (declared: DeclaredPartitioner): DeclaredPartitioner =>
  declared === 'NONE' ? DEFAULT_PARTITIONER : declared;

function keyChange(topic: ComparedTopic): readonly Diagnostic[] {
  const [from, to] = [topic.before, topic.after].map((one) => one?.declaration.key);
  // Keys that are read as STRING read the same without a declaration.
  if (from === to || (from === 'STRING' && to === undefined)) return [];
  const problem = `The key of the topic ${topic.name} changed from ${from ?? 'no format'} to ${to ?? 'no format'}.`;
  const hint =
    from === undefined && to === 'STRING'
      ? 'Stored events with keys that are not UTF-8 become dead letters.'
      : 'Clients, services and views know the keys of its stored events in the former format.';
  return [diagnostic(topic, problem, hint)];
}

function typesChange(topic: ComparedTopic): readonly Diagnostic[] {
  const [from = BY_NAME, to = BY_NAME] = [topic.before, topic.after].map((one) => one?.declaration.typeNames);
  const isRead = ([name, type]: readonly [string, string]): boolean => typeNamed(name, to) === type;
  const isAsBefore =
    isDeepStrictEqual(from.source, to.source) && from.rule === to.rule && [...from.table].every(isRead);
  if (isAsBefore) return [];
  const problem = `The types of the topic ${topic.name} are read in another way.`;
  return [
    diagnostic(
      topic,
      problem,
      'Its stored events name their types as they did: they would be of other types, or of none.',
    ),
  ];
}

function expressionsChange(topic: ComparedTopic): readonly Diagnostic[] {
  const [from = {}, to = {}] = [topic.before, topic.after].map((one) => one?.declaration.mapping?.sources);
  const changed = [...new Set([...Object.keys(from), ...Object.keys(to)])].filter(
    (member) => from[member] !== to[member],
  );
  if (changed.length === 0) return [];
  const problem = `The records of the topic ${topic.name} are read by other expressions: ${changed.sort().join(', ')}.`;
  const hint = 'Its stored events have other parts from now on, or become dead letters.';
  return [diagnostic(topic, problem, hint)];
}

/** At the declaration, or where it was. */
function diagnostic({ before, after }: ComparedTopic, problem: string, hint: string): Diagnostic {
  const node: ConstDirectiveNode | undefined = (after ?? before)?.node;
  return { ...(locationOf(node) ?? { file: 'schema', line: 1, column: 1 }), problem, hint };
}
