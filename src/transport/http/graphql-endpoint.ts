import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ReportInternal } from '../../core/client-error.js';
import { MillraceError } from '../../core/errors.js';
import { SseFraming, STREAM_OVER } from '../sse/sse-framing.js';
import type { GraphQLHttp } from './graphql-http.js';
import { refuse, refuseBody } from './refuse.js';
import { bodyTooLarge } from './request-body.js';
import type { StreamTransport } from './stream-transport.js';

interface GraphQLEndpointParts {
  readonly bodyBytes: number;
  readonly report: ReportInternal;
  readonly graphql: GraphQLHttp;
  readonly streams: StreamTransport;
}

/** Decides by the request's headers how GraphQL is spoken: as a stream of events, or as one response. */
export async function graphqlEndpoint(
  { bodyBytes, report, graphql, streams }: GraphQLEndpointParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, headers } = request;
  // CSRF: a page of another site may send forms and plain text without a CORS preflight, but not JSON.
  if (method === 'POST' && !isJson(headers['content-type'])) {
    const error = new MillraceError('BAD_REQUEST', 'A POST request needs `Content-Type: application/json`.');
    return refuse(response, error, report, 415);
  }
  // S4: refused by its announced length, before any of it is read. A body without one is counted as it arrives.
  if (Number(headers['content-length'] ?? 0) > bodyBytes) {
    return refuseBody(request, response, bodyTooLarge(bodyBytes), report);
  }
  if ((method !== 'POST' && method !== 'GET') || !prefersEvents(headers.accept)) {
    return await graphql(request, response);
  }
  // An EventSource that reconnects after the last event is told to stop.
  if (headers['last-event-id'] === STREAM_OVER) return void response.writeHead(204).end();
  await streams.handle(request, response, new SseFraming());
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType ?? '');
}

/** Whether `Accept` names event streams, and before any JSON. */
function prefersEvents(accept = ''): boolean {
  const events = accept.indexOf('text/event-stream');
  if (events < 0) return false;
  const json = accept.search(/application\/(graphql-response\+)?json/);
  return json < 0 || events < json;
}
