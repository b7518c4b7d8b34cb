import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLError } from 'graphql';
import { createGraphQLError } from 'graphql-yoga';
import { MillraceError } from '../../core/errors.js';
import { ClientDisconnected } from './client-disconnected.js';
import { answerFast } from './fast-path.js';
import { asOperationRequest, parseJson } from './graphql-request.js';
import { operationResult } from './operation-result.js';
import { refuseBody } from './refuse.js';
import { RequestAborted, readBody } from './request-body.js';
import { type HandledPost, type YogaParts, yogaHandler } from './yoga.js';

interface GraphQLHttpParts extends YogaParts {
  readonly bodyBytes: number;
}

export type GraphQLHttp = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Queries, mutations and GraphiQL over plain HTTP.
 *
 * A POST takes one way: its body is read and parsed, its caller authenticated and its operation run, each
 * once. Then the fast path writes a usual answer, and Yoga is the fallback for all others. Other methods go
 * to Yoga from the start.
 */
export function graphqlHttp(parts: GraphQLHttpParts): GraphQLHttp {
  const yoga = yogaHandler(parts);
  return async (request, response) => {
    if (request.method !== 'POST') return await yoga(request, response);
    let body: Buffer;
    try {
      body = await readBody(request, parts.bodyBytes);
    } catch (error) {
      if (error instanceof RequestAborted) return;
      if (error instanceof MillraceError) return refuseBody(request, response, error, parts.report);
      throw error;
    }
    const post = await handlePost(parts, request, response, body);
    if (post.kind === 'result' && answerFast(request, response, post.result)) return;
    await yoga(request, response, post);
  };
}

async function handlePost(
  parts: GraphQLHttpParts,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): Promise<HandledPost> {
  let params: unknown;
  try {
    params = parseJson(body.toString('utf8'), 'the body');
  } catch (error) {
    if (error instanceof MillraceError) return { kind: 'not-json', error: badRequest(error) };
    throw error;
  }
  const operation = asOperationRequest(params);
  if (operation === undefined) return { kind: 'not-graphql', params };
  const result = await operationResult(parts, request, operation, new ClientDisconnected(response));
  return { kind: 'result', params, result };
}

/** `spec`: Yoga answers 400 for `application/graphql-response+json`, and 200 for `application/json`. */
function badRequest({ message, extensions }: MillraceError): GraphQLError {
  return createGraphQLError(message, { extensions: { ...extensions, http: { spec: true, status: 400 } } });
}
