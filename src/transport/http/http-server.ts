import type { Authenticate } from '../../auth/authenticate.js';
import type { Revocations } from '../../auth/revocations.js';
import type { Identity } from '../../core/identity.js';
import { internalErrors } from '../../observe/internal-errors.js';
import type { Logger } from '../../observe/log.js';
import type { Metrics } from '../../observe/metrics.js';
import type { SecurityLog } from '../../observe/security-log.js';
import { ConnectionSlots } from '../delivery/connection-slots.js';
import { SlowClientMonitor } from '../delivery/slow-client-monitor.js';
import type { TransportLimits } from '../delivery/transport-limits.js';
import { Turns } from '../delivery/turns.js';
import { WriteCoalescer } from '../delivery/write-coalescer.js';
import { TRANSPORTS, type Transport } from '../transports.js';
import { Compression } from '../websocket/compression.js';
import { refuseUpgrade } from '../websocket/websocket-transport.js';
import { Access, type AccessRules } from './access.js';
import { type GraphQLEndpoint, type OpenConnections, openEndpoint } from './endpoint.js';
import { type Folder, filesRoute } from './files-route.js';
import { type HttpListener, type HttpTimeouts, openListener } from './listener.js';
import { pathOf } from './request-target.js';
import { RequestTurns } from './request-turns.js';
import { type Route, router } from './router.js';
import { UnreadAnswers } from './unread-answers.js';
import type { OnUpgrade } from './upgrades.js';

export interface HttpServerOptions {
  /**
   * Each has transports of its own, and all share the node's limits, credentials and revocations (S4). The first one is the
   * clients'.
   */
  readonly endpoints: readonly [GraphQLEndpoint, ...GraphQLEndpoint[]];
  readonly authenticate: Authenticate;
  /** Which credentials were revoked. `undefined`: nothing revokes any. */
  readonly revocations?: Pick<Revocations, 'isRevoked' | 'listeners'> | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly limits: TransportLimits;
  /** By default all. */
  readonly transports?: readonly Transport[];
  readonly timeouts?: HttpTimeouts;
  /** By which names and from which pages the server may be used. By default from its own, by any name. */
  readonly access?: AccessRules;
  readonly securityLog?: SecurityLog;
  /** Further routes by exact path, for GET and HEAD. */
  readonly routes?: Readonly<Record<string, Route>>;
  /** Files and pages. The prefix that is longest takes precedence; paths above take precedence over all of them. */
  readonly folders?: readonly Folder[];
  /** Whether WebSockets may negotiate compression (permessage-deflate). */
  readonly compression?: boolean;
  /** Milliseconds between heartbeats on a quiet connection. */
  readonly keepAlive?: number;
  /** Milliseconds that a WebSocket may take until `connection_init`. */
  readonly initTimeoutMs?: number;
  /** Milliseconds that requests and clients may take to end when the server closes. */
  readonly closeTimeout?: number;
}

/** A listening server. Disposing of it ends everything that runs on it. */
export interface HttpTransport extends AsyncDisposable {
  readonly port: number;
  /** Of the first endpoint. */
  readonly url: string;
  /** Of the first endpoint. */
  readonly connections: OpenConnections;
}

/**
 * How many TCP connections may be open beyond those that are served: idle ones, and those of clients that are told to come
 * back later.
 */
const SPARE_CONNECTIONS = 1_024;

/**
 * Serves GraphQL over HTTP, SSE and WebSocket, and the given routes, on one port.
 * @throws {Error} when it cannot listen: the port is in use, or the host is not of this machine
 */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpTransport> {
  const { closeTimeout = 5_000, host, port, timeouts } = options;
  const transports = createTransports(options, closeTimeout);
  const { handle, report, endpoints, slowClients } = transports;
  const access = new Access(options.access ?? { origins: [], hosts: undefined }, options.securityLog);
  const onUpgrade: OnUpgrade = (request, stream, head) => {
    const websocket = endpoints.get(pathOf(request))?.websocket;
    if (websocket === undefined) refuseUpgrade(stream, '404 Not Found');
    else websocket.upgrade(request, stream, head);
  };
  let listener: HttpListener;
  try {
    listener = await openListener({
      host,
      port,
      timeouts,
      access,
      report,
      maxConnections: options.limits.connections + SPARE_CONNECTIONS,
      onDrop: () => options.metrics.problems.inc({ kind: 'connections' }),
      handle,
      onUpgrade,
    });
  } catch (error) {
    await transports.end();
    slowClients[Symbol.dispose]();
    throw error;
  }
  const [clients] = options.endpoints;
  return {
    port: listener.port,
    url: `${listener.origin}${clients.path}`,
    get connections() {
      return endpoints.get(clients.path)?.connections() ?? { websocket: 0, sse: 0 };
    },
    async [Symbol.asyncDispose]() {
      await listener.close(transports.end, closeTimeout);
      slowClients[Symbol.dispose]();
    },
  };
}

/** What answers requests and upgrades, with the parts that all transports of a node share. */
function createTransports(options: HttpServerOptions, closeTimeout: number) {
  const { authenticate, revocations, logger, metrics, limits, keepAlive = 12_000 } = options;
  const report = internalErrors(logger, metrics, 'a request failed');
  const slowClients = new SlowClientMonitor(limits.slowTimeout, metrics);
  const turns = new Turns();
  const requests = new RequestTurns(turns);
  const shared = {
    ...limits,
    authenticate,
    isRevoked: (identity: Identity) => revocations?.isRevoked(identity) === true,
    report,
    logger,
    keepAlive,
    slowClients,
    turns,
    requests,
    unread: new UnreadAnswers(limits.unreadBytes, slowClients, metrics),
    slots: new ConnectionSlots(limits.connections),
    coalescer: new WriteCoalescer(),
    transports: new Set(options.transports ?? TRANSPORTS),
    compression: options.compression === true ? new Compression() : undefined,
    initTimeoutMs: options.initTimeoutMs ?? 10_000,
    closeTimeout,
  };
  const endpoints = new Map(options.endpoints.map((one) => [one.path, openEndpoint(one, shared)]));
  const each = [...endpoints.values()];
  // S2: each change of the revocations checks all running operations once, so events cost nothing more.
  const endRevoked = (): void => {
    for (const { streams, websocket } of each) {
      streams.endRevoked();
      websocket?.endRevoked();
    }
  };
  revocations?.listeners.add(endRevoked);
  return {
    report,
    endpoints,
    slowClients,
    handle: requests.inTurns(
      router({
        graphql: new Map([...endpoints].map(([path, { route }]) => [path, route])),
        routes: options.routes ?? {},
        folders: (options.folders ?? []).map((folder) => ({
          prefix: folder.prefix,
          route: filesRoute(folder, shared),
        })),
        report,
      }),
    ),
    /** Tells all clients, and waits until WebSockets are closed. */
    end: () => {
      revocations?.listeners.delete(endRevoked);
      return Promise.all(
        each.flatMap(({ streams, websocket }) => [
          streams[Symbol.asyncDispose](),
          websocket?.[Symbol.asyncDispose](),
        ]),
      );
    },
  };
}
