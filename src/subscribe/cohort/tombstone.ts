import type { SubscribeBinding } from '../../binding/bindings.js';
import { MillraceError } from '../../core/errors.js';
import type { Event } from '../../core/event.js';

/** What the field is for a tombstone, as execution sees it: an error is one at the field. */
export function tombstoneValue({ field, tombstone }: SubscribeBinding, { subject }: Event): unknown {
  const { declared, nullable } = tombstone;
  if (declared !== undefined && subject !== null) {
    return { __typename: declared.type, [declared.idField]: subject };
  }
  if (nullable) return null;
  // Without it a client would not learn that the key is gone: null where null cannot be says nothing of why.
  return new MillraceError('TOMBSTONE', `The key was deleted, and ${field} cannot be null to show it.`);
}
