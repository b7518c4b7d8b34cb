import { coerceInputValue } from 'graphql';
import type { Bindings } from '../../binding/bindings.js';
import { canonicalJson } from '../../core/canonical-json.js';
import type { CursorCodec, StreamPosition } from '../../core/cursor.js';
import { type Identity, subjectOf } from '../../core/identity.js';
import type { Topic } from '../../core/ids.js';

/** A subscription that nobody has started yet: what it would follow, and cursors to start it with. */
export interface FollowUp {
  readonly topic: Topic;
  readonly key: string | undefined;
  cursor(place: StreamPosition): string;
}

/** @throws when the field is not one to subscribe to, or takes no such arguments */
export function followUpOf(
  bindings: Bindings,
  codec: CursorCodec,
  field: string,
  given: Readonly<Record<string, unknown>>,
  identity: Identity,
): FollowUp {
  const binding = bindings.subscribes.get(field);
  const definition = bindings.schema.getSubscriptionType()?.getFields()[field];
  if (binding === undefined || definition === undefined) throw new Error(`${field} cannot be subscribed to`);
  const args: Record<string, unknown> = {};
  for (const { name, type, defaultValue } of definition.args) {
    if (name === 'after' || name === 'since' || name === 'snapshot') continue;
    if (Object.hasOwn(given, name)) args[name] = coerceInputValue(given[name], type);
    else if (defaultValue !== undefined) args[name] = defaultValue;
  }
  const { topic } = binding;
  const tag = codec.tag({ topic, field, args: canonicalJson(args), subject: subjectOf(identity) });
  return {
    topic,
    key: binding.key?.({ args, claims: identity.claims }),
    cursor: (place) => `${codec.position(topic, place)}${tag}`,
  };
}
