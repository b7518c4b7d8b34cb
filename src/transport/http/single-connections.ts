import type { IncomingMessage, ServerResponse } from 'node:http';
import { formattedError } from '../../core/client-error.js';
import { MillraceError } from '../../core/errors.js';
import type { Identity } from '../../core/identity.js';
import type { Prepared } from '../../operation/operations.js';
import type { ClientMetadata, OperationRequest } from '../../operation/request.js';
import { callerOf } from '../caller.js';
import { type OperationRunner, runOperation } from '../delivery/run-operation.js';
import { MAX_ID_CHARACTERS } from '../operation-id.js';
import type { SharedEventStream } from '../sse/shared-event-stream.js';
import { StreamTokens, type TokenFault } from '../sse/stream-tokens.js';
import { RequestRefused } from './request-refused.js';
import { searchOf } from './request-target.js';
import type { StreamTransport } from './stream-transport.js';

interface SingleConnectionsParts extends OperationRunner {
  readonly streams: StreamTransport;
  /** Operations that may run at the same time on one stream. */
  readonly operationsPerConnection: number;
}

const TOKEN_HEADER = 'x-graphql-event-stream-token';

const FAULTS: Readonly<Record<TokenFault, string>> = {
  'other-node':
    'This event stream was reserved on another node. Single connection mode needs a balancer that sends all requests of a client to one node. Reserve a stream again.',
  invalid: 'The token of the event stream is invalid, or belongs to another subject. Reserve a stream again.',
  expired: 'The reservation of the event stream has expired. Reserve a stream again.',
};

/** The token of the stream that a request is about. */
export function streamTokenOf(request: IncomingMessage): string | undefined {
  const header = request.headers[TOKEN_HEADER];
  if (typeof header === 'string' && header !== '') return header;
  // An EventSource sends no headers. Looked for first, because most requests have no token.
  if (request.url?.includes('token=') !== true) return undefined;
  return searchOf(request)?.get('token') || undefined;
}

/**
 * Single connection mode of GraphQL over SSE: `PUT` reserves a stream, `GET` opens it, `POST` starts an operation whose results
 * it carries, and `DELETE` stops one. Reservations and streams are of this node.
 * @see https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md
 */
export class SingleConnections {
  readonly #parts: SingleConnectionsParts;
  readonly #tokens = new StreamTokens();
  readonly #streams = new Map<string, SharedEventStream>();

  constructor(parts: SingleConnectionsParts) {
    this.#parts = parts;
  }

  reserve(response: ServerResponse, identity: Identity): void {
    response.writeHead(201, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    response.end(this.#tokens.issue(identity));
  }

  /** @throws {RequestRefused | MillraceError} nothing was answered */
  open(response: ServerResponse, token: string, identity: Identity): void {
    if (this.#streamOf(token, identity) !== undefined)
      throw new RequestRefused('The event stream is open already.', 409);
    const stream = this.#parts.streams.share(response, identity);
    if (stream === undefined) return;
    this.#streams.set(token, stream);
    response.once('close', () => this.#streams.delete(token));
  }

  /** @throws {RequestRefused | MillraceError} nothing was answered, and nothing runs */
  start(
    response: ServerResponse,
    token: string,
    { request, prepared }: { readonly request: OperationRequest; readonly prepared: Prepared },
    identity: Identity,
    metadata: ClientMetadata,
  ): void {
    const stream = this.#streamOf(token, identity);
    if (stream === undefined)
      throw new RequestRefused('No event stream is open for this token. Open it first.', 404);
    const id = idOf(request.extensions?.['operationId']);
    if (stream.has(id))
      throw new RequestRefused(`An operation with the id ${JSON.stringify(id)} is still running.`, 409);
    // S4: neither a complete result nor the error of a refused subscription can be held back.
    if (!stream.hasRoom)
      throw new MillraceError('OVERLOADED', 'The event stream is not read quickly enough. Try again later.');
    const isTooMany = stream.size >= this.#parts.operationsPerConnection;
    const running = stream.add(id, identity);
    response.writeHead(202).end();
    if (isTooMany) running.error([this.#tooMany()]);
    else runOperation(this.#parts, running, prepared, callerOf(identity, metadata, running));
  }

  /** @throws {RequestRefused} */
  stop(request: IncomingMessage, response: ServerResponse, token: string, identity: Identity): void {
    const stream = this.#streamOf(token, identity);
    // The operation may have ended meanwhile, and its stream too: nothing is left to do then.
    stream?.cancel(idOf(searchOf(request)?.get('operationId')));
    response.writeHead(200).end();
  }

  /** @returns `undefined`: it is not open @throws {RequestRefused} */
  #streamOf(token: string, identity: Identity): SharedEventStream | undefined {
    const stream = this.#streams.get(token);
    const fault = this.#tokens.faultOf(token, identity, stream !== undefined);
    if (fault !== undefined) throw new RequestRefused(FAULTS[fault], 404);
    return stream;
  }

  #tooMany() {
    const { operationsPerConnection, report } = this.#parts;
    const message = `At most ${operationsPerConnection} operations may run at the same time on one event stream.`;
    return formattedError(new MillraceError('LIMIT_EXCEEDED', message), report);
  }
}

/** @throws {RequestRefused} */
function idOf(value: unknown): string {
  if (typeof value === 'string' && value !== '' && value.length <= MAX_ID_CHARACTERS) return value;
  const message = `An operation on a shared event stream needs an \`operationId\` of at most ${MAX_ID_CHARACTERS} characters.`;
  throw new RequestRefused(message, 400);
}
