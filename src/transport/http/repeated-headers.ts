import type { IncomingMessage } from 'node:http';
import { MillraceError } from '../../core/errors.js';

/**
 * Headers that have one value, of which Node keeps the first and drops the others in silence. A proxy before this server
 * may have read another one: whose credentials were they?
 */
const SINGLE: ReadonlySet<string> = new Set(['host', 'content-type', 'authorization']);

/**
 * Why a request is refused that has such a header twice, with different values (RFC 9110, section 5.3; of `Host`, RFC
 * 9112, section 3.2). Hot path (bench: mutations): a name is compared only if its length fits, and its value is another.
 */
export function repeatedHeader({ rawHeaders, headers }: IncomingMessage): MillraceError | undefined {
  const { host, authorization } = headers;
  const type = headers['content-type'];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const given = rawHeaders[i] ?? '';
    const value = rawHeaders[i + 1];
    const { length } = given;
    const kept = length === 4 ? host : length === 12 ? type : length === 13 ? authorization : value;
    if (value === kept) continue;
    const name = given.toLowerCase();
    if (!SINGLE.has(name)) continue;
    const message = `\`${name}\` is given twice, with different values. Send one of them.`;
    return new MillraceError('BAD_REQUEST', message);
  }
  return undefined;
}
