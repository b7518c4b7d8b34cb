import type { ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { resultJson, WrittenResult } from '../../operation/written-result.js';
import { type JsonType, PLAIN_JSON } from './media-types.js';
import { statusOfCode } from './refuse.js';

/** Answers with the result of a query or mutation. Hot path (bench: mutations). */
export function answerResult(response: ServerResponse, result: ExecutionResult, type: JsonType): void {
  const text = resultJson(result);
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
function statusOf(result: ExecutionResult, type: JsonType): number {
  if (result instanceof WrittenResult) return 200;
  const { data, errors = [] } = result;
  if (data !== undefined) return 200;
  const statuses = errors.map(({ extensions }) => statusOfCode(extensions['code']) ?? 400);
  const highest = Math.max(400, ...statuses);
  if (highest >= 500) return highest;
  return type === PLAIN_JSON ? 200 : 400;
}
