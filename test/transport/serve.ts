import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Authenticate } from '../../src/auth/authenticate.js';
import { MillraceError } from '../../src/core/errors.js';
import { ANONYMOUS } from '../../src/core/identity.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import type { Operations } from '../../src/operation/operations.js';
import type { TransportLimits } from '../../src/transport/delivery/transport-limits.js';
import type { GraphQLEndpoint } from '../../src/transport/http/endpoint.js';
import type { Page } from '../../src/transport/http/graphql-endpoint.js';
import {
  createHttpServer,
  type HttpServerOptions,
  type HttpTransport,
} from '../../src/transport/http/http-server.js';
import { FakeOperations, type FakeSubscription } from './fake-operations.js';

/** `authorization: user <name> [<expiry>]` is valid until the expiry; `bad` is invalid. */
export const authenticate: Authenticate = async ({ headers, connectionParams }) => {
  const given = connectionParams?.['authorization'] ?? headers['authorization'];
  if (typeof given !== 'string') return ANONYMOUS;
  if (given === 'bad') throw new MillraceError('UNAUTHENTICATED', 'Invalid credentials.');
  const [, sub, expiry] = given.split(' ');
  return { claims: { sub }, expiresAt: expiry === undefined ? undefined : Number(expiry) };
};

export const TEST_LIMITS: TransportLimits = {
  bodyBytes: 1_048_576,
  operationsPerConnection: 1_000,
  connections: 20_000,
  highWaterMark: 1_048_576,
  unreadBytes: 268_435_456,
  slowTimeout: 60_000,
};

export interface Served {
  readonly server: HttpTransport;
  readonly operations: FakeOperations;
  /** `ws://…/graphql` */
  readonly wsUrl: string;
  /** The lines that were logged at error level. */
  readonly errors: unknown[];
}

export interface ServeOptions extends Partial<Omit<HttpServerOptions, 'limits' | 'endpoints'>> {
  readonly limits?: Partial<TransportLimits>;
  /** Of the clients. By default they are recorded. */
  readonly operations?: Operations;
  /** What browsers get at /graphql. */
  readonly page?: Page;
  /** Besides that of the clients. */
  readonly endpoints?: readonly GraphQLEndpoint[];
}

/** A server on a free port, closed when the test ends. */
export async function serve({
  page,
  endpoints = [],
  operations: given,
  ...options
}: ServeOptions = {}): Promise<Served> {
  const operations = new FakeOperations();
  const logger = openLogger('silent');
  const errors: unknown[] = [];
  vi.spyOn(logger, 'error').mockImplementation((...line: unknown[]) => errors.push(line));
  const server = await createHttpServer({
    endpoints: [
      { path: '/graphql', operations: given ?? operations, page, count: () => undefined },
      ...endpoints,
    ],
    authenticate,
    logger,
    metrics: new Metrics(),
    host: '127.0.0.1',
    port: 0,
    closeTimeout: 500,
    ...options,
    limits: { ...TEST_LIMITS, ...options.limits },
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { server, operations, wsUrl: server.url.replace('http', 'ws'), errors };
}

export const WAIT = { timeout: 30_000, interval: 5 };

/** The first subscription (or the one at `index`), once it has started. */
export function subscribed({ operations }: Served, index = 0): Promise<FakeSubscription> {
  return vi.waitFor(() => {
    const subscription = operations.subscriptions[index];
    expect(subscription).toBeDefined();
    if (subscription === undefined) throw new Error('unreachable');
    return subscription;
  }, WAIT);
}

/** Delivers results until one is refused. @returns how many were accepted */
export async function fill(subscription: FakeSubscription, filling: string): Promise<number> {
  let sent = 0;
  // The operating system accepts bytes for a while, so they do not become pending at once.
  await vi.waitFor(() => {
    for (let burst = 0; burst < 1_000; burst++) {
      // An operation that has ended accepts everything and drops it.
      if (subscription.closed) throw new Error('ended');
      if (!subscription.next(sent + 1, filling)) return;
      sent += 1;
    }
    throw new Error('not full yet');
  }, WAIT);
  return sent;
}

/** A WebSocket client that shows a test every message. */
export class RawClient {
  readonly messages: unknown[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

  constructor(url: string, protocols: string[] = ['graphql-transport-ws'], options: object = {}) {
    this.socket = new WebSocket(url, protocols, options);
    this.socket.on('message', (data) => this.messages.push(JSON.parse(String(data))));
    this.closed = new Promise((resolve, reject) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
      this.socket.on('error', reject);
    });
    this.closed.catch(() => undefined);
    onTestFinished(() => this.socket.terminate());
  }

  static async open(url: string): Promise<RawClient> {
    const client = new RawClient(url);
    await new Promise((resolve, reject) => client.socket.once('open', resolve).once('error', reject));
    return client;
  }

  static async acknowledged(url: string, payload?: object): Promise<RawClient> {
    const client = await RawClient.open(url);
    client.send({ type: 'connection_init', payload });
    await client.sees({ type: 'connection_ack' });
    return client;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id: string, query = 'subscription { n }', more: object = {}): void {
    this.send({ id, type: 'subscribe', payload: { query, ...more } });
  }

  async sees(message: unknown): Promise<void> {
    await vi.waitFor(() => expect(this.messages).toContainEqual(message), WAIT);
  }
}

/** A TCP connection that sends one request, and reads only when the test resumes it. */
export function tcp(url: string, request: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.pause();
  socket.on('error', () => undefined);
  socket.write(request);
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}
