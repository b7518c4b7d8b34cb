import { parse } from 'content-type';
import Negotiator from 'negotiator';

/** The media types of a JSON answer (GraphQL over HTTP, "Media Types"). */
export type JsonType = 'application/json; charset=utf-8' | 'application/graphql-response+json; charset=utf-8';

export const PLAIN_JSON = 'application/json; charset=utf-8';
export const GRAPHQL_JSON = 'application/graphql-response+json; charset=utf-8';
export const HTML = 'text/html; charset=utf-8';
const EVENTS = 'text/event-stream';

/** What a client accepts as an answer. */
export interface Accepted {
  /** What the client likes best of what there is; `undefined`: it accepts nothing of that. */
  readonly preferred: 'json' | 'events' | 'html' | undefined;
  /** The type of an answer in JSON. Errors are JSON for everybody, whatever a client prefers. */
  readonly json: JsonType;
  /** Whether `Accept` names event streams. A client that accepts anything expects one answer, not a stream. */
  readonly events: boolean;
}

const ANY: Accepted = { preferred: 'json', json: PLAIN_JSON, events: false };

/** In the order of our own preference, which decides when the client has none. */
const JSON_ANSWERS = [PLAIN_JSON, GRAPHQL_JSON];
const EVENT_ANSWER = `${EVENTS}; charset=utf-8`;

/**
 * Reads `Accept` (RFC 9110, section 12.5.1). An empty header is as if left out.
 * @param there what the server has besides JSON: a page for browsers, event streams
 */
export function accepted(
  accept: string | undefined,
  there: { readonly html: boolean; readonly events: boolean },
): Accepted {
  // Hot path (bench: mutations): what most programs send.
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return ANY;
  const client = new Negotiator({ headers: { accept } });
  const answers = [...JSON_ANSWERS, ...(there.events ? [EVENT_ANSWER] : []), ...(there.html ? [HTML] : [])];
  const [first, ...rest] = client.mediaTypes(answers);
  return {
    preferred: kindOf(first),
    json: [first, ...rest].find(isJson) ?? PLAIN_JSON,
    events: there.events && client.mediaTypes().some((type) => type.toLowerCase() === EVENTS),
  };
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

function kindOf(type: string | undefined): Accepted['preferred'] {
  if (type === undefined) return undefined;
  if (type === HTML) return 'html';
  return isJson(type) ? 'json' : 'events';
}

const isJson = (type: string | undefined): type is JsonType => type === PLAIN_JSON || type === GRAPHQL_JSON;
