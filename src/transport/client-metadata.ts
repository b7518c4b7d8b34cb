import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { textProblem } from '../core/bounded-text.js';
import { MillraceError } from '../core/errors.js';
import { traceparentOf, tracestateOf } from '../core/trace.js';
import type { ClientMetadata } from '../operation/request.js';
import { kindOf } from './operation-request.js';

/**
 * The one reader of what a client says about its requests besides the operation, for every transport. The rules are
 * the same wherever it stands (docs/protocol.md, "Metadata of requests"):
 *
 * | the value                             | answer                                                     |
 * |---------------------------------------|------------------------------------------------------------|
 * | left out, `null`, empty or blank      | as if left out: the next place counts                      |
 * | repeated, equal                       | once                                                       |
 * | repeated, different                   | BAD_REQUEST                                                |
 * | of another type than text             | BAD_REQUEST                                                |
 * | above 256 characters, or unprintable  | BAD_REQUEST                                                |
 * | a header that is not in UTF-8         | BAD_REQUEST                                                |
 * | a name in another case                | the same name                                              |
 * | a trace context that is not valid     | left out, as W3C Trace Context demands: a new trace begins |
 */

type JsonObject = Readonly<Record<string, unknown>>;

/** A datum as a header, and in JSON (`extensions`, `connection_init`), where both names count. */
interface Names {
  readonly header: string;
  readonly json: string;
}

const CORRELATION_ID: Names = { header: 'x-correlation-id', json: 'correlationId' };
const IDEMPOTENCY_KEY: Names = { header: 'idempotency-key', json: 'idempotencyKey' };
const POSITION: Names = { header: 'last-event-id', json: 'after' };

/**
 * Of an HTTP request. A header takes precedence over the operation's `extensions`.
 * @throws {MillraceError} BAD_REQUEST
 */
export function httpMetadata(request: IncomingMessage, extensions: JsonObject | undefined): ClientMetadata {
  const trace = traceOfHeaders(request) ?? traceOfJson(extensions);
  return {
    traceparent: trace?.traceparent,
    tracestate: trace?.tracestate,
    correlationId: ofHeader(request, CORRELATION_ID) ?? ofJson(extensions, CORRELATION_ID),
    idempotencyKey: ofHeader(request, IDEMPOTENCY_KEY) ?? ofJson(extensions, IDEMPOTENCY_KEY),
    after: lastEventId(request) ?? positionOf(extensions),
    startCursor: startCursorOf(extensions),
    eventContext: eventContextOf(extensions),
  };
}

/**
 * Where an event stream resumes. The length is bounded as that of every header, and the text is signed.
 * @throws {MillraceError} BAD_REQUEST
 */
export function lastEventId(request: IncomingMessage): string | undefined {
  if (request.headers[POSITION.header] === undefined) return undefined;
  return oneOf(POSITION.header, headerValues(request, POSITION.header));
}

/**
 * Of the payload of a WebSocket's `connection_init`, for all operations of the connection.
 * @throws {MillraceError} BAD_REQUEST
 */
export function connectionMetadata(params: JsonObject): ClientMetadata {
  if (ofJson(params, IDEMPOTENCY_KEY) !== undefined)
    throw bad('An idempotency key belongs to one operation: send it in its `extensions`.');
  return {
    ...traceOfJson(params),
    correlationId: ofJson(params, CORRELATION_ID),
    startCursor: startCursorOf(params),
    eventContext: eventContextOf(params),
  };
}

/**
 * Of an operation on a WebSocket. Its `extensions` take precedence over the connection.
 * @throws {MillraceError} BAD_REQUEST
 */
export function operationMetadata(
  connection: ClientMetadata,
  extensions: JsonObject | undefined,
): ClientMetadata {
  if (extensions === undefined) return connection;
  const trace = traceOfJson(extensions) ?? connection;
  return {
    traceparent: trace.traceparent,
    tracestate: trace.tracestate,
    correlationId: ofJson(extensions, CORRELATION_ID) ?? connection.correlationId,
    idempotencyKey: ofJson(extensions, IDEMPOTENCY_KEY),
    after: positionOf(extensions),
    startCursor: startCursorOf(extensions) ?? connection.startCursor,
    eventContext: eventContextOf(extensions) ?? connection.eventContext,
  };
}

/**
 * Whether the payload of `connection_init` says that the client reads positions in the payloads of pings.
 * @throws {MillraceError} BAD_REQUEST
 */
export function readsPositions(params: JsonObject): boolean {
  return flagOf(params, 'positions') ?? false;
}

/**
 * Whether the payload of `connection_init` says that the client renews its credentials on the open connection.
 * @throws {MillraceError} BAD_REQUEST
 */
export function renewsCredentials(params: JsonObject): boolean {
  return flagOf(params, 'renews') ?? false;
}

/** Where an operation starts, whatever its arguments say. The text of a cursor is signed, so its length has no bound here. */
function positionOf(extensions: JsonObject | undefined): string | undefined {
  if (extensions === undefined) return undefined;
  const given = [...jsonValues(extensions, POSITION.json), ...jsonValues(extensions, POSITION.header)];
  return oneOf(POSITION.json, given);
}

/** Whether a first result says where a subscription starts. */
function startCursorOf(from: JsonObject | undefined): boolean | undefined {
  return from === undefined ? undefined : flagOf(from, 'startCursor');
}

/** Whether results say where their events came from. */
function eventContextOf(from: JsonObject | undefined): boolean | undefined {
  return from === undefined ? undefined : flagOf(from, 'eventContext');
}

function flagOf(from: JsonObject, name: string): boolean | undefined {
  const value = from[name] ?? undefined;
  if (value === undefined || typeof value === 'boolean') return value;
  throw bad(`\`${name}\` must be true or false, but is ${kindOf(value)}.`);
}

/** Hot path (bench: mutations): most requests have none of them. */
function ofHeader(request: IncomingMessage, { header }: Names): string | undefined {
  if (request.headers[header] === undefined) return undefined;
  const value = oneOf(header, headerValues(request, header));
  return value === undefined ? undefined : fitting(header, value);
}

function ofJson(from: JsonObject | undefined, names: Names): string | undefined {
  if (from === undefined) return undefined;
  const value = oneOf(names.json, [...jsonValues(from, names.json), ...jsonValues(from, names.header)]);
  return value === undefined ? undefined : fitting(names.json, value);
}

function fitting(name: string, value: string): string {
  const problem = textProblem(value);
  if (problem !== undefined) throw bad(`\`${name}\` ${problem}.`);
  return value;
}

/** The one value among them: those that are left out or empty do not count. */
function oneOf(name: string, values: readonly unknown[]): string | undefined {
  let one: string | undefined;
  for (const value of values) {
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string') throw bad(`\`${name}\` must be a string, but is ${kindOf(value)}.`);
    const text = value.trim();
    if (text === '' || text === one) continue;
    if (one !== undefined) throw bad(`\`${name}\` is given twice, with different values. Send one of them.`);
    one = text;
  }
  return one;
}

/** Node joins repeated headers with commas, and so do proxies. A comma may as well be a part of the value. */
function headerValues(request: IncomingMessage, name: string): readonly string[] {
  const joined = request.headers[name];
  if (joined === undefined) return [];
  if (typeof joined === 'string' && !joined.includes(',')) return [utf8Of(name, joined)];
  return (request.headersDistinct[name] ?? []).map((given) => {
    const value = utf8Of(name, given);
    const [first = '', ...others] = value.split(',').map((part) => part.trim());
    return others.every((other) => other === first) ? first : value;
  });
}

/** Node reads headers as Latin-1, one character for each byte: an é in UTF-8 would be another id than in `extensions`. */
function utf8Of(name: string, value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  if (!isUtf8(bytes)) throw bad(`\`${name}\` is not in UTF-8.`);
  return bytes.toString();
}

/** JSON is written by hand more often than headers are, and a name that is overlooked would be a silent loss. */
function jsonValues(from: JsonObject, name: string): readonly unknown[] {
  const wanted = name.toLowerCase();
  return Object.keys(from).flatMap((key) => (key.toLowerCase() === wanted ? [from[key]] : []));
}

type Trace = Pick<ClientMetadata, 'traceparent' | 'tracestate'>;

/** Node joins several `tracestate` headers to one list, as it should, and several `traceparent` to an invalid one. */
function traceOfHeaders({ headers }: IncomingMessage): Trace | undefined {
  const { traceparent, tracestate } = headers;
  return typeof traceparent === 'string' ? traceOf([traceparent], [tracestate]) : undefined;
}

function traceOfJson(from: JsonObject | undefined): Trace | undefined {
  return from && traceOf(jsonValues(from, 'traceparent'), jsonValues(from, 'tracestate'));
}

/** A `tracestate` is valid only beside a valid `traceparent` (W3C Trace Context, section 3.3). */
function traceOf([parent]: readonly unknown[], [state]: readonly unknown[]): Trace | undefined {
  const traceparent = typeof parent === 'string' ? traceparentOf(parent) : undefined;
  if (traceparent === undefined) return undefined;
  return { traceparent, tracestate: typeof state === 'string' ? tracestateOf(state) : undefined };
}

const bad = (message: string): MillraceError => new MillraceError('BAD_REQUEST', message);
