import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticate } from '../../auth/authenticate.js';
import { MillraceError } from '../../core/errors.js';
import type { Identity } from '../../core/identity.js';
import type { Logger } from '../../observe/log.js';
import type { Operations, Prepared } from '../../operation/operations.js';
import type { OperationRequest } from '../../operation/request.js';
import type { Places, TransportLimits } from '../delivery/limits.js';
import type { TurnEnd } from '../delivery/outbox.js';
import type { SlowClients } from '../delivery/slow-clients.js';
import { Timer } from '../delivery/timer.js';
import { flatHeaders, httpCaller } from '../http/caller.js';
import { credentialsExpired, formatted } from '../http/refusal.js';
import { requestOfBody, requestOfQuery } from '../http/request-body.js';
import { refuse } from '../http/response.js';
import { OVER, SseStream } from './sse-stream.js';

export interface SseTransportOptions {
  readonly operations: Operations;
  readonly authenticate: Authenticate;
  readonly limits: TransportLimits;
  readonly places: Places;
  readonly logger: Logger;
  readonly turn: TurnEnd;
  readonly slow: SlowClients;
  /** Milliseconds between two comments on a quiet stream, below the time-outs of usual proxies. */
  readonly keepAlive: number;
}

/**
 * GraphQL over Server-Sent Events, distinct connections mode: one stream for each operation.
 * Every result has its cursor as the event's `id`, and `Last-Event-ID` resumes there, so a browser's
 * EventSource loses nothing either (D4). One that comes back although nothing follows is told so.
 * @see https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md
 */
export class SseTransport implements AsyncDisposable {
  readonly #options: SseTransportOptions;
  readonly #streams = new Set<SseStream>();
  readonly #keepAlive: NodeJS.Timeout;
  #closing = false;

  constructor(options: SseTransportOptions) {
    this.#options = options;
    this.#keepAlive = setInterval(() => {
      for (const stream of this.#streams) stream.keepAlive();
    }, options.keepAlive);
    this.#keepAlive.unref();
  }

  /** How many streams are open. */
  get size(): number {
    return this.#streams.size;
  }

  /** Answers one request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers['last-event-id'] === OVER) {
      response.writeHead(204).end();
      return;
    }
    try {
      const { operations, limits, authenticate } = this.#options;
      const identity = await authenticate({ headers: flatHeaders(request.headers) });
      const operation =
        request.method === 'GET'
          ? requestOfQuery(queryOf(request))
          : await requestOfBody(request, limits.bodyBytes);
      const prepared = operations.prepare(operation);
      if (prepared.kind === 'mutation' && request.method === 'GET') {
        const error = new MillraceError('BAD_REQUEST', 'A mutation needs a POST request.');
        refuse(response, error, 405, { allow: 'POST' });
      } else this.#open(request, response, operation, prepared, identity);
    } catch (error) {
      if (!(error instanceof MillraceError)) {
        this.#options.logger.error({ err: error }, 'an event stream failed for a reason of its own');
      }
      refuse(response, error);
    }
  }

  #open(
    request: IncomingMessage,
    response: ServerResponse,
    operation: OperationRequest,
    prepared: Prepared,
    identity: Identity,
  ): void {
    const { operations, limits, places, turn, slow, logger } = this.#options;
    if (response.destroyed) return;
    if (this.#closing) throw new MillraceError('SHUTTING_DOWN', 'This node is going away.');
    if (!places.take())
      throw new MillraceError('OVERLOADED', 'This node has no place for another connection.');
    const abort = new AbortController();
    const timer = new Timer();
    const stream = new SseStream(response, turn, limits.highWaterMark, slow);
    this.#streams.add(stream);
    response.once('close', () => {
      this.#streams.delete(stream);
      places.giveBack();
      timer[Symbol.dispose]();
      abort.abort();
    });
    if (prepared.kind === 'invalid') {
      stream.error(prepared.errors.map((error) => error.toJSON()));
      return;
    }
    const caller = httpCaller(request, operation, identity, abort);
    if (prepared.kind === 'subscription') {
      // S2: the stream does not outlive its credentials.
      const { expiresAt } = identity;
      if (expiresAt !== undefined) timer.at(expiresAt, () => stream.expire(credentialsExpired()));
      stream.runs(operations.subscribe(prepared, caller, stream));
      return;
    }
    operations
      .run(prepared, caller)
      .then((result) => stream.result(JSON.stringify(result)))
      .catch((error: unknown) => {
        logger.error({ err: error }, 'an operation failed for a reason of its own');
        stream.error([formatted(error)]);
      });
  }

  /** Ends every stream without `complete`: clients take that for a lost connection and resume elsewhere. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    clearInterval(this.#keepAlive);
    for (const stream of this.#streams) stream.leave();
  }
}

function queryOf({ url = '' }: IncomingMessage): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}
