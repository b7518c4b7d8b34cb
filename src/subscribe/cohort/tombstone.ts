import type { SubscribeBinding } from '../../binding/bindings.js';
import { MillraceError } from '../../core/errors.js';
import type { Event } from '../../core/event.js';

/** The field's value for a tombstone, as execution takes it. An error is reported at the field. */
export function tombstoneValue({ field, tombstone }: SubscribeBinding, { subject }: Event): unknown {
  const { declared, nullable } = tombstone;
  if (declared !== undefined && subject !== null) {
    return { __typename: declared.type, [declared.idField]: subject };
  }
  if (nullable) return null;
  // A null here would only fail with "cannot return null", and the client would not learn that the key is gone.
  return new MillraceError('TOMBSTONE', `The key was deleted, and ${field} is not nullable to show that.`);
}
