import { coerceInputValue } from 'graphql';
import type { Bindings } from '../../binding/bindings.js';
import { canonicalJson } from '../../core/canonical-json.js';
import type { CursorCodec } from '../../core/cursor.js';
import { type Identity, subjectOf } from '../../core/identity.js';
import type { FollowUp } from '../../publish/outcomes.js';

/**
 * The subscription with which a client follows a mutation whose outcome is pending (`outcome.follow`): what it
 * would follow, and cursors to start it with.
 * @param field of Subscription
 * @param given its arguments, before coercion
 * @throws when the field has no `@subscribe`, or when an argument has the wrong type
 */
export function followUpOf(
  bindings: Bindings,
  codec: CursorCodec,
  field: string,
  given: Readonly<Record<string, unknown>>,
  identity: Identity,
): FollowUp {
  const binding = bindings.subscribes.get(field);
  const definition = bindings.schema.getSubscriptionType()?.getFields()[field];
  if (binding === undefined || definition === undefined) {
    throw new Error(`${field} cannot be followed: it is not a field of Subscription with @subscribe.`);
  }
  const args: Record<string, unknown> = {};
  for (const { name, type, defaultValue } of definition.args) {
    // As in a plan: what says where to start is not part of a cursor's scope.
    if (name === 'after' || name === 'since' || name === 'snapshot') continue;
    if (Object.hasOwn(given, name)) args[name] = coerceInputValue(given[name], type);
    else if (defaultValue !== undefined) args[name] = defaultValue;
  }
  const { topic } = binding;
  const tag = codec.tag({ topic, field, args: canonicalJson(args), subject: subjectOf(identity) });
  return {
    topic,
    key: binding.key?.({ args, claims: identity.claims }),
    cursor: (position) => codec.position(topic, position) + tag,
  };
}
