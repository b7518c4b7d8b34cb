import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { MillraceError } from '../../core/errors.js';
import type { SecurityLog } from '../../observe/security-log.js';
import { hostOf, pathOf } from './request-target.js';

export interface AccessRules {
  /** Origins, besides the gateway's own, whose pages may use it; `*` for all. */
  readonly origins: readonly string[];
  /** Names by which clients may reach the gateway, besides this machine's own; `undefined` or `*` for all. */
  readonly hosts: readonly string[] | undefined;
  /** What the paths of operators begin with. `*` does not open them: only origins that are named. */
  readonly operators?: string;
}

/** How long a browser may remember the answer to a preflight. Chromium's own limit is 7,200 s. */
const PREFLIGHT_MAX_AGE_S = 7_200;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * Decides by `Host` and `Origin` whether a request may come in. Both are sent by browsers, on behalf of pages that
 * may be anybody's; programs send no `Origin`, and are not concerned.
 *
 * - **Host**: a page can make its own domain resolve to this machine (DNS rebinding). It is then of the same origin as
 *   the gateway, but `Host` has the page's domain.
 * - **Origin**: a browser lets any page open WebSockets and send simple requests to any server, with the user's
 *   cookies and from inside the user's network.
 */
export class Access {
  readonly #origins: ReadonlySet<string>;
  readonly #hosts: ReadonlySet<string> | undefined;
  readonly #operators: string | undefined;
  readonly #securityLog: SecurityLog | undefined;

  constructor({ origins, hosts, operators }: AccessRules, securityLog?: SecurityLog) {
    this.#origins = new Set(origins.map((origin) => origin.toLowerCase()));
    this.#hosts =
      hosts === undefined || hosts.includes('*')
        ? undefined
        : new Set(hosts.map((host) => host.toLowerCase()));
    this.#operators = operators;
    this.#securityLog = securityLog;
  }

  /** @returns why the request is refused; `undefined` when it may come in */
  refusal(request: IncomingMessage): MillraceError | undefined {
    const origin = originOf(request);
    const host = hostOf(request);
    if (host !== undefined && !this.#allowsHost(host)) {
      this.#log('host', request);
      return new MillraceError(
        'FORBIDDEN',
        `The host ${JSON.stringify(host)} is not allowed (ALLOWED_HOSTS).`,
      );
    }
    if (origin !== undefined && !isSameOrigin(origin, host) && !this.#allowsOrigin(origin, request)) {
      this.#log('origin', request);
      const message = `Pages of the origin ${JSON.stringify(origin)} are not allowed (ALLOWED_ORIGINS).`;
      return new MillraceError('FORBIDDEN', message);
    }
    return undefined;
  }

  /**
   * Lets the page of an allowed origin read the answer (CORS). Call it for requests that may come in.
   * @returns whether the request was a preflight, which is answered now
   * @see https://fetch.spec.whatwg.org/#http-cors-protocol
   */
  cors(request: IncomingMessage, response: ServerResponse): boolean {
    const { method, headers } = request;
    const origin = originOf(request);
    if (origin === undefined || isSameOrigin(origin, hostOf(request))) return false;
    response.setHeader('vary', 'origin');
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', 'retry-after');
    // Cookies only for origins that are named.
    if (this.#origins.has(origin.toLowerCase()))
      response.setHeader('access-control-allow-credentials', 'true');
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false;
    response.writeHead(204, {
      'access-control-allow-methods': 'GET, POST, PUT, DELETE',
      // A project's `authenticate` may read any header, and the origin is trusted.
      'access-control-allow-headers': headers['access-control-request-headers'] ?? 'content-type',
      'access-control-max-age': String(PREFLIGHT_MAX_AGE_S),
    });
    response.end();
    return true;
  }

  /** An IP address cannot be rebound: a page that has one as its host came from there. */
  #allowsHost(host: string): boolean {
    if (this.#hosts === undefined) return true;
    const name = hostname(host);
    return name !== undefined && (isIP(name) !== 0 || isLocalhost(name) || this.#hosts.has(name));
  }

  /**
   * `*` opens the public API to all pages, and not the console: a page that an operator happens to open could connect a WebSocket
   * to it with the operator's cookies, or from inside the operator's network.
   */
  #allowsOrigin(origin: string, request: IncomingMessage): boolean {
    if (this.#origins.has(origin.toLowerCase())) return true;
    const isForOperators = this.#operators !== undefined && pathOf(request).startsWith(this.#operators);
    return this.#origins.has('*') && !isForOperators;
  }

  #log(reason: 'host' | 'origin', { headers, socket, url }: IncomingMessage): void {
    this.#securityLog?.refused(reason, `a foreign ${reason} was refused`, {
      host: headers.host,
      origin: headers.origin,
      path: url,
      remoteAddress: socket.remoteAddress,
      forwardedFor: String(headers['x-forwarded-for'] ?? '') || undefined,
    });
  }
}

/** An empty header is as if left out. A browser has `null` for a page without an origin. */
const originOf = ({ headers }: IncomingMessage): string | undefined => headers.origin || undefined;

/** Whether a page of `origin` is at the same host and port. TLS may end at a proxy, so the scheme does not count. */
function isSameOrigin(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const page = new URL(origin);
  if (page.host === '') return false;
  const usual = DEFAULT_PORTS[page.protocol] ?? '';
  const withPort = page.port === '' ? `${page.hostname}:${usual}` : page.host;
  const asked = host.toLowerCase();
  return asked === page.host || asked === withPort;
}

/** The name in a `Host` header, without port, brackets and the root's dot; `undefined`: it is not valid. */
function hostname(host: string): string | undefined {
  const [, bracketed, name] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::\d*)?$/i.exec(host) ?? [];
  return (bracketed ?? name)?.toLowerCase().replace(/\.$/, '');
}

function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}
