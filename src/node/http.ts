import { isIP } from 'node:net';
import type { Readiness, ReadinessReport } from '../observe/readiness.js';
import type { AccessRules } from '../transport/http/access.js';
import type { Route } from '../transport/http/router.js';
import type { Config } from './config.js';
import { CONSOLE_PREFIX } from './pages.js';

type Scrape = () => Promise<string>;
type Routes = Readonly<Record<string, Route>>;

/** Prometheus's text format, version 0.0.4. */
const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The part of the configuration that the transports read. */
export function httpSettings(config: Config) {
  return {
    host: config.HOST,
    port: config.PORT,
    access: accessRules(config),
    transports: config.TRANSPORTS,
    compression: config.WS_COMPRESSION,
    limits: {
      bodyBytes: config.MAX_BODY_BYTES,
      operationsPerConnection: config.MAX_OPERATIONS,
      connections: config.MAX_CONNECTIONS,
      highWaterMark: config.SLOW_BYTES,
      unreadBytes: config.MAX_UNREAD_BYTES,
      slowTimeout: config.SLOW_TIMEOUT_MS,
    },
    timeouts: {
      idle: config.HTTP_IDLE_TIMEOUT_MS,
      headers: config.HTTP_HEADERS_TIMEOUT_MS,
      request: config.HTTP_REQUEST_TIMEOUT_MS,
    },
  };
}

/**
 * The routes of a gateway besides GraphQL. They are public: `/readyz` names no user, host or topic.
 * @param asyncApi called once, by the first request
 */
export function gatewayRoutes(
  config: Config,
  readiness: Readiness,
  scrape: Scrape,
  asyncApi: () => object,
): Routes {
  return {
    ...healthRoutes(readiness, ({ refusals: _, ...report }) => report),
    ...(config.METRICS && metricsRoute(scrape)),
    // The document shows what introspection shows, and the names of topics.
    ...(config.INTROSPECTION && asyncApiRoute(asyncApi)),
  };
}

function asyncApiRoute(asyncApi: () => object): Routes {
  let text: string | undefined;
  return {
    '/asyncapi.json': (_request, response) => {
      text ??= JSON.stringify(asyncApi());
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
      response.end(text);
    },
  };
}

/** The routes of ADMIN_PORT, which is for operators. */
export function sideRoutes(readiness: Readiness, scrape: Scrape): Routes {
  return { ...healthRoutes(readiness, (report) => report), ...metricsRoute(scrape) };
}

/** A gateway that listens on this machine only is reached by this machine's names only, unless told otherwise. */
export function accessRules({ HOST, ALLOWED_HOSTS, ALLOWED_ORIGINS }: Config): AccessRules {
  const hosts = ALLOWED_HOSTS ?? (isLoopback(HOST) ? [] : undefined);
  return { origins: ALLOWED_ORIGINS, hosts: hosts && [...hosts, HOST], operators: CONSOLE_PREFIX };
}

function healthRoutes(
  readiness: Readiness,
  shown: (report: ReadinessReport) => Partial<ReadinessReport>,
): Routes {
  return {
    '/healthz': (_request, response) => void response.end('ok\n'),
    '/readyz': async (_request, response) => {
      const report = await readiness.report();
      response.writeHead(report.ready ? 200 : 503, {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
      });
      response.end(`${JSON.stringify(shown(report))}\n`);
    },
  };
}

function metricsRoute(scrape: Scrape): Routes {
  return {
    '/metrics': async (_request, response) => {
      const text = await scrape();
      response.writeHead(200, { 'content-type': PROMETHEUS_TYPE });
      response.end(text);
    },
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
