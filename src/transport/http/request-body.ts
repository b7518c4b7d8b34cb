import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { MillraceError } from '../../core/errors.js';
import type { OperationRequest } from '../../operation/request.js';

const OBJECT = z.record(z.string(), z.unknown()).nullish();

/** A GraphQL request in JSON (GraphQL over HTTP, section 5.4). */
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

/** `undefined` when it is not a GraphQL request. */
export function asOperationRequest(value: unknown): OperationRequest | undefined {
  return REQUEST.safeParse(value).data;
}

/** Of the query string of a GET request, where variables and extensions are JSON text (section 5.3). */
export function requestOfQuery(search: URLSearchParams): OperationRequest {
  return checked({
    query: search.get('query'),
    operationName: search.get('operationName'),
    variables: json(search.get('variables') ?? 'null', 'variables'),
    extensions: json(search.get('extensions') ?? 'null', 'extensions'),
  });
}

/** @throws {MillraceError} LIMIT_EXCEEDED above `limit` bytes, BAD_REQUEST when it is not a GraphQL request */
export async function requestOfBody(request: IncomingMessage, limit: number): Promise<OperationRequest> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > limit) throw bodyTooLarge(limit);
    chunks.push(chunk);
  }
  return checked(json(Buffer.concat(chunks, bytes).toString('utf8'), 'The body'));
}

export function bodyTooLarge(limit: number): MillraceError {
  return new MillraceError('LIMIT_EXCEEDED', `The body is larger than ${limit} bytes.`);
}

function checked(value: unknown): OperationRequest {
  const request = asOperationRequest(value);
  if (request !== undefined) return request;
  throw new MillraceError(
    'BAD_REQUEST',
    'A GraphQL request has a `query`, and optionally `operationName`, `variables` and `extensions`.',
  );
}

function json(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MillraceError('BAD_REQUEST', `${what} is not JSON.`);
  }
}
