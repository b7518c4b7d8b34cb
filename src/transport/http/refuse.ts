import type { IncomingMessage, ServerResponse } from 'node:http';
import { formattedError, type ReportInternal } from '../../core/client-error.js';
import { ERRORS, type ErrorCode, MillraceError } from '../../core/errors.js';

/** The HTTP status of a request that is refused before anything runs. Others are 503 if they may pass, or else 500. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_REQUEST: 400,
  LIMIT_EXCEEDED: 413,
};

/** In seconds, for errors that do not say. */
const RETRY_AFTER_S = 1;

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

/** How long, and how much, the rest of a refused body is read before the connection is closed. */
const MAX_LINGER_MS = 5_000;
const MAX_LINGER_BYTES = 67_108_864;

/** @returns `undefined` for a code that is none of ours */
export function statusOfCode(code: unknown): number | undefined {
  return isErrorCode(code) ? (STATUS[code] ?? (ERRORS[code].retry ? 503 : 500)) : undefined;
}

function statusOf(error: unknown): number {
  return (error instanceof MillraceError ? statusOfCode(error.code) : undefined) ?? 500;
}

const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(ERRORS, code);

/** Answers with one GraphQL error and nothing else. */
export function refuse(
  response: ServerResponse,
  error: unknown,
  report: ReportInternal,
  status: number = statusOf(error),
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify({ errors: [formattedError(error, report)] });
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(status, {
    ...JSON_TYPE,
    'content-length': Buffer.byteLength(body),
    ...(status === 503 && { 'retry-after': retryAfter(error) }),
    ...headers,
  });
  response.end(body);
}

function retryAfter(error: unknown): string {
  const seconds = error instanceof MillraceError ? error.details['retryAfter'] : undefined;
  return String(typeof seconds === 'number' ? Math.ceil(seconds) : RETRY_AFTER_S);
}

/**
 * Answers 413 before the client has sent its whole body, and closes the connection in a way that lets the
 * client read the answer.
 *
 * Closing at once would lose it: with unread bytes in the receive buffer the kernel sends RST, and a client
 * that still writes fails with EPIPE or ECONNRESET before it reads (RFC 9112, section 9.6). So the answer goes
 * out whole, the rest of the body is read and dropped, and the connection is closed once the body has ended,
 * or at a bound of time and bytes.
 */
export function refuseBody(
  request: IncomingMessage,
  response: ServerResponse,
  error: MillraceError,
  report: ReportInternal,
  type: string,
): void {
  if (request.complete) {
    refuse(response, error, report, 413, { 'content-type': type, connection: 'close' });
    return;
  }
  const body = Buffer.from(JSON.stringify({ errors: [formattedError(error, report)] }));
  response.writeHead(413, { 'content-type': type, 'content-length': body.length, connection: 'close' });
  response.write(body);
  let dropped = 0;
  const close = (): void => {
    clearTimeout(timer);
    // `end` closes the connection with FIN after what was written, because of `connection: close`.
    response.end();
  };
  const timer = setTimeout(close, MAX_LINGER_MS);
  request.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > MAX_LINGER_BYTES) close();
  });
  request.once('end', close);
  request.once('close', close);
  request.resume();
}
