import type { ServerResponse } from 'node:http';
import { type ErrorCode, MillraceError } from '../../core/errors.js';
import { formatted } from './refusal.js';

/** The HTTP status of a request that was refused before anything ran. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_REQUEST: 400,
  LIMIT_EXCEEDED: 413,
  OVERLOADED: 503,
  SHUTTING_DOWN: 503,
};

export function statusOf(error: unknown): number {
  return (error instanceof MillraceError ? STATUS[error.code] : undefined) ?? 500;
}

/** Answers with a GraphQL error and nothing else. */
export function refuse(
  response: ServerResponse,
  error: unknown,
  status: number = statusOf(error),
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({ errors: [formatted(error)] });
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(body);
}
