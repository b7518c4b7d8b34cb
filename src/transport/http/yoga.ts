import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult, GraphQLError } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Logger } from '../../observe/log.js';
import { ClientDisconnected } from './client-disconnected.js';
import type { GraphiQL } from './graphiql.js';
import { asOperationRequest } from './graphql-request.js';
import { type OperationResultParts, operationResult } from './operation-result.js';

export interface YogaParts extends OperationResultParts {
  readonly logger: Logger;
  readonly path: string;
  readonly graphiql: GraphiQL | false;
}

/** A POST whose body was read, and whose operation has run: Yoga only writes the response. */
export type HandledPost =
  | { readonly kind: 'result'; readonly params: unknown; readonly result: ExecutionResult }
  /** JSON, but not a GraphQL request. Yoga's own checks say what is wrong with it. */
  | { readonly kind: 'not-graphql'; readonly params: unknown }
  | { readonly kind: 'not-json'; readonly error: GraphQLError };

/** @param post absent for other methods, whose requests Yoga parses */
type YogaHandler = (request: IncomingMessage, response: ServerResponse, post?: HandledPost) => Promise<void>;

interface YogaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly post?: HandledPost | undefined;
}

/**
 * Yoga speaks GraphQL over HTTP: GET requests, content negotiation, the status of errors, and GraphiQL. It
 * executes nothing: `Operations` decides what a request means and may do, as on every other transport.
 */
export function yogaHandler(parts: YogaParts): YogaHandler {
  const { logger, graphiql } = parts;
  const yoga = createYoga<YogaContext>({
    graphqlEndpoint: parts.path,
    landingPage: false,
    // Pages of other origins get no answers. A gateway for them stands behind a proxy that adds CORS headers.
    cors: false,
    multipart: false,
    batching: false,
    // Bodies are read, and bounded, before Yoga gets the request.
    maxRequestBodySize: false,
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
    plugins: [runByOperations(parts)],
  });
  return async (request, response, post) => {
    await yoga(request, response, { req: request, res: response, post });
  };
}

/** Gives Yoga the parameters and the result of each operation, so that it neither parses nor executes. */
function runByOperations(parts: OperationResultParts): Plugin<object, YogaContext> {
  return {
    onRequestParse({ serverContext: { post }, setRequestParser }) {
      if (post === undefined) return;
      setRequestParser(() => {
        if (post.kind === 'not-json') throw post.error;
        // Yoga checks their shape itself, because it expects them from the network.
        return post.params as object;
      });
    },
    async onParams({ params, context: { req, res, post }, setResult }) {
      if (post?.kind === 'result') {
        setResult(post.result);
        return;
      }
      const operation = asOperationRequest(params);
      // Yoga's own checks, which come next, refuse what is not a GraphQL request.
      if (operation === undefined) return;
      setResult(await operationResult(parts, req, operation, new ClientDisconnected(res)));
    },
  };
}
