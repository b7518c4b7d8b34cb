import type { ASTNode, GraphQLObjectType } from 'graphql';
import type { Envelope } from '../../core/envelope/envelope.js';
import { readOnlyReason } from '../../core/envelope/read-only.js';
import type { Topic } from '../../core/ids.js';
import { DEFAULT_FORMAT, type TopicFormat } from '../../core/topic-format.js';
import type { SubscribeBinding, TopicBinding } from '../bindings.js';
import { type MetadataReads, NO_METADATA, unionOfMetadata } from '../cel/record-reads.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import type { AppliedDirective } from './applied-directives.js';
import type { TopicDeclaration } from './topic-declarations.js';
import { topicNamed } from './topic-name.js';

/** A directive that publishes to a topic, follows it, or waits for an outcome on it. */
export interface TopicUse {
  readonly directive: AppliedDirective;
  readonly kind: 'publish' | 'subscribe' | 'outcome';
  readonly topic: Topic;
  readonly types: readonly GraphQLObjectType[];
}

/** The topic that a directive names. `undefined`: the name is invalid, and a diagnostic was added. */
export function topicOf(directive: AppliedDirective, diagnostics: Diagnostics): Topic | undefined {
  const node = directive.stringNode('topic') ?? directive.node;
  return topicNamed(String(directive.values['topic']), node, diagnostics);
}

/** Merges what fields and declarations say about each topic. Adds a diagnostic where fields disagree. */
export function topicsOf(
  uses: readonly TopicUse[],
  subscribes: Iterable<SubscribeBinding>,
  declared: ReadonlyMap<Topic, TopicDeclaration>,
  diagnostics: Diagnostics,
): ReadonlyMap<Topic, TopicBinding> {
  const indexed = new Map<Topic, Set<string>>();
  const metadata = new Map<Topic, MetadataReads>();
  for (const { topic: name, equalities, metadata: reads } of subscribes) {
    const fields = indexed.get(name) ?? new Set();
    // What is looked up of a record, its event has.
    for (const { field } of equalities) if (typeof field === 'string') indexed.set(name, fields.add(field));
    metadata.set(name, unionOfMetadata([metadata.get(name) ?? NO_METADATA, reads]));
  }
  const topics = new Map<Topic, TopicBinding>();
  for (const name of new Set([...uses.map((use) => use.topic), ...declared.keys()])) {
    const usesOfTopic = uses.filter((use) => use.topic === name);
    const format = formatOf(usesOfTopic, declared.get(name) ?? {}, diagnostics);
    checkPublishedTypes(name, usesOfTopic, diagnostics);
    const types = new Set(usesOfTopic.flatMap((use) => use.types.map((type) => type.name)));
    const fields = indexed.get(name);
    const carried = carriedOf(metadata.get(name) ?? NO_METADATA);
    const read = { ...(fields && { indexed: [...fields] }), ...(carried && { carried }) };
    topics.set(name, { topic: name, format: { ...format, ...read }, types });
  }
  return topics;
}

/** `undefined`: no field reads any of it, and events carry nothing. */
function carriedOf({ headers, attributes }: MetadataReads): TopicFormat['carried'] {
  if (headers.size + attributes.size === 0) return undefined;
  return { headers: [...headers].sort(), attributes: [...attributes].sort() };
}

/** The format of a topic: what `@topic` says of it, and the `format` of its first use, with which all others must agree. */
function formatOf(
  uses: readonly TopicUse[],
  { envelope, ...declared }: TopicDeclaration,
  diagnostics: Diagnostics,
): TopicFormat {
  const first = uses.find(ownFormat) ?? uses[0];
  const { kind } = first ? { kind: kindOf(first) } : DEFAULT_FORMAT;
  for (const use of uses) if (ownFormat(use)) checkFormat(use, envelope, first ?? use, diagnostics);
  const format = { ...declared, kind: envelope ?? kind };
  checkNothingPublishes(format, uses, diagnostics);
  if (format.kind === 'CLOUDEVENTS' || format.typeNames !== undefined) return format;
  checkOneType(format.kind, uses, diagnostics);
  const type = first?.types[0]?.name;
  return type === undefined ? format : { ...format, type };
}

// graphql-js has coerced it to a value of `enum TopicFormat`, whose names are names of `enum Envelope` too.
const kindOf = ({ directive }: TopicUse): Envelope => directive.values['format'] as Envelope;

const nodeOf = ({ directive }: TopicUse): ASTNode => directive.stringNode('topic') ?? directive.node;

const isGiven = ({ directive }: TopicUse, argument: string): boolean =>
  directive.node.arguments?.some(({ name }) => name.value === argument) === true;

/** An outcome on another topic has no `format` of its own: its publisher has. */
const ownFormat = ({ kind, topic, directive }: TopicUse): boolean =>
  kind !== 'outcome' || topic === directive.values['topic'];

function checkFormat(
  use: TopicUse,
  envelope: Envelope | undefined,
  first: TopicUse,
  diagnostics: Diagnostics,
): void {
  const format = kindOf(use);
  if (envelope === undefined) {
    if (format === kindOf(first)) return;
    const problem = `The topic ${use.topic} has format ${format} here, but ${kindOf(first)} on ${first.directive.field.name}.`;
    diagnostics.at(nodeOf(use), problem, 'Use one format for all fields of a topic.');
  } else if (format !== envelope && isGiven(use, 'format')) {
    const problem = `The topic ${use.topic} has format ${format} here, but its @topic has the envelope ${envelope}.`;
    diagnostics.at(nodeOf(use), problem, 'Leave the format out here.');
  }
}

function checkOneType(kind: Envelope, uses: readonly TopicUse[], diagnostics: Diagnostics): void {
  const first = uses.find(ownFormat);
  const only = first?.types[0]?.name;
  const hint = 'Use one object type, or say with @topic(types:) where its records name their type.';
  for (const use of uses.filter(ownFormat)) {
    const type = use.types[0]?.name;
    if (use.types.length > 1) {
      const types = nameList(use.types.map(({ name }) => name));
      diagnostics.at(nodeOf(use), `The ${kind} topic ${use.topic} has several event types: ${types}.`, hint);
    } else if (type !== only) {
      const problem = `The ${kind} topic ${use.topic} has event type ${type} here, but ${only} on ${first?.directive.field.name}.`;
      diagnostics.at(nodeOf(use), problem, hint);
    }
  }
}

function checkNothingPublishes(
  format: TopicFormat,
  uses: readonly TopicUse[],
  diagnostics: Diagnostics,
): void {
  for (const use of uses) {
    const refused = use.kind === 'publish' ? readOnlyReason(use.topic, format) : undefined;
    if (refused !== undefined) diagnostics.at(nodeOf(use), refused.problem, refused.hint);
  }
}

/** If any field follows the topic, a published type that none of them shows is most likely a typo. */
function checkPublishedTypes(name: Topic, uses: readonly TopicUse[], diagnostics: Diagnostics): void {
  const subscribes = uses.filter((use) => use.kind === 'subscribe');
  if (subscribes.length === 0) return;
  const shown = new Set(subscribes.flatMap((use) => use.types.map((type) => type.name)));
  for (const use of uses) {
    const type = use.types[0]?.name;
    if (use.kind !== 'publish' || type === undefined || shown.has(type)) continue;
    diagnostics.at(
      use.directive.stringNode('type') ?? use.directive.node,
      `No field that follows ${name} shows events of type ${type}.`,
      `Types that they show: ${nameList(shown)}.`,
    );
  }
}
