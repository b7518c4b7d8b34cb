import type { IncomingMessage } from 'node:http';
import type { ExecutionResult, GraphQLError } from 'graphql';
import { createGraphQLError } from 'graphql-yoga';
import type { Authenticate } from '../../auth/authenticate.js';
import { clientError, type ReportInternal } from '../../core/client-error.js';
import type { Operations } from '../../operation/operations.js';
import type { OperationRequest } from '../../operation/request.js';
import { flatHeaders, httpCaller } from '../caller.js';
import { statusOf } from './refuse.js';

export interface OperationResultParts {
  readonly operations: Operations;
  readonly authenticate: Authenticate;
  readonly report: ReportInternal;
}

/**
 * Runs one query or mutation of a plain HTTP request, from its credentials to its result. Never rejects:
 * refusals are results too, and `extensions.http` of their errors has Yoga's instructions for the response.
 * These errors are created by Yoga, because it recognises errors by a class of which it may have its own copy.
 */
export async function operationResult(
  { operations, authenticate, report }: OperationResultParts,
  request: IncomingMessage,
  operation: OperationRequest,
  running: { readonly signal: AbortSignal },
): Promise<ExecutionResult> {
  try {
    const identity = await authenticate({ headers: flatHeaders(request.headers) });
    const prepared = operations.prepare(operation);
    if (prepared.kind === 'invalid') return { errors: prepared.errors.map(invalidOperation) };
    // A link or an image of another site sends GET requests with the user's credentials (CSRF).
    if (prepared.kind === 'mutation' && request.method !== 'POST') {
      return refusal('A mutation needs a POST request.', 405, { Allow: 'POST' });
    }
    if (prepared.kind === 'subscription') {
      return refusal(
        'A subscription needs a WebSocket (graphql-transport-ws) or `Accept: text/event-stream`.',
        406,
      );
    }
    return await operations.run(prepared, httpCaller(request, operation, identity, running));
  } catch (error) {
    const shown = clientError(error, report);
    const extensions = { ...shown.extensions, http: { status: statusOf(error) } };
    return { errors: [createGraphQLError(shown.message, { extensions })] };
  }
}

/** `spec`: status 400 for `application/graphql-response+json`, 200 for `application/json`. */
function invalidOperation(error: GraphQLError): GraphQLError {
  const extensions = {
    code: 'BAD_REQUEST',
    retry: false,
    ...error.extensions,
    http: { spec: true, status: 400 },
  };
  const { nodes = null, source = null, positions = null, path = null } = error;
  return createGraphQLError(error.message, { nodes, source, positions, path, extensions });
}

function refusal(message: string, status: number, headers: Record<string, string> = {}): ExecutionResult {
  const extensions = { code: 'BAD_REQUEST', retry: false, http: { status, headers } };
  return { errors: [createGraphQLError(message, { extensions })] };
}
