import { type GraphQLSchema, getOperationAST } from 'graphql';
import type { DocumentValidator } from './document-validator.js';
import { exactVariables, isDeeperThan, MAX_DEPTH } from './exact-variables.js';
import type { Prepared } from './operations.js';
import { refusal } from './refusal.js';
import type { OperationRequest } from './request.js';

/** Parses and validates a request for any schema, and checks its limits. Never throws. */
export function prepareOperation(
  schema: GraphQLSchema,
  documents: DocumentValidator,
  request: OperationRequest,
): Prepared {
  const validated = documents.validate(request.query);
  const { isNew } = validated;
  if ('errors' in validated) return { kind: 'invalid', errors: validated.errors, isNew };
  const operation = getOperationAST(validated.document, request.operationName);
  if (operation === null || operation === undefined) {
    const message =
      request.operationName === undefined
        ? 'The document has several operations: give `operationName`.'
        : `The document has no operation named ${request.operationName}.`;
    return { kind: 'invalid', errors: [refusal('BAD_REQUEST', message)], isNew };
  }
  // The variables are one level of their own.
  if (isDeeperThan(MAX_DEPTH + 1, request.variables)) {
    const message = `The variables are nested too deeply: at most ${MAX_DEPTH} levels are allowed.`;
    return { kind: 'invalid', errors: [refusal('LIMIT_EXCEEDED', message)], isNew };
  }
  const variables = exactVariables(schema, operation, request.variables);
  const exact = variables === request.variables ? request : { ...request, variables };
  return { kind: operation.operation, request: exact, document: validated.document, isNew };
}
