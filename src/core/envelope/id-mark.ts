import { own } from '../own.js';
import type { Headers } from '../record.js';
import { isObject, parseExact } from './json-object.js';
import { isReadAsStructured } from './structured.js';

/** What a record says of its id: the id, and whether it follows from an idempotency key (`Event.idempotent`). */
interface IdMark {
  readonly id: unknown;
  /** `undefined`: the record has no mark. */
  readonly mark: unknown;
}

/** In binary mode the headers say it, in structured mode the value, whatever headers are beside it. */
export function idMarkOf({
  headers,
  value,
}: {
  readonly headers: Headers;
  readonly value: Buffer | null;
}): IdMark {
  if (!isReadAsStructured(headers)) return { id: headers['ce_id'], mark: headers['ce_idempotent'] };
  const parsed = value === null ? 'no value' : parseExact(value);
  // What cannot be read never becomes an event, and marks nothing.
  if (typeof parsed === 'string' || !isObject(parsed.json)) return { id: undefined, mark: undefined };
  return { id: own(parsed.json, 'id'), mark: own(parsed.json, 'idempotent') };
}
