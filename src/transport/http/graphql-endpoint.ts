import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticate, Credentials } from '../../auth/authenticate.js';
import { credentialsRevoked } from '../../auth/revocations.js';
import type { ReportInternal } from '../../core/client-error.js';
import { MillraceError } from '../../core/errors.js';
import type { Identity } from '../../core/identity.js';
import type { Operations } from '../../operation/operations.js';
import { callerOf, type FlatHeaders, flatHeaders } from '../caller.js';
import { httpMetadata, lastEventId, readsPositions } from '../client-metadata.js';
import { type ConnectionSlots, noFreeConnections } from '../delivery/connection-slots.js';
import type { StreamFraming } from '../delivery/stream-framing.js';
import { MultipartFraming } from '../multipart/multipart-framing.js';
import { SseFraming, STREAM_OVER } from '../sse/sse-framing.js';
import { choices, type Transport } from '../transports.js';
import { answerResult } from './answer.js';
import { ClientDisconnected } from './client-disconnected.js';
import { graphQLRequestOf } from './graphql-request.js';
import {
  type Accepted,
  accepted,
  isJsonBody,
  isUncoded,
  MAX_ACCEPT_CHARACTERS,
  STREAM_TYPES,
  type StreamFormat,
} from './media-types.js';
import { refuse, refuseBody } from './refuse.js';
import { bodyTooLarge, RequestAborted, readBody } from './request-body.js';
import { RequestRefused } from './request-refused.js';
import type { RequestTurns } from './request-turns.js';
import type { Route } from './router.js';
import { type SingleConnections, streamTokenOf } from './single-connections.js';
import type { StreamTransport } from './stream-transport.js';
import type { UnreadAnswers } from './unread-answers.js';

/** What a browser gets that opens the path of GraphQL. */
export interface Page {
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export interface GraphQLEndpointParts {
  readonly operations: Operations;
  readonly authenticate: Authenticate;
  /** Whether credentials were revoked since they were verified. */
  readonly isRevoked: (identity: Identity) => boolean;
  readonly bodyBytes: number;
  readonly report: ReportInternal;
  readonly streams: StreamTransport;
  readonly transports: ReadonlySet<Transport>;
  /** `undefined`: single connection mode is not served. */
  readonly single: SingleConnections | undefined;
  readonly requests: RequestTurns;
  /** For browsers; `undefined`: there is none. */
  readonly page: Page | undefined;
  readonly slots: ConnectionSlots;
  readonly unread: UnreadAnswers;
}

const NO_BODY = Buffer.alloc(0);
const METHODS = ['GET', 'POST'];
const SINGLE_METHODS = ['GET', 'POST', 'PUT', 'DELETE'];

/**
 * GraphQL over HTTP, and over event streams. Every request takes one way: its headers are checked, its caller
 * authenticated, its body read and parsed, its operation prepared. Whatever is wrong with it is found before anything
 * runs. What the client accepts decides how the answer is written: as one response in JSON, or as a stream.
 * @see https://graphql.github.io/graphql-over-http/draft/
 */
export function graphqlRoute(parts: GraphQLEndpointParts): Route {
  const { page, bodyBytes, slots, unread, transports, single } = parts;
  const formats = new Set<StreamFormat>();
  if (transports.has('sse') || single !== undefined) formats.add('events');
  if (transports.has('multipart')) formats.add('multipart');
  // One for all requests: this is a hot path (bench: mutations).
  const releaseSlot = (): void => slots.release();
  return async (request, response) => {
    const { method, headers } = request;
    const accepts = accepted(headers.accept, {
      html: method === 'GET' && page !== undefined,
      streams: formats,
    });
    const isPage = accepts.preferred === 'html' && page !== undefined;
    try {
      // S4: from here until its client has read the answer, or is gone.
      if (!slots.acquire()) throw noFreeConnections();
      response.once('close', releaseSlot);
      checkHeaders(request, accepts, formats, single === undefined ? METHODS : SINGLE_METHODS);
      if (isPage) return await page.answer(request, response);
      // S4: refused by its announced length, before any of it is read. A body without one is counted as it arrives.
      if (Number(headers['content-length'] ?? 0) > bodyBytes) throw bodyTooLarge(bodyBytes);
      await answer(parts, request, response, accepts);
    } catch (error) {
      refuseRequest(parts, request, response, accepts, error);
    } finally {
      unread.watch(response);
    }
  };
}

function refuseRequest(
  { report, streams }: GraphQLEndpointParts,
  request: IncomingMessage,
  response: ServerResponse,
  accepts: Accepted,
  error: unknown,
): void {
  if (error instanceof RequestAborted) return;
  const type = { 'content-type': accepts.json };
  if (error instanceof RequestRefused) {
    const refusal = new MillraceError('BAD_REQUEST', error.message);
    refuse(response, refusal, report, error.status, { ...type, ...error.headers });
  } else if (error instanceof MillraceError && error.code === 'LIMIT_EXCEEDED' && !request.complete) {
    refuseBody(request, response, error, report, accepts.json);
  } else {
    const format = refusalFormat(request, accepts);
    if (format !== undefined && error instanceof MillraceError && error.retry)
      streams.refuse(response, framingOf(format, false), error);
    else refuse(response, error, report, undefined, type);
  }
}

/**
 * The stream of status 200 that alone makes a client come back after a refusal; `undefined`: it reads the status. A
 * browser's EventSource gives up for good on any other status; it sends GET alone, and clients that send POST requests read
 * the status, as those of a shared stream do. Apollo Client names multipart for subscriptions alone, and retries after errors
 * of that protocol, not after a status with GraphQL errors.
 */
function refusalFormat(request: IncomingMessage, { preferred, stream }: Accepted): StreamFormat | undefined {
  if (stream === 'multipart') return stream;
  const mayBeEventSource = request.method === 'GET' && preferred === 'events';
  return mayBeEventSource && streamTokenOf(request) === undefined ? preferred : undefined;
}

/** @throws {RequestRefused} */
function checkHeaders(
  { method, headers }: IncomingMessage,
  { preferred }: Accepted,
  formats: ReadonlySet<StreamFormat>,
  methods: readonly string[],
): void {
  if (method === undefined || !methods.includes(method)) {
    const allow = methods.join(', ');
    throw new RequestRefused(`GraphQL is served by ${allow}.`, 405, { allow });
  }
  if (method === 'PUT' || method === 'DELETE') return;
  if (preferred === undefined) {
    const streams = [...formats].map((format) => STREAM_TYPES[format]);
    const types = ['application/graphql-response+json', 'application/json', ...streams].join(', ');
    const message = `\`Accept\` allows no media type of this server, or has more than ${MAX_ACCEPT_CHARACTERS} characters: ${types}.`;
    throw new RequestRefused(message, 406);
  }
  if (method === 'GET') return;
  // CSRF: a page of another site may send forms and plain text without a CORS preflight, but not JSON.
  if (!isJsonBody(headers['content-type'])) {
    const message = 'A POST request needs `Content-Type: application/json`, in UTF-8.';
    throw new RequestRefused(message, 415, { accept: 'application/json' });
  }
  if (headers['content-encoding'] !== undefined && !isUncoded(headers['content-encoding']))
    throw new RequestRefused('Compressed bodies are not supported.', 415, { 'accept-encoding': 'identity' });
}

/** A class, because an object literal with a getter is slow to make. Hot path (bench: mutations). */
class RequestCredentials implements Credentials {
  readonly headers: FlatHeaders;
  readonly #request: IncomingMessage;

  constructor(request: IncomingMessage) {
    this.headers = flatHeaders(request.headers);
    this.#request = request;
  }

  /** Asking the operating system costs more than the rest of it, and few need to know. */
  get remoteAddress(): string | undefined {
    return this.#request.socket.remoteAddress;
  }
}

/** @throws {RequestRefused | MillraceError | RequestAborted} nothing was answered */
async function answer(
  parts: GraphQLEndpointParts,
  request: IncomingMessage,
  response: ServerResponse,
  accepts: Accepted,
): Promise<void> {
  // An EventSource that reconnects after the last event is told to stop.
  if (accepts.preferred === 'events' && lastEventId(request) === STREAM_OVER)
    return void response.writeHead(204).end();
  // Before the body is read: callers with invalid credentials cost no more than their headers.
  const identity = await parts.authenticate(new RequestCredentials(request));
  const token = parts.single && streamTokenOf(request);
  if (parts.single !== undefined) {
    if (request.method === 'PUT') return parts.single.reserve(response, identity);
    if (request.method === 'DELETE') {
      if (token === undefined) throw new RequestRefused('DELETE needs the token of an event stream.', 400);
      return parts.single.stop(request, response, token, identity);
    }
    if (request.method === 'GET' && token !== undefined && accepts.preferred === 'events')
      return parts.single.open(response, token, identity);
  }
  const body = request.method === 'GET' ? NO_BODY : await readBody(request, parts.bodyBytes);
  // S4: parsing, validation and the start of the operation, in turns with other connections.
  await parts.requests.take(request, body.length, () =>
    run(parts, request, response, accepts, identity, body, token),
  );
}

/** @throws {RequestRefused | MillraceError} nothing was answered */
async function run(
  { operations, streams, transports, single, isRevoked }: GraphQLEndpointParts,
  request: IncomingMessage,
  response: ServerResponse,
  accepts: Accepted,
  identity: Identity,
  body: Buffer,
  token: string | undefined,
): Promise<void> {
  // S2: the request may have waited for its body, and for its turn.
  if (isRevoked(identity)) throw credentialsRevoked();
  const operation = graphQLRequestOf(request, body);
  const metadata = httpMetadata(request, operation.extensions);
  const prepared = operations.prepare(operation);
  // A link or an image of another site sends GET requests with the user's credentials (CSRF).
  if (prepared.kind === 'mutation' && request.method !== 'POST')
    throw new RequestRefused('A mutation needs a POST request.', 405, { allow: 'POST' });
  if (single !== undefined && token !== undefined)
    return single.start(response, token, { request: operation, prepared }, identity, metadata);
  const format = formatOf(prepared.kind === 'subscription', accepts);
  const isServed = format !== 'events' || transports.has('sse');
  if (!isServed || (prepared.kind === 'subscription' && format === undefined)) {
    const message = `A subscription needs one of: ${choices(transports)}.`;
    throw new RequestRefused(message, 406);
  }
  if (format !== undefined) {
    const framing = framingOf(format, readsPositions(operation.extensions ?? {}));
    return streams.open(response, framing, prepared, identity, metadata);
  }
  const caller = callerOf(identity, metadata, new ClientDisconnected(response));
  answerResult(response, await operations.run(prepared, caller), accepts.json);
}

/** The stream that answers an operation; `undefined`: one answer in JSON does, or nothing can. */
function formatOf(isSubscription: boolean, { preferred, stream }: Accepted): StreamFormat | undefined {
  if (isSubscription && stream !== undefined) return stream;
  return preferred === 'events' || preferred === 'multipart' ? preferred : undefined;
}

function framingOf(format: StreamFormat, reads: boolean): StreamFraming {
  return format === 'events' ? new SseFraming() : new MultipartFraming(reads);
}
