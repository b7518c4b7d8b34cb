import type { GraphQLObjectType } from 'graphql';
import type { Topic } from '../../core/ids.js';
import { DEFAULT_FORMAT, type TopicFormat } from '../../core/topic-format.js';
import type { SubscribeBinding, TopicBinding } from '../bindings.js';
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
  for (const { topic: name, equalities } of subscribes) {
    const fields = indexed.get(name) ?? new Set();
    for (const { field } of equalities) indexed.set(name, fields.add(field));
  }
  const topics = new Map<Topic, TopicBinding>();
  for (const name of new Set([...uses.map((use) => use.topic), ...declared.keys()])) {
    const usesOfTopic = uses.filter((use) => use.topic === name);
    const format = { ...formatOf(usesOfTopic, diagnostics), ...declared.get(name) };
    checkPublishedTypes(name, usesOfTopic, diagnostics);
    const types = new Set(usesOfTopic.flatMap((use) => use.types.map((type) => type.name)));
    const fields = indexed.get(name);
    const indexedFormat = fields === undefined ? format : { ...format, indexed: [...fields] };
    topics.set(name, { topic: name, format: indexedFormat, types });
  }
  return topics;
}

/** The format of a topic is that of its first use, with which all others must agree. */
function formatOf(uses: readonly TopicUse[], diagnostics: Diagnostics): TopicFormat {
  const [first] = uses;
  if (!first) return DEFAULT_FORMAT;
  const format = first.directive.values['format'];
  const jsonType = first.types[0]?.name ?? '';
  const firstField = first.directive.field.name;
  for (const use of uses) {
    const node = use.directive.stringNode('topic') ?? use.directive.node;
    const useFormat = use.directive.values['format'];
    const type = use.types[0]?.name;
    // An outcome on another topic has no `format` of its own: its publisher has.
    if (use.kind === 'outcome' && use.topic !== use.directive.values['topic']) continue;
    if (useFormat !== format) {
      const problem = `The topic ${use.topic} has format ${useFormat} here, but ${format} on ${firstField}.`;
      diagnostics.at(node, problem, 'Use one format for all fields of a topic.');
    } else if (format === 'JSON' && use.types.length > 1) {
      const types = nameList(use.types.map(({ name }) => name));
      const hint = 'Use one object type: plain JSON records do not carry their type.';
      diagnostics.at(node, `The JSON topic ${use.topic} has several event types: ${types}.`, hint);
    } else if (format === 'JSON' && type !== jsonType) {
      const problem = `The JSON topic ${use.topic} has event type ${type} here, but ${jsonType} on ${firstField}.`;
      diagnostics.at(node, problem, 'Use one object type for all fields of a JSON topic.');
    }
  }
  return format === 'JSON' ? { kind: format, type: jsonType } : { kind: 'CLOUDEVENTS' };
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
