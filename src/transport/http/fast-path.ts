import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';

/**
 * Writes the usual answer, a result without errors to a POST, without a Fetch API request and response around
 * it: those cost more than the mutation itself. Hot path (bench: mutations).
 *
 * Everything else falls back to Yoga, which knows the status and the media type of every error.
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types
 * @returns `false` when the answer was not written and Yoga has to
 */
export function answerFast(
  request: IncomingMessage,
  response: ServerResponse,
  result: ExecutionResult,
): boolean {
  if (result.errors !== undefined) return false;
  const type = fastMediaType(request);
  if (type === undefined) return false;
  const text = JSON.stringify(result);
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
  return true;
}

/** The media type of the answer, where it is plain which one the client prefers. */
function fastMediaType({ url = '', headers }: IncomingMessage): string | undefined {
  if (url.includes('?')) return undefined;
  const accept = headers.accept ?? '*/*';
  if (accept === '*/*' || accept === 'application/json') return 'application/json; charset=utf-8';
  if (
    accept.startsWith('application/graphql-response+json') &&
    !/charset|event-stream|multipart/i.test(accept)
  )
    return 'application/graphql-response+json; charset=utf-8';
  return undefined;
}
