import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ReportInternal } from '../../core/client-error.js';
import { refuseUpgrade } from '../websocket/websocket-transport.js';
import type { Access } from './access.js';
import { refuse } from './refuse.js';
import { repeatedHeader } from './repeated-headers.js';
import { type OnUpgrade, serveUpgrades, UPGRADE_OPTIONS } from './upgrades.js';

/** In milliseconds. The settings and their defaults are in `node/config.ts`. */
export interface HttpTimeouts {
  /** How long a connection may wait for its next request. */
  readonly idle: number;
  /** How long a client may take to send the headers of a request, from its first byte or from the connection on. */
  readonly headers: number;
  /** How long it may take to send the whole request. */
  readonly request: number;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly timeouts?: HttpTimeouts | undefined;
  readonly access: Access;
  readonly report: ReportInternal;
  /** S4: how many TCP connections may be open, idle ones included. Further ones are closed at once. Default: any number. */
  readonly maxConnections?: number;
  /** Called for each connection that was closed for that. */
  readonly onDrop?: () => void;
  /** Never throws, and never rejects. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
  /** `undefined`: upgrades are ignored. */
  readonly onUpgrade?: OnUpgrade;
}

export interface HttpListener {
  readonly port: number;
  /** Of the root, without a path. */
  readonly origin: string;
  /**
   * Stops listening, calls `end`, closes connections that are idle, and waits for the others.
   * @param end tells all clients, and waits until they are gone where it can
   * @param timeoutMs after it, connections are cut
   */
  close(end: () => Promise<unknown>, timeoutMs: number): Promise<void>;
}

/**
 * Longer than balancers keep idle connections (60 s by default): when this side closes first, a request that is
 * already on its way is lost. They open connections ahead of requests too, hence `headers`.
 */
const DEFAULT_TIMEOUTS: HttpTimeouts = { idle: 75_000, headers: 80_000, request: 120_000 };
/**
 * How many connections may wait until this process accepts them; the system caps it (`net.core.somaxconn`, 4,096 on Linux).
 * Node's own 511 are too few when the clients of another node come at once: the system drops the first packet of the others,
 * and they repeat it after 1, 3, 7 … seconds, up to a minute (bench: sockets).
 */
const BACKLOG = 65_535;
/** How often Node looks for requests that take too long. */
const MAX_CHECK_INTERVAL_MS = 5_000;

/**
 * Opens a port. The one place where an HTTP server is created: what holds for every request, whatever its path, is
 * here.
 * @throws {Error} when it cannot listen: the port is in use, or the host is not of this machine
 */
export async function openListener(options: ListenerOptions): Promise<HttpListener> {
  const { access, report, handle, onUpgrade } = options;
  let closing = false;
  const server = createServer(serverOptions(options.timeouts ?? DEFAULT_TIMEOUTS), (request, response) => {
    // A connection that a client keeps alive for later requests would delay the end.
    response.once('close', () => closing && server.closeIdleConnections());
    const refusal = repeatedHeader(request) ?? access.refusal(request);
    if (refusal !== undefined) refuse(response, refusal, report);
    else if (!access.cors(request, response)) void handle(request, response);
  });
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
  if (options.onDrop !== undefined) server.on('drop', options.onDrop);
  if (onUpgrade !== undefined) {
    serveUpgrades(server, (request, stream, head) => {
      if (repeatedHeader(request) !== undefined) refuseUpgrade(stream, '400 Bad Request');
      else if (access.refusal(request) === undefined) onUpgrade(request, stream, head);
      else refuseUpgrade(stream, '403 Forbidden');
    });
  }
  await listen(server, options.port, options.host);
  // It listens on TCP, so its address is not the name of a pipe.
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    port,
    origin: `http://${host}:${port}`,
    async close(end, timeoutMs) {
      // The order matters: no new connections first, then every client learns that the node stops, and only
      // then are connections closed that are idle. What still runs has the time-out to end.
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await end();
      server.closeIdleConnections();
      const cutOff = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await closed;
      clearTimeout(cutOff);
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

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
