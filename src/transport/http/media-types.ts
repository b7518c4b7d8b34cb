import { parse } from 'content-type';
import Negotiator from 'negotiator';

/** The media types of a JSON answer (GraphQL over HTTP, "Media Types"). */
export type JsonType = 'application/json; charset=utf-8' | 'application/graphql-response+json; charset=utf-8';

export const PLAIN_JSON = 'application/json; charset=utf-8';
const GRAPHQL_JSON = 'application/graphql-response+json; charset=utf-8';
export const HTML = 'text/html; charset=utf-8';
const EVENTS = 'text/event-stream';
const MULTIPART = 'multipart/mixed;subscriptionspec=1.0';

/** The formats in which results come one by one, with what a client names in `Accept`. */
export const STREAM_TYPES = { events: EVENTS, multipart: 'multipart/mixed;subscriptionSpec=1.0' } as const;
export type StreamFormat = keyof typeof STREAM_TYPES;

/** What a client accepts as an answer. */
export interface Accepted {
  /** What the client likes best of what there is; `undefined`: it accepts nothing of that. */
  readonly preferred: 'json' | 'html' | StreamFormat | undefined;
  /** The type of an answer in JSON. Errors are JSON for everybody, whatever a client prefers. */
  readonly json: JsonType;
  /** The stream that the client prefers of those that `Accept` names. A client that accepts anything expects one answer. */
  readonly stream: StreamFormat | undefined;
}

/** S4: parsing such a list takes time with the square of its length, before any credentials are checked. Browsers send 150. */
export const MAX_ACCEPT_CHARACTERS = 1_024;

const NOTHING: Accepted = { preferred: undefined, json: PLAIN_JSON, stream: undefined };
const ANY: Accepted = { preferred: 'json', json: PLAIN_JSON, stream: undefined };

/** In the order of our own preference, which decides when the client has none. */
const JSON_ANSWERS = [PLAIN_JSON, GRAPHQL_JSON];
const EVENT_ANSWER = `${EVENTS}; charset=utf-8`;

/**
 * Reads `Accept` (RFC 9110, section 12.5.1). An empty header counts as absent; a header that is too long allows nothing.
 * @param there what the server has besides JSON: a page for browsers, and streams
 */
export function accepted(
  accept: string | undefined,
  there: { readonly html: boolean; readonly streams: ReadonlySet<StreamFormat> },
): Accepted {
  // Hot path (bench: mutations): what most programs send.
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return ANY;
  if (accept.length > MAX_ACCEPT_CHARACTERS) return NOTHING;
  const named = namedStreams(accept).filter((format) => there.streams.has(format));
  const client = new Negotiator({ headers: { accept: accept.replace(BOUNDARY, '') } });
  const types = client.mediaTypes([
    ...JSON_ANSWERS,
    ...(there.streams.has('events') ? [EVENT_ANSWER] : []),
    // Only for a client that names it: `multipart/mixed` alone is another protocol.
    ...(named.includes('multipart') ? [MULTIPART] : []),
    ...(there.html ? [HTML] : []),
  ]);
  const kinds = types.map(kindOf);
  return {
    // Apollo Client puts it first in requests for subscriptions, which JSON cannot answer. Anything else is answered in JSON.
    preferred: kinds.find((kind) => kind !== 'multipart') ?? kinds[0],
    json: types.find(isJson) ?? PLAIN_JSON,
    stream: kinds.filter(isStream).find((kind) => named.includes(kind)),
  };
}

/** The client's boundary is only a request. */
const BOUNDARY = /;\s*boundary\s*=\s*("[^"]*"|[^;,]*)/gi;
const NAMES_MULTIPART = /multipart\/mixed\s*(;[^,]*)?;\s*subscriptionspec\s*=\s*"?1\.0"?\s*([;,]|$)/i;
const NAMES_EVENTS = /(^|,)\s*text\/event-stream\s*([;,]|$)/i;

function namedStreams(accept: string): readonly StreamFormat[] {
  return [
    ...(NAMES_EVENTS.test(accept) ? (['events'] as const) : []),
    ...(NAMES_MULTIPART.test(accept.replace(BOUNDARY, '')) ? (['multipart'] as const) : []),
  ];
}

/**
 * Whether a body is JSON in UTF-8. A charset of another name is refused, because the body would be misread.
 * @param contentType the header
 */
export function isJsonBody(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  if (contentType === undefined) return false;
  const { type, parameters } = parse(contentType);
  const charset = parameters['charset']?.toLowerCase() ?? 'utf-8';
  return type.toLowerCase() === 'application/json' && (charset === 'utf-8' || charset === 'utf8');
}

/** Whether a body is as it is: `Content-Encoding` is a list, and may be empty. */
export function isUncoded(contentEncoding: string): boolean {
  return contentEncoding.split(',').every((coding) => ['', 'identity'].includes(coding.trim().toLowerCase()));
}

function kindOf(type: string): 'json' | 'html' | StreamFormat {
  if (type === HTML) return 'html';
  if (type === MULTIPART) return 'multipart';
  return isJson(type) ? 'json' : 'events';
}

const isStream = (kind: ReturnType<typeof kindOf>): kind is StreamFormat =>
  kind === 'events' || kind === 'multipart';

const isJson = (type: string | undefined): type is JsonType => type === PLAIN_JSON || type === GRAPHQL_JSON;
