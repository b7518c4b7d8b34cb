import { own } from '../own.js';
import type { Headers } from '../record.js';
import { type DecodeFault, fault, type Unwrapped } from './envelope.js';
import { isObject, parseExact } from './json-object.js';

/** `c`reate, `u`pdate, `d`elete, `r`ead by a snapshot, `t`runcate, `m`essage. */
const OPERATIONS = new Set(['c', 'u', 'd', 'r', 't', 'm']);

/**
 * A change event: `before`, `after`, `op`, `source`, `ts_ms`. The tombstone that follows a delete has no value, and
 * repeats what the delete said.
 * @see https://debezium.io/documentation/reference/stable/connectors/postgresql.html, "Change event values"
 */
export function unwrapDebezium(value: unknown, bytes: Buffer | undefined): Unwrapped | DecodeFault {
  const operation = isObject(value) ? own(value, 'op') : undefined;
  if (!isObject(value) || typeof operation !== 'string' || !OPERATIONS.has(operation))
    return fault('envelope', 'the value has no "op", as every change event of Debezium has');
  const source = own(value, 'source');
  const table = isObject(source) ? (own(source, 'table') ?? own(source, 'collection')) : undefined;
  const timestamp = own(value, 'ts_ms');
  return {
    data: value,
    bytes,
    typeName: typeof table === 'string' ? table : undefined,
    timestamp: typeof timestamp === 'number' ? timestamp : undefined,
  };
}

/** The headers that Debezium's outbox event router writes. `eventType` has to be placed there by its configuration. */
export const OUTBOX_HEADERS = { id: 'id', type: 'eventType' } as const;

/**
 * A message of the outbox event router. Its payload is an object (`table.expand.json.payload`), or the text of one.
 * @see https://debezium.io/documentation/reference/stable/transformations/outbox-event-router.html
 */
export function unwrapOutbox(
  payload: unknown,
  bytes: Buffer | undefined,
  headers: Headers,
): Unwrapped | DecodeFault {
  const id = headerText(headers, OUTBOX_HEADERS.id);
  if (id === undefined)
    return fault('envelope', 'the record has no header "id", which the outbox event router writes');
  const data = typeof payload === 'string' ? textual(payload) : payload;
  if (!isObject(data)) return fault('data', 'the payload of the outbox is not a JSON object, nor its text');
  const typeName = headerText(headers, OUTBOX_HEADERS.type);
  return { data, id, typeName, bytes: data === payload ? bytes : undefined };
}

function textual(text: string): unknown {
  const parsed = parseExact(Buffer.from(text));
  return typeof parsed === 'string' ? undefined : parsed.json;
}

/** A header's text. Connect's JsonConverter for headers writes a string with its quotes. */
function headerText(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined || !/^".*"$/s.test(value)) return value || undefined;
  const unquoted = textual(value);
  return typeof unquoted === 'string' && unquoted !== '' ? unquoted : undefined;
}
