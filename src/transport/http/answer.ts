import type { ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { stringifyJson } from '../../core/exact-json.js';
import { type JsonType, PLAIN_JSON } from './media-types.js';
import { statusOfCode } from './refuse.js';

/** Answers with the result of a query or mutation. Hot path (bench: mutations). */
export function answerResult(response: ServerResponse, result: ExecutionResult, type: JsonType): void {
  const text = stringifyJson(result);
  response.writeHead(statusOf(result, type), {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/**
 * A result with `data`, even `null`, is that of an operation that ran. Without, the document or its variables were
 * refused: 4xx, except for `application/json`, whose clients expect 200 for everything that GraphQL itself answers.
 */
function statusOf({ data, errors = [] }: ExecutionResult, type: JsonType): number {
  if (data !== undefined) return 200;
  const statuses = errors.map(({ extensions }) => statusOfCode(extensions['code']) ?? 400);
  const highest = Math.max(400, ...statuses);
  if (highest >= 500) return highest;
  return type === PLAIN_JSON ? 200 : 400;
}
