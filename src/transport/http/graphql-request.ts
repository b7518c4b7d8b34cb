import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { MillraceError } from '../../core/errors.js';
import type { OperationRequest } from '../../operation/request.js';

const OBJECT = z.record(z.string(), z.unknown()).nullish();

/** A GraphQL request in JSON (GraphQL over HTTP, "Request Parameters"). */
const REQUEST = z
  .object({
    query: z.string(),
    operationName: z.string().nullish(),
    variables: OBJECT,
    extensions: OBJECT,
  })
  .transform(({ query, operationName, variables, extensions }) => ({
    query,
    operationName: operationName ?? undefined,
    variables: variables ?? undefined,
    extensions: extensions ?? undefined,
  }));

/** @returns `undefined` when it is not a GraphQL request */
export function asOperationRequest(value: unknown): OperationRequest | undefined {
  return REQUEST.safeParse(value).data;
}

/** @throws {MillraceError} BAD_REQUEST when it is not a GraphQL request */
export function toOperationRequest(value: unknown): OperationRequest {
  const request = asOperationRequest(value);
  if (request !== undefined) return request;
  throw new MillraceError(
    'BAD_REQUEST',
    'A GraphQL request needs a `query`; `operationName`, `variables` and `extensions` are optional.',
  );
}

/**
 * The request in the query string of a GET, where variables and extensions are JSON text.
 * @throws {MillraceError} BAD_REQUEST when it is not a GraphQL request
 */
export function operationRequestOfQuery({ url = '' }: IncomingMessage): OperationRequest {
  const start = url.indexOf('?');
  const search = new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
  return toOperationRequest({
    query: search.get('query'),
    operationName: search.get('operationName'),
    variables: parseJson(search.get('variables') ?? 'null', '`variables`'),
    extensions: parseJson(search.get('extensions') ?? 'null', '`extensions`'),
  });
}

/**
 * @param what names the text in the message of the error
 * @throws {MillraceError} BAD_REQUEST when it is not JSON
 */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MillraceError('BAD_REQUEST', `Invalid JSON in ${what}.`, { cause });
  }
}
