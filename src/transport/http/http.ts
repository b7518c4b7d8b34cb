import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Authenticate } from '../../auth/authenticate.js';
import { MillraceError } from '../../core/errors.js';
import type { Logger } from '../../observe/log.js';
import { Metrics } from '../../observe/metrics.js';
import type { Operations } from '../../operation/operations.js';
import { DEFAULT_LIMITS, Places, type TransportLimits } from '../delivery/limits.js';
import { TurnEnd } from '../delivery/outbox.js';
import { SlowClients } from '../delivery/slow-clients.js';
import { SseTransport } from '../sse/sse.js';
import { Compression } from '../websocket/compression.js';
import { Templates } from '../websocket/templates.js';
import { refuseUpgrade, WebSocketTransport } from '../websocket/websocket-transport.js';
import { type GraphiQLExample, graphiql } from './graphiql.js';
import { type GraphQLHttp, graphqlHttp } from './graphql-http.js';
import { bodyTooLarge } from './request-body.js';
import { refuse } from './response.js';

/** Answers a request for one path. */
export type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface HttpServerOptions {
  readonly operations: Operations;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Where GraphQL is. */
  readonly path?: string;
  readonly limits?: Partial<TransportLimits>;
  /** By path, for GET and HEAD; a path that ends in `/*` is for everything below. */
  readonly routes?: Readonly<Record<string, Route>>;
  /** `false`: none. */
  readonly graphiql?: { readonly title?: string } | false;
  /** Whether WebSockets that ask for it get compressed results. */
  readonly compression?: boolean;
  /** GraphiQL's tabs. */
  readonly examples?: readonly GraphiQLExample[];
  /** Milliseconds between two signs of life on a quiet connection. */
  readonly keepAlive?: number;
  /** Milliseconds within which `connection_init` has to come on a WebSocket. */
  readonly initTimeout?: number;
  /** Milliseconds that requests and clients have to end when the server closes. */
  readonly closeTimeout?: number;
}

/** A server that listens. Disposing of it ends what runs on it. */
export interface HttpTransport extends AsyncDisposable {
  readonly port: number;
  /** Of the GraphQL endpoint. */
  readonly url: string;
  /** Open WebSockets and event streams. */
  readonly connections: { readonly websocket: number; readonly sse: number };
}

interface Parts {
  readonly path: string;
  readonly limits: TransportLimits;
  readonly routes: ReadonlyMap<string, Route>;
  readonly logger: Logger;
  readonly graphql: GraphQLHttp;
  readonly sse: SseTransport;
}

/** Serves GraphQL over HTTP, SSE and WebSocket on one port, and the given routes beside it. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpTransport> {
  const {
    operations,
    authenticate,
    logger,
    path = '/graphql',
    keepAlive = 12_000,
    closeTimeout = 5_000,
  } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const shared = { operations, authenticate, limits, logger, keepAlive };
  const places = new Places(limits.connections);
  const turn = new TurnEnd();
  const slow = new SlowClients(limits.slowTimeout, options.metrics ?? new Metrics());
  const page =
    options.graphiql === false
      ? false
      : graphiql(options.graphiql?.title ?? 'Millrace', options.examples ?? []);
  const sse = new SseTransport({ ...shared, places, turn, slow });
  const { initTimeout = 10_000 } = options;
  const compression = options.compression === true ? new Compression() : undefined;
  const websocket = new WebSocketTransport({
    ...shared,
    compression,
    places,
    turn,
    templates: new Templates(),
    slow,
    initTimeout,
    closeTimeout,
  });
  const graphql = graphqlHttp({ ...shared, path, bodyBytes: limits.bodyBytes, graphiql: page });
  const routes = new Map(Object.entries(options.routes ?? {}));
  let closing = false;
  const server = createServer((request, response) => {
    // A connection that a client keeps for later would hold up the end.
    response.once('close', () => closing && server.closeIdleConnections());
    void handle({ path, limits, routes, logger, graphql, sse }, request, response);
  });
  server.on('upgrade', (request, stream, head) => {
    if (pathOf(request) === path) websocket.upgrade(request, stream, head);
    else refuseUpgrade(stream, '404 Not Found');
  });
  try {
    await listening(server, options.port, options.host);
  } catch (error) {
    await sse[Symbol.asyncDispose]();
    await websocket[Symbol.asyncDispose]();
    slow[Symbol.dispose]();
    throw error;
  }
  // It listens on TCP, so its address is not a pipe's name.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}${path}`,
    get connections() {
      return { websocket: websocket.size, sse: sse.size };
    },
    async [Symbol.asyncDispose]() {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([sse[Symbol.asyncDispose](), websocket[Symbol.asyncDispose]()]);
      server.closeIdleConnections();
      const cutOff = setTimeout(() => server.closeAllConnections(), closeTimeout);
      await closed;
      clearTimeout(cutOff);
      slow[Symbol.dispose]();
    },
  };
}

async function handle(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const path = pathOf(request);
    if (path === parts.path || path === `${parts.path}/`)
      return await handleGraphQL(parts, request, response);
    const route = routeOf(parts.routes, path);
    if (route !== undefined && (request.method === 'GET' || request.method === 'HEAD')) {
      return await route(request, response);
    }
    const status = route === undefined ? 404 : 405;
    refuse(response, new MillraceError('BAD_REQUEST', `Nothing answers ${request.method} ${path}.`), status);
  } catch (error) {
    parts.logger.error({ err: error, url: request.url }, 'a request failed for a reason of its own');
    refuse(response, new MillraceError('INTERNAL', 'This request failed.', { cause: error }));
  }
}

async function handleGraphQL(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { limits, sse, graphql } = parts;
  // Forms and plain text are what another site's page can send without asking first (CSRF).
  if (request.method === 'POST' && !isJson(request.headers['content-type'])) {
    const error = new MillraceError('BAD_REQUEST', 'A POST request needs `Content-Type: application/json`.');
    return refuse(response, error, 415);
  }
  if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes) {
    return refuse(response, bodyTooLarge(limits.bodyBytes), 413, { connection: 'close' });
  }
  if ((request.method === 'POST' || request.method === 'GET') && wantsEvents(request.headers.accept)) {
    return sse.handle(request, response);
  }
  await graphql(request, response);
}

function routeOf(routes: ReadonlyMap<string, Route>, path: string): Route | undefined {
  const exact = routes.get(path);
  if (exact !== undefined) return exact;
  for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
    const below = routes.get(`${path.slice(0, end)}/*`);
    if (below !== undefined) return below;
    if (end === 0) break;
  }
  return undefined;
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType ?? '');
}

/** Whether an event stream is what the client would rather have: it is named, and before any JSON. */
function wantsEvents(accept = ''): boolean {
  const events = accept.indexOf('text/event-stream');
  if (events < 0) return false;
  const json = accept.search(/application\/(graphql-response\+)?json/);
  return json < 0 || events < json;
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
