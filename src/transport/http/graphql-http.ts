import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult, GraphQLError } from 'graphql';
import { createGraphQLError, createYoga, type Plugin } from 'graphql-yoga';
import type { Authenticate } from '../../auth/authenticate.js';
import { MillraceError } from '../../core/errors.js';
import type { Logger } from '../../observe/log.js';
import type { Operations } from '../../operation/operations.js';
import type { OperationRequest } from '../../operation/request.js';
import { flatHeaders, httpCaller } from './caller.js';
import type { GraphiQL } from './graphiql.js';
import { plainPost } from './plain-post.js';
import { asOperationRequest } from './request-body.js';
import { statusOf } from './response.js';

export interface GraphQLHttpOptions {
  readonly operations: Operations;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  readonly path: string;
  readonly bodyBytes: number;
  readonly graphiql: GraphiQL | false;
}

/** What Yoga is told of a request by Node's server. */
interface NodeContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

export type GraphQLHttp = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * Queries, mutations and GraphiQL over plain HTTP. Yoga speaks the protocol; what a request means and may
 * do is decided by `Operations`, as on every other transport.
 */
export function graphqlHttp(options: GraphQLHttpOptions): GraphQLHttp {
  const { logger, graphiql } = options;
  const results = new WeakMap<IncomingMessage, ExecutionResult>();
  const yoga = createYoga<NodeContext>({
    graphqlEndpoint: options.path,
    landingPage: false,
    // Another origin's page gets no answers here; a gateway for browsers elsewhere stands behind a proxy.
    cors: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: options.bodyBytes,
    parserAndValidationCache: false,
    ...(graphiql === false
      ? { graphiql: false }
      : { graphiql: graphiql.options, renderGraphiQL: graphiql.render }),
    logging: {
      debug: () => undefined,
      info: (...args: unknown[]) => logger.info({ args }, 'yoga'),
      warn: (...args: unknown[]) => logger.warn({ args }, 'yoga'),
      error: (...args: unknown[]) => logger.error({ args }, 'yoga'),
    },
    plugins: [throughOperations(options, results)],
  });
  return async (request, response) => {
    const answered = await plainPost(options, request, response);
    if (answered === 'answered') return;
    if (answered.left !== undefined) results.set(request, answered.left);
    await yoga(request, response);
  };
}

/**
 * Computes each result with `Operations` and hands it to Yoga, which then executes nothing.
 * @param results those that are there already
 */
function throughOperations(
  { operations, authenticate, logger }: GraphQLHttpOptions,
  results: WeakMap<IncomingMessage, ExecutionResult>,
): Plugin<object, NodeContext> {
  return {
    async onParams({ params, request, context, setResult }) {
      const operation = asOperationRequest(params);
      // What is not a GraphQL request is refused by Yoga's own checks, which come next.
      if (operation === undefined) return;
      setResult(results.get(context.req) ?? (await answer(operation, context.req, request.signal)));
    },
  };

  async function answer(
    operation: OperationRequest,
    request: IncomingMessage,
    signal: AbortSignal,
  ): Promise<ExecutionResult> {
    try {
      const identity = await authenticate({ headers: flatHeaders(request.headers) });
      const prepared = operations.prepare(operation);
      if (prepared.kind === 'invalid') return { errors: prepared.errors.map(badRequest) };
      if (prepared.kind === 'mutation' && request.method !== 'POST') {
        return { errors: [withStatus('A mutation needs a POST request.', 405, { Allow: 'POST' })] };
      }
      if (prepared.kind === 'subscription') {
        const message =
          'A subscription needs a WebSocket (graphql-transport-ws) or `Accept: text/event-stream`.';
        return { errors: [withStatus(message, 406)] };
      }
      return await operations.run(prepared, httpCaller(request, operation, identity, { signal }));
    } catch (error) {
      if (!(error instanceof MillraceError)) {
        logger.error({ err: error }, 'an operation failed for a reason of its own');
      }
      const known =
        error instanceof MillraceError ? error : new MillraceError('INTERNAL', 'This request failed.');
      const extensions = { ...known.extensions, http: { status: statusOf(error) } };
      return { errors: [createGraphQLError(known.message, { extensions })] };
    }
  }
}

/** `spec`: 400 for `application/graphql-response+json`, 200 for `application/json` (GraphQL over HTTP, 6.4). */
function badRequest(error: GraphQLError): GraphQLError {
  return createGraphQLError(error.message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions: { code: 'BAD_REQUEST', retry: false, ...error.extensions, http: { spec: true, status: 400 } },
  });
}

function withStatus(message: string, status: number, headers: Record<string, string> = {}): GraphQLError {
  return createGraphQLError(message, {
    extensions: { code: 'BAD_REQUEST', retry: false, http: { status, headers } },
  });
}
