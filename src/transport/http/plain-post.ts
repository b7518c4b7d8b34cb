import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { ExecutionResult } from 'graphql';
import type { Authenticate } from '../../auth/authenticate.js';
import type { Identity } from '../../core/identity.js';
import type { Operations, Prepared } from '../../operation/operations.js';
import type { OperationRequest } from '../../operation/request.js';
import { flatHeaders, httpCaller } from './caller.js';
import { asOperationRequest } from './request-body.js';

export interface PlainPostOptions {
  readonly operations: Operations;
  readonly authenticate: Authenticate;
}

/** What became of a request. `left`: it is somebody else's to answer, with what was found out so far. */
export type Answered = 'answered' | { readonly left: ExecutionResult | undefined };

/**
 * Answers the usual request, a query or mutation by POST that succeeds, without a Fetch API request and
 * response around it, which cost more than the mutation itself. Hot path (bench: mutations).
 * All else is left for Yoga, which knows how each of its errors is told to whom: the request's body is put
 * back where Yoga looks for it.
 * @see https://github.com/graphql/graphql-over-http/blob/main/spec/GraphQLOverHTTP.md section 6.4
 */
export async function plainPost(
  { operations, authenticate }: PlainPostOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Answered> {
  const type = plainType(request);
  if (type === undefined) return { left: undefined };
  const body = await bodyOf(request);
  if (body === undefined) return 'answered'; // Nobody is there any more.
  const left = (result?: ExecutionResult): Answered => {
    Object.assign(request, { body: Readable.from([body]) });
    return { left: result };
  };
  const operation = operationOf(body);
  if (operation === undefined) return left();
  let identity: Identity;
  try {
    identity = await authenticate({ headers: flatHeaders(request.headers) });
  } catch {
    return left(); // It is refused again there, and told.
  }
  const prepared: Prepared = operations.prepare(operation);
  if (prepared.kind !== 'query' && prepared.kind !== 'mutation') return left();
  const gone = new Gone(response);
  const result = await operations.run(prepared, httpCaller(request, operation, identity, gone));
  if (result.errors !== undefined) return left(result);
  const text = JSON.stringify(result);
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
  return 'answered';
}

/** The type that is answered with, of a request that is a plain one. */
function plainType({ method, url = '', headers }: IncomingMessage): string | undefined {
  if (method !== 'POST' || url.includes('?')) return undefined;
  if (headers['content-length'] === undefined || headers['content-encoding'] !== undefined) return undefined;
  const accept = headers.accept ?? '*/*';
  if (accept === '*/*' || accept === 'application/json') return 'application/json; charset=utf-8';
  if (
    accept.startsWith('application/graphql-response+json') &&
    !/charset|event-stream|multipart/i.test(accept)
  )
    return 'application/graphql-response+json; charset=utf-8';
  return undefined;
}

/** Of a request whose length was held against the limit. `undefined`: the client went away before its end. */
function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    request.once('close', () => resolve(undefined));
    request.once('error', () => resolve(undefined));
  });
}

function operationOf(body: Buffer): OperationRequest | undefined {
  try {
    return asOperationRequest(JSON.parse(body.toString('utf8')));
  } catch {
    return undefined; // It is told why elsewhere.
  }
}

/** Whether the caller is gone, made for who asks: most never do. */
class Gone {
  readonly #response: ServerResponse;
  #abort: AbortController | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      const response = this.#response;
      const end = (): void => {
        if (!response.writableFinished) abort.abort();
      };
      if (response.closed) end();
      else response.once('close', end);
      this.#abort = abort;
    }
    return this.#abort.signal;
  }
}
