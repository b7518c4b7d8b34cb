import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import Negotiator from 'negotiator';
import { HTML, MAX_ACCEPT_CHARACTERS } from './media-types.js';

interface RenderedPage {
  readonly identity: Buffer;
  readonly gzip: Buffer;
  readonly etag: string;
  readonly policy: string;
}

const compress = promisify(gzip);

/**
 * A page as browsers get it: rendered and compressed once, on first use, and sent from the same bytes to everybody.
 * However many clients do not read it, it is in memory once (S4).
 */
export class GraphiQLPage {
  readonly #render: () => string;
  #rendered: Promise<RenderedPage> | undefined;

  constructor(render: () => string) {
    this.#render = render;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#rendered ??= rendered(this.#render());
    const page = await this.#rendered;
    const headers = {
      'content-security-policy': page.policy,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      // A browser asks each time, and gets the page again only when it has changed.
      'cache-control': 'no-cache',
      etag: page.etag,
      vary: 'accept, accept-encoding',
    };
    if (request.headers['if-none-match'] === page.etag) {
      response.writeHead(304, headers).end();
      return;
    }
    const { 'accept-encoding': accepted = '' } = request.headers;
    const isReadable = accepted.length <= MAX_ACCEPT_CHARACTERS;
    const encoding = isReadable ? new Negotiator(request).encoding(['gzip', 'identity']) : 'identity';
    const body = encoding === 'gzip' ? page.gzip : page.identity;
    response.writeHead(200, {
      ...headers,
      'content-type': HTML,
      'content-length': body.length,
      ...(encoding === 'gzip' && { 'content-encoding': 'gzip' }),
    });
    response.end(body);
  }
}

async function rendered(html: string): Promise<RenderedPage> {
  const identity = Buffer.from(html);
  return {
    identity,
    gzip: await compress(identity),
    etag: `"${createHash('sha256').update(identity).digest('base64url')}"`,
    policy: contentSecurityPolicy(html),
  };
}

/**
 * Only the page's own scripts run, each known by its hash, and it talks to its own origin only: a schema or a result
 * that contains markup cannot do more than be shown.
 *
 * What GraphiQL needs: Monaco runs its language services in workers from blobs, and sets styles on elements; icons
 * and fonts are `data:` URLs.
 * @see https://www.w3.org/TR/CSP3/
 */
function contentSecurityPolicy(html: string): string {
  const hashes = [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(
    ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    `script-src ${hashes.join(' ')}`,
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
