import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

/** The scheme and authority that a target in absolute form begins with. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * The path of a request, without its query string and without a slash at its end. The target may be in origin form or
 * in absolute form: a server has to accept both (RFC 9112, section 3.2.2).
 */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const target = withoutOrigin(url);
  const end = target.indexOf('?');
  const path = end < 0 ? target : target.slice(0, end);
  if (path === '') return '/';
  // `//` is another path than `/`.
  return path.length > 1 && path.endsWith('/') && !path.endsWith('//') ? path.slice(0, -1) : path;
}

/**
 * The host and port that a request is for, as the client wrote them. In absolute form those of the target count, and
 * `Host` does not (RFC 9112, section 3.2.2). `undefined`: the client said none.
 */
export function hostOf({ url = '', headers }: IncomingMessage): string | undefined {
  if (url.startsWith('/')) return headers.host;
  const [origin] = ORIGIN.exec(url) ?? [];
  return origin === undefined ? headers.host : origin.slice(origin.indexOf('//') + 2);
}

/**
 * The parameters in the query string of a request. `undefined`: it is not UTF-8, and `URLSearchParams` would make
 * U+FFFD, the same character, of whatever is not.
 */
export function searchOf({ url = '' }: IncomingMessage): URLSearchParams | undefined {
  const start = url.indexOf('?');
  // Node refuses targets with bytes that are not ASCII.
  const search = start < 0 ? '' : url.slice(start + 1);
  const bytes = search.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return isUtf8(Buffer.from(bytes, 'latin1')) ? new URLSearchParams(search) : undefined;
}

function withoutOrigin(url: string): string {
  return url.startsWith('/') ? url : url.replace(ORIGIN, '');
}
