import type { IncomingMessage } from 'node:http';
import { MillraceError } from '../../core/errors.js';

/**
 * Headers that have one value, of which Node keeps the first and drops the others in silence. A proxy before this server
 * may have read another one: whose credentials were they?
 */
const SINGLE: ReadonlySet<string> = new Set(['host', 'authorization', 'content-type']);
const LENGTHS: ReadonlySet<number> = new Set([...SINGLE].map(({ length }) => length));

/**
 * Why a request is refused that has such a header twice, with different values (RFC 9110, section 5.3; of `Host`, RFC
 * 9112, section 3.2). Hot path (bench: mutations): the lengths of names are compared first.
 */
export function repeatedHeader({ rawHeaders, headers }: IncomingMessage): MillraceError | undefined {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const given = rawHeaders[i] ?? '';
    if (!LENGTHS.has(given.length)) continue;
    const name = given.toLowerCase();
    if (!SINGLE.has(name) || rawHeaders[i + 1] === headers[name]) continue;
    const message = `\`${name}\` is given twice, with different values. Send one of them.`;
    return new MillraceError('BAD_REQUEST', message);
  }
  return undefined;
}
