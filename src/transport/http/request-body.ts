import type { IncomingMessage } from 'node:http';
import { MillraceError } from '../../core/errors.js';

/** The client closed the connection before the end of its request: nobody is left to answer. */
export class RequestAborted extends Error {
  override readonly name = 'RequestAborted';
}

/**
 * Reads a whole body, with events: an async iterator costs a promise for each chunk. Hot path (bench: mutations).
 * @throws {MillraceError} LIMIT_EXCEEDED above `limit` bytes, as soon as they are exceeded
 * @throws {RequestAborted}
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // A client that left before this call, while its credentials were checked: no event would follow.
    if (request.destroyed) {
      reject(new RequestAborted());
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= limit) {
        chunks.push(chunk);
        return;
      }
      request.off('data', onData);
      reject(bodyTooLarge(limit));
    };
    const onAbort = (): void => reject(new RequestAborted());
    request.on('data', onData);
    request.once('end', () => {
      // `close` follows every request. An error takes a stack trace, and most requests do not need one.
      request.off('close', onAbort);
      const [first] = chunks;
      resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes));
    });
    request.once('close', onAbort);
    request.once('error', onAbort);
  });
}

export function bodyTooLarge(limit: number): MillraceError {
  return new MillraceError('LIMIT_EXCEEDED', `The body exceeds the limit of ${limit} bytes.`);
}
