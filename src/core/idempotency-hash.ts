import { createHash } from 'node:crypto';

/** The header of an event's record. CloudEvents in binary mode: an extension. */
export const IDEMPOTENCY_HASH_HEADER = 'ce_idempotencykeyhash';

/** 128 bits: keys that are found together are the same key. */
const HASH_BYTES = 16;

/**
 * What an event says of the idempotency key it was published with, so that the log alone finds the event by the key. Not the
 * key itself: a client may have made it of something that only the gateway should see.
 */
export function idempotencyHash(key: string): string {
  return createHash('sha256').update(key).digest().subarray(0, HASH_BYTES).toString('base64url');
}
