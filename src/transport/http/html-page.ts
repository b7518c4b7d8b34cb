import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HTML } from './media-types.js';

/** Directives of a Content-Security-Policy, by name. */
export type Policy = Readonly<Record<string, string>>;

/** Where the build of a page left a place for the nonce of its styles (Vite's `html.cspNonce`). */
const NONCE_PLACE = '{{nonce}}';
const NONCE_BYTES = 16;

/**
 * What pages may do: run scripts and load files of their own origin, and talk to it. Whatever markup event data contain, a
 * page of another origin learns nothing of it.
 *
 * Styles that scripts add need the nonce of this response. It is a new one each time, since a nonce that is known protects
 * nothing; so a page is never cached.
 * @see https://www.w3.org/TR/CSP3/
 */
const STRICT = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': `'self' 'nonce-${NONCE_PLACE}'`,
  'img-src': "'self' data:",
  'font-src': "'self'",
  'connect-src': "'self'",
  'worker-src': "'self'",
  'manifest-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
} satisfies Policy;

/** A worker has the policy of its own script, and not that of its page. */
const WORKER: Policy = {
  'default-src': STRICT['default-src'],
  'script-src': STRICT['script-src'],
  'connect-src': STRICT['connect-src'],
};

/** The header of a page. @param exceptions directives that take the place of the strict ones */
const pagePolicy = (exceptions: Policy): string => headerOf({ ...STRICT, ...exceptions });

/** The header of a script, which may be a worker's. @param exceptions those of its page */
export const scriptPolicy = (exceptions: Policy): string =>
  headerOf({ ...WORKER, ...pick(exceptions, Object.keys(WORKER)) });

const headerOf = (policy: Policy): string =>
  Object.entries(policy)
    .map(([name, value]) => `${name} ${value}`.trimEnd())
    .join('; ');

const pick = (policy: Policy, names: readonly string[]): Policy =>
  Object.fromEntries(Object.entries(policy).filter(([name]) => names.includes(name)));

/** An HTML page that a build has made, with its policy. */
export class HtmlPage {
  readonly #html: string;
  readonly #policy: string;

  private constructor(html: string, policy: string) {
    this.#html = html;
    this.#policy = policy;
  }

  /**
   * @param exceptions directives that take the place of the strict ones
   * @param fill adds to the page what its build could not know
   */
  static async read(
    path: string,
    exceptions: Policy = {},
    fill = (html: string): string => html,
  ): Promise<HtmlPage> {
    return new HtmlPage(fill(await readFile(path, 'utf8')), pagePolicy(exceptions));
  }

  async answer(_request: IncomingMessage, response: ServerResponse): Promise<void> {
    const nonce = randomBytes(NONCE_BYTES).toString('base64url');
    const body = Buffer.from(this.#html.replaceAll(NONCE_PLACE, nonce));
    response.writeHead(200, {
      'content-type': HTML,
      'content-length': body.length,
      'content-security-policy': this.#policy.replaceAll(NONCE_PLACE, nonce),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-store',
      vary: 'accept',
    });
    // Node leaves the body out of the answer to HEAD.
    response.end(body);
  }
}
