import type { DataModel } from '../../core/data-model.js';
import { typeNamed } from '../../core/envelope/type-names.js';
import type { Topic } from '../../core/ids.js';
import type { Bindings, TopicBinding } from '../bindings.js';
import { type Diagnostic, Diagnostics, nameList } from '../diagnostic.js';
import { declaredTopics } from '../directives/topic-declarations.js';
import { eventTypeNamed } from '../event-types/event-type.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import { compareTypes } from './compare-types.js';

/** The registered schema of a topic's values. */
export interface RegisteredValues {
  readonly subject: string;
  readonly model: DataModel;
}

/** Where the GraphQL types of topics and the schemas that are registered for their values disagree. */
export function registeredMismatches(
  bindings: Bindings,
  resolvers: ResolverMap,
  registered: ReadonlyMap<Topic, RegisteredValues>,
): readonly Diagnostic[] {
  const { schema } = bindings;
  const diagnostics = new Diagnostics();
  const declared = declaredTopics(schema, new Diagnostics());
  for (const [topic, { subject, model }] of registered) {
    const binding = bindings.topics.get(topic);
    if (binding === undefined || binding.types.size === 0) continue;
    const compared = { schema, resolvers, model, subject: `the registered schema ${subject}`, diagnostics };
    for (const root of model.roots) {
      const name = typeOfRoot(root, model, binding);
      const type = name === undefined ? undefined : eventTypeNamed(name, schema);
      if (type !== undefined && binding.types.has(type.name)) compareTypes(type, root, compared);
      else if (isRecord(root, name, model, binding))
        diagnostics.at(
          declared.get(topic)?.node,
          `Records of ${topic} can be ${root}, which is the type ${name} by @topic(types:), and no field shows it.`,
          `Add it to a field that follows ${topic}. Types that are shown: ${nameList(binding.types)}.`,
        );
    }
  }
  return diagnostics.list();
}

/** The GraphQL type of records of a root. `undefined`: nothing tells. */
function typeOfRoot(root: string, { roots }: DataModel, { format, types }: TopicBinding): string | undefined {
  const { kind, typeNames, type } = format;
  if (typeNames?.source.kind === 'envelope' && (kind === 'JSON' || kind === 'CONNECT'))
    return typeNamed(root, typeNames);
  const [only, ...others] = types;
  const last = root.slice(root.lastIndexOf('.') + 1);
  if (types.has(last)) return last;
  // By default serialisers write the first message of a file.
  if (root !== roots[0] || [...roots].some((one) => types.has(one.slice(one.lastIndexOf('.') + 1))))
    return undefined;
  return type ?? (others.length === 0 ? only : undefined);
}

/** Whether records certainly have the root: other messages of a Protobuf file may be parts of the first. */
function isRecord(
  root: string,
  name: string | undefined,
  { roots }: DataModel,
  { format }: TopicBinding,
): name is string {
  return name !== undefined && (format.encoding === 'AVRO' || roots[0] === root);
}
