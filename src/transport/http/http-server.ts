import { createServer, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Authenticate } from '../../auth/authenticate.js';
import { internalErrors } from '../../observe/internal-errors.js';
import type { Logger } from '../../observe/log.js';
import type { Metrics } from '../../observe/metrics.js';
import type { Operations } from '../../operation/operations.js';
import { ConnectionSlots } from '../delivery/connection-slots.js';
import { SlowClientMonitor } from '../delivery/slow-client-monitor.js';
import type { TransportLimits } from '../delivery/transport-limits.js';
import { WriteCoalescer } from '../delivery/write-coalescer.js';
import { Compression } from '../websocket/compression.js';
import { refuseUpgrade, WebSocketTransport } from '../websocket/websocket-transport.js';
import { type GraphiQLExample, graphiql } from './graphiql.js';
import { graphqlEndpoint } from './graphql-endpoint.js';
import { pathOf } from './request-target.js';
import { type Route, router } from './router.js';
import { StreamTransport } from './stream-transport.js';
import { serveUpgrades, UPGRADE_OPTIONS } from './upgrades.js';

export interface HttpServerOptions {
  readonly operations: Operations;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly limits: TransportLimits;
  readonly timeouts?: HttpTimeouts;
  /** Further routes by exact path, for GET and HEAD. */
  readonly routes?: Readonly<Record<string, Route>>;
  /** `false`: no GraphiQL. */
  readonly graphiql?: { readonly title?: string } | false;
  /** Operations that GraphiQL opens in its tabs. */
  readonly examples?: readonly GraphiQLExample[];
  /** Whether WebSockets may negotiate compression (permessage-deflate). */
  readonly compression?: boolean;
  /** Milliseconds between heartbeats on a quiet connection. */
  readonly keepAlive?: number;
  /** Milliseconds that a WebSocket may take until `connection_init`. */
  readonly initTimeoutMs?: number;
  /** Milliseconds that requests and clients may take to end when the server closes. */
  readonly closeTimeout?: number;
}

/** In milliseconds. The settings and their defaults are in `node/config.ts`. */
export interface HttpTimeouts {
  /** How long a connection may wait for its next request. */
  readonly idle: number;
  /** How long a client may take to send the headers of a request, from its first byte or from the connection on. */
  readonly headers: number;
  /** How long it may take to send the whole request. */
  readonly request: number;
}

/** A listening server. Disposing of it ends everything that runs on it. */
export interface HttpTransport extends AsyncDisposable {
  readonly port: number;
  /** Of the GraphQL endpoint. */
  readonly url: string;
  /** How many WebSockets and event streams are open. */
  readonly connections: { readonly websocket: number; readonly sse: number };
}

/** Where GraphQL is, over HTTP and over WebSocket. */
const GRAPHQL_PATH = '/graphql';
/**
 * Longer than balancers keep idle connections (60 s by default): when this side closes first, a request that is
 * already on its way is lost. They open connections ahead of requests too, hence `headers`.
 */
const DEFAULT_TIMEOUTS: HttpTimeouts = { idle: 75_000, headers: 80_000, request: 120_000 };
/** How often Node looks for requests that take too long. */
const MAX_CHECK_INTERVAL_MS = 5_000;

/**
 * Serves GraphQL over HTTP, SSE and WebSocket, and the given routes, on one port.
 * @throws {Error} when it cannot listen: the port is in use, or the host is not of this machine
 */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpTransport> {
  const { closeTimeout = 5_000 } = options;
  const transports = createTransports(options, closeTimeout);
  const { handle, streams, websocket, slowClients } = transports;
  let closing = false;
  // The one place where the HTTP server is created.
  const server = createServer(serverOptions(options.timeouts ?? DEFAULT_TIMEOUTS), (request, response) => {
    // A connection that a client keeps alive for later requests would delay the end.
    response.once('close', () => closing && server.closeIdleConnections());
    void handle(request, response);
  });
  serveUpgrades(server, (request, stream, head) => {
    if (pathOf(request) === GRAPHQL_PATH) websocket.upgrade(request, stream, head);
    else refuseUpgrade(stream, '404 Not Found');
  });
  try {
    await listen(server, options.port, options.host);
  } catch (error) {
    await transports.end();
    slowClients[Symbol.dispose]();
    throw error;
  }
  // It listens on TCP, so its address is not the name of a pipe.
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    port,
    url: `http://${host}:${port}${GRAPHQL_PATH}`,
    get connections() {
      return { websocket: websocket.size, sse: streams.size };
    },
    async [Symbol.asyncDispose]() {
      // The order matters: no new connections first, then every client learns that the node stops, and only
      // then are connections closed that are idle. What still runs has the time-out to end.
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await transports.end();
      server.closeIdleConnections();
      const cutOff = setTimeout(() => server.closeAllConnections(), closeTimeout);
      await closed;
      clearTimeout(cutOff);
      slowClients[Symbol.dispose]();
    },
  };
}

function serverOptions({ idle, headers, request }: HttpTimeouts): ServerOptions {
  return {
    ...UPGRADE_OPTIONS,
    keepAliveTimeout: idle,
    // Node refuses to start when it is longer than the time-out of the whole request.
    headersTimeout: Math.min(headers, request),
    requestTimeout: request,
    connectionsCheckingInterval: Math.min(MAX_CHECK_INTERVAL_MS, headers, request),
  };
}

/** What answers requests and upgrades, with the parts that all transports of a node share. */
function createTransports(options: HttpServerOptions, closeTimeout: number) {
  const { operations, authenticate, logger, metrics, limits, keepAlive = 12_000 } = options;
  const report = internalErrors(logger, metrics, 'a request failed');
  const slowClients = new SlowClientMonitor(limits.slowTimeout, metrics);
  const shared = {
    ...limits,
    operations,
    authenticate,
    report,
    keepAlive,
    slowClients,
    slots: new ConnectionSlots(limits.connections),
    coalescer: new WriteCoalescer(),
  };
  const streams = new StreamTransport(shared);
  const websocket = new WebSocketTransport({
    ...shared,
    logger,
    compression: options.compression === true ? new Compression() : undefined,
    initTimeoutMs: options.initTimeoutMs ?? 10_000,
    closeTimeout,
  });
  const page =
    options.graphiql === false
      ? undefined
      : graphiql(options.graphiql?.title ?? 'Millrace', options.examples ?? []);
  return {
    streams,
    websocket,
    slowClients,
    handle: router({
      graphqlPath: GRAPHQL_PATH,
      graphql: graphqlEndpoint({ ...shared, streams, page }),
      routes: options.routes ?? {},
      report,
    }),
    /** Tells all clients, and waits until WebSockets are closed. */
    end: () => Promise.all([streams[Symbol.asyncDispose](), websocket[Symbol.asyncDispose]()]),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
