import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticate } from '../../auth/authenticate.js';
import { formattedError } from '../../core/client-error.js';
import { MillraceError } from '../../core/errors.js';
import type { Identity } from '../../core/identity.js';
import type { Prepared } from '../../operation/operations.js';
import type { OperationRequest } from '../../operation/request.js';
import { flatHeaders, httpCaller } from '../caller.js';
import type { ConnectionSlots } from '../delivery/connection-slots.js';
import { DeadlineTimer } from '../delivery/deadline-timer.js';
import { ResponseStream, type ResponseStreamParts } from '../delivery/response-stream.js';
import { type OperationRunner, runOperation } from '../delivery/run-operation.js';
import type { StreamFraming } from '../delivery/stream-framing.js';
import { operationRequestOfQuery, parseJson, toOperationRequest } from './graphql-request.js';
import { refuse, refuseBody } from './refuse.js';
import { RequestAborted, readBody } from './request-body.js';

interface StreamTransportParts extends ResponseStreamParts, OperationRunner {
  readonly authenticate: Authenticate;
  readonly slots: ConnectionSlots;
  readonly bodyBytes: number;
  /** Milliseconds between heartbeats on a quiet stream; below the idle time-outs of usual proxies. */
  readonly keepAlive: number;
}

/**
 * GraphQL over streamed HTTP responses, one for each operation: SSE in distinct connections mode.
 * @see https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md
 */
export class StreamTransport implements AsyncDisposable {
  readonly #parts: StreamTransportParts;
  readonly #streams = new Set<ResponseStream>();
  readonly #keepAlive: NodeJS.Timeout;
  #closing = false;

  constructor(parts: StreamTransportParts) {
    this.#parts = parts;
    this.#keepAlive = setInterval(() => {
      for (const stream of this.#streams) stream.keepAlive();
    }, parts.keepAlive);
    this.#keepAlive.unref();
  }

  /** How many streams are open. */
  get size(): number {
    return this.#streams.size;
  }

  /** Answers one request: with a stream, or with a refusal before it begins. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse, framing: StreamFraming): Promise<void> {
    const { authenticate, operations, report, bodyBytes } = this.#parts;
    try {
      // Before the body is read: callers with invalid credentials cost no more than their headers.
      const identity = await authenticate({ headers: flatHeaders(request.headers) });
      const operation =
        request.method === 'GET'
          ? operationRequestOfQuery(request)
          : toOperationRequest(parseJson((await readBody(request, bodyBytes)).toString('utf8'), 'the body'));
      const prepared = operations.prepare(operation);
      if (prepared.kind === 'mutation' && request.method === 'GET') {
        const error = new MillraceError('BAD_REQUEST', 'A mutation needs a POST request.');
        refuse(response, error, report, 405, { allow: 'POST' });
      } else this.#open(request, response, framing, operation, prepared, identity);
    } catch (error) {
      if (error instanceof RequestAborted) return;
      if (error instanceof MillraceError && error.code === 'LIMIT_EXCEEDED' && !request.complete) {
        refuseBody(request, response, error, report);
      } else refuse(response, error, report);
    }
  }

  #open(
    request: IncomingMessage,
    response: ServerResponse,
    framing: StreamFraming,
    operation: OperationRequest,
    prepared: Prepared,
    identity: Identity,
  ): void {
    const { slots, report } = this.#parts;
    // From here on until `close` is listened to, nothing is awaited, so no event is missed.
    // The client may have left while its credentials were checked; `close` would not be emitted again.
    if (response.destroyed) return;
    if (this.#closing) throw new MillraceError('SHUTTING_DOWN', 'This node is shutting down.');
    if (!slots.acquire()) throw new MillraceError('OVERLOADED', 'This node has no free connections.');
    const expiry = new DeadlineTimer();
    const stream = new ResponseStream(response, framing, this.#parts);
    this.#streams.add(stream);
    response.once('close', () => {
      this.#streams.delete(stream);
      slots.release();
      expiry.clear();
    });
    const { expiresAt } = identity;
    if (prepared.kind === 'subscription' && expiresAt !== undefined) {
      // S2: no stream outlives its credentials.
      expiry.set(expiresAt, () => stream.expire(formattedError(credentialsExpired(), report)));
    }
    const caller = httpCaller(request, operation, identity, stream.operation);
    runOperation(this.#parts, stream.operation, prepared, caller);
  }

  /** Ends every stream without completion, so that clients resume on another node. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    clearInterval(this.#keepAlive);
    for (const stream of this.#streams) stream.leave();
  }
}

function credentialsExpired(): MillraceError {
  return new MillraceError(
    'UNAUTHENTICATED',
    'The credentials have expired. Subscribe again with new credentials.',
  );
}
