import type { GraphQLObjectType } from 'graphql';
import { type Topic, topic } from '../../core/ids.js';
import type { TopicFormat } from '../../core/topic-format.js';
import type { SubscribeBinding, TopicBinding } from '../bindings.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import type { AppliedDirective } from './applied-directives.js';

/** A field that publishes to a topic or follows it. */
export interface TopicUse {
  readonly directive: AppliedDirective;
  readonly kind: 'publish' | 'subscribe' | 'outcome';
  readonly topic: Topic;
  readonly types: readonly GraphQLObjectType[];
}

const TOPIC_NAME = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;

/** The topic that a directive names, as Kafka allows it (org.apache.kafka.common.internals.Topic). */
export function topicOf(use: AppliedDirective, diagnostics: Diagnostics): Topic | undefined {
  const name = String(use.values['topic']);
  if (TOPIC_NAME.test(name)) return topic(name);
  diagnostics.at(
    use.text('topic') ?? use.node,
    `the topic name ${JSON.stringify(name)}`,
    "1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-', and not '.' or '..'",
  );
  return undefined;
}

/** What the schema says of each topic. The fields of one topic must agree. */
export function topicsOf(
  uses: readonly TopicUse[],
  followers: Iterable<SubscribeBinding>,
  diagnostics: Diagnostics,
): ReadonlyMap<Topic, TopicBinding> {
  const indexed = new Map<Topic, Set<string>>();
  for (const { topic: name, equalities } of followers) {
    const fields = indexed.get(name) ?? new Set();
    for (const { field } of equalities) indexed.set(name, fields.add(field));
  }
  const topics = new Map<Topic, TopicBinding>();
  for (const name of new Set(uses.map((use) => use.topic))) {
    const group = uses.filter((use) => use.topic === name);
    const format = formatOf(group, diagnostics);
    if (!format) continue;
    checkShown(name, group, diagnostics);
    const types = new Set(group.flatMap((use) => use.types.map((type) => type.name)));
    const fields = indexed.get(name);
    const found = fields === undefined ? format : { ...format, indexed: [...fields] };
    topics.set(name, { topic: name, format: found, types });
  }
  return topics;
}

function formatOf(group: readonly TopicUse[], diagnostics: Diagnostics): TopicFormat | undefined {
  const [first] = group;
  if (!first) return undefined;
  const kind = first.directive.values['format'];
  const jsonType = first.types[0]?.name ?? '';
  for (const use of group) {
    const node = use.directive.text('topic') ?? use.directive.node;
    const other = use.directive.values['format'];
    // Whoever publishes outcomes says their format; without such a field they are CloudEvents.
    if (use.kind === 'outcome' && use.topic !== use.directive.values['topic']) continue;
    if (other !== kind) {
      diagnostics.at(
        node,
        `format ${String(other)} for ${use.topic}`,
        `format ${String(kind)}, as ${first.directive.field.name} says`,
      );
    } else if (kind === 'JSON' && use.types.length > 1) {
      diagnostics.at(
        node,
        `${nameList(use.types.map((type) => type.name))} for the JSON topic ${use.topic}`,
        'one object type: records without CloudEvents headers do not say their type',
      );
    } else if (kind === 'JSON' && use.types[0]?.name !== jsonType) {
      diagnostics.at(
        node,
        `${use.types[0]?.name} for the JSON topic ${use.topic}`,
        `${jsonType}, as ${first.directive.field.name} says`,
      );
    }
  }
  return kind === 'JSON' ? { kind, type: jsonType } : { kind: 'CLOUDEVENTS' };
}

/** Where somebody follows a topic, a type that no follower shows is a slip of the pen. */
function checkShown(name: Topic, group: readonly TopicUse[], diagnostics: Diagnostics): void {
  const followers = group.filter((use) => use.kind === 'subscribe');
  if (followers.length === 0) return;
  const shown = new Set(followers.flatMap((use) => use.types.map((type) => type.name)));
  for (const use of group) {
    const type = use.types[0]?.name;
    if (use.kind !== 'publish' || type === undefined || shown.has(type)) continue;
    diagnostics.at(
      use.directive.text('type') ?? use.directive.node,
      `type ${type}`,
      `a type that fields show: fields that follow ${name} show ${nameList(shown)}`,
    );
  }
}
