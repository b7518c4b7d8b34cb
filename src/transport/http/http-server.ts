import type { Authenticate } from '../../auth/authenticate.js';
import type { Revocations } from '../../auth/revocations.js';
import type { Identity } from '../../core/identity.js';
import { internalErrors } from '../../observe/internal-errors.js';
import type { Logger } from '../../observe/log.js';
import type { Metrics } from '../../observe/metrics.js';
import type { SecurityLog } from '../../observe/security-log.js';
import type { Operations } from '../../operation/operations.js';
import { ConnectionSlots } from '../delivery/connection-slots.js';
import { SlowClientMonitor } from '../delivery/slow-client-monitor.js';
import type { TransportLimits } from '../delivery/transport-limits.js';
import { Turns } from '../delivery/turns.js';
import { WriteCoalescer } from '../delivery/write-coalescer.js';
import { TRANSPORTS, type Transport } from '../transports.js';
import { Compression } from '../websocket/compression.js';
import { GRAPHQL_TRANSPORT_WS } from '../websocket/graphql-transport-ws.js';
import { GRAPHQL_WS } from '../websocket/graphql-ws.js';
import { refuseUpgrade, WebSocketTransport } from '../websocket/websocket-transport.js';
import { Access, type AccessRules } from './access.js';
import { type GraphiQLExample, graphiql } from './graphiql.js';
import { graphqlEndpoint } from './graphql-endpoint.js';
import { type HttpListener, type HttpTimeouts, openListener } from './listener.js';
import { pathOf } from './request-target.js';
import { RequestTurns } from './request-turns.js';
import { type Route, router } from './router.js';
import { SingleConnections } from './single-connections.js';
import { StreamTransport } from './stream-transport.js';
import { UnreadAnswers } from './unread-answers.js';
import type { OnUpgrade } from './upgrades.js';

export interface HttpServerOptions {
  readonly operations: Operations;
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

/** A listening server. Disposing of it ends everything that runs on it. */
export interface HttpTransport extends AsyncDisposable {
  readonly port: number;
  /** Of the GraphQL endpoint. */
  readonly url: string;
  /** How many WebSockets and event streams are open. */
  readonly connections: { readonly websocket: number; readonly sse: number };
}

/**
 * How many TCP connections may be open beyond those that are served: idle ones, and those of clients that are told to come
 * back later.
 */
const SPARE_CONNECTIONS = 1_024;

/** Where GraphQL is, over HTTP and over WebSocket. */
const GRAPHQL_PATH = '/graphql';

/** Those of WebSockets, the preferred one first. */
const SUBPROTOCOLS = [GRAPHQL_TRANSPORT_WS, GRAPHQL_WS];

/**
 * Serves GraphQL over HTTP, SSE and WebSocket, and the given routes, on one port.
 * @throws {Error} when it cannot listen: the port is in use, or the host is not of this machine
 */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpTransport> {
  const { closeTimeout = 5_000, host, port, timeouts } = options;
  const transports = createTransports(options, closeTimeout);
  const { handle, report, streams, websocket, slowClients } = transports;
  const access = new Access(options.access ?? { origins: [], hosts: undefined }, options.securityLog);
  const onUpgrade: OnUpgrade = (request, stream, head) => {
    if (websocket !== undefined && pathOf(request) === GRAPHQL_PATH) websocket.upgrade(request, stream, head);
    else refuseUpgrade(stream, '404 Not Found');
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
  const connections = () => ({ websocket: websocket?.size ?? 0, sse: streams.size });
  options.metrics.connectionsNow = connections;
  return {
    port: listener.port,
    url: `${listener.origin}${GRAPHQL_PATH}`,
    get connections() {
      return connections();
    },
    async [Symbol.asyncDispose]() {
      await listener.close(transports.end, closeTimeout);
      slowClients[Symbol.dispose]();
    },
  };
}

/** What answers requests and upgrades, with the parts that all transports of a node share. */
function createTransports(options: HttpServerOptions, closeTimeout: number) {
  const { operations, authenticate, revocations, logger, metrics, limits, keepAlive = 12_000 } = options;
  const transports = new Set(options.transports ?? TRANSPORTS);
  const report = internalErrors(logger, metrics, 'a request failed');
  const slowClients = new SlowClientMonitor(limits.slowTimeout, metrics);
  const turns = new Turns();
  const requests = new RequestTurns(turns);
  const shared = {
    ...limits,
    operations,
    authenticate,
    isRevoked: (identity: Identity) => revocations?.isRevoked(identity) === true,
    report,
    keepAlive,
    slowClients,
    turns,
    slots: new ConnectionSlots(limits.connections),
    coalescer: new WriteCoalescer(),
  };
  const streams = new StreamTransport(shared);
  const single = transports.has('sse-single') ? new SingleConnections({ ...shared, streams }) : undefined;
  const [preferred, ...others] = SUBPROTOCOLS.filter(({ name }) => transports.has(name));
  const websocket =
    preferred &&
    new WebSocketTransport({
      ...shared,
      logger,
      subprotocols: [preferred, ...others],
      compression: options.compression === true ? new Compression() : undefined,
      initTimeoutMs: options.initTimeoutMs ?? 10_000,
      closeTimeout,
    });
  // S2: each change of the revocations checks all running operations once, so events cost nothing more.
  const endRevoked = (): void => {
    streams.endRevoked();
    websocket?.endRevoked();
  };
  revocations?.listeners.add(endRevoked);
  const unread = new UnreadAnswers(limits.unreadBytes, slowClients, metrics);
  const page =
    options.graphiql === false
      ? undefined
      : graphiql(options.graphiql?.title ?? 'Millrace', options.examples ?? []);
  return {
    report,
    streams,
    websocket,
    slowClients,
    handle: requests.inTurns(
      router({
        graphql: {
          path: GRAPHQL_PATH,
          route: graphqlEndpoint({ ...shared, streams, transports, single, requests, page, unread }),
        },
        routes: options.routes ?? {},
        report,
      }),
    ),
    /** Tells all clients, and waits until WebSockets are closed. */
    end: () => {
      revocations?.listeners.delete(endRevoked);
      return Promise.all([streams[Symbol.asyncDispose](), websocket?.[Symbol.asyncDispose]()]);
    },
  };
}
