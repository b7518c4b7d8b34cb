import { onTestFinished } from 'vitest';
import type { Authenticate } from '../../src/auth/authenticate.js';
import { CursorCodec } from '../../src/core/cursor.js';
import { ANONYMOUS } from '../../src/core/identity.js';
import { openLogger } from '../../src/observe/log.js';
import { GraphQLOperations } from '../../src/operation/graphql-operations.js';
import { Subscriptions } from '../../src/subscribe/subscriptions.js';
import type { TransportLimits } from '../../src/transport/delivery/transport-limits.js';
import { createHttpServer } from '../../src/transport/http/http-server.js';
import { bound } from '../binding/schema.js';
import { mutationsOn } from '../support/publishing.js';
import { openWorld } from '../support/world.js';
import { TEST_LIMITS } from './serve.js';

const SCHEMA = `
  type Query { ok: Int }
  type Subscription {
    said: Said @subscribe(topic: "said")
    above(least: Int!): Said @subscribe(topic: "said", filter: "event.n >= args.least")
    newest: Said @subscribe(topic: "said", onSlow: CONFLATE)
    upTo: Said @subscribe(topic: "said") @auth(rule: "event.n <= int(claims.most)")
    all: Said @subscribe(topic: "said", onSlow: DISCONNECT)
  }
  type Said { n: Int!, text: String }`;

/** A whole gateway, including its log and relay, on a free port. Closed when the test ends. */
export async function serveGateway(
  limits: Partial<TransportLimits> = {},
  {
    positionIntervalMs = 10_000,
    keepAlive = 12_000,
    authenticate = (() => Promise.resolve(ANONYMOUS)) as Authenticate,
  } = {},
) {
  const world = await openWorld();
  onTestFinished(() => world[Symbol.asyncDispose]());
  await world.relay();
  const { log, metrics } = world;
  const logger = openLogger('silent');
  const bindings = bound(SCHEMA);
  const codec = new CursorCodec(['secret']);
  /** Starts a node of its own, as another process would be. */
  const start = async () => {
    const hub = world.hub();
    const mutations = mutationsOn({ log, store: world.state, hub, metrics, bindings, codec });
    const subscriptions = new Subscriptions({
      bindings,
      hub,
      codec,
      metrics,
      logger,
      deadLetters: world.deadLetters,
      positionIntervalMs,
    });
    const operations = new GraphQLOperations({
      bindings,
      mutations,
      subscriptions,
      logger,
      metrics,
      limits: { maxTokens: 500 },
    });
    const server = await createHttpServer({
      endpoints: [{ path: '/graphql', operations, count: () => undefined }],
      authenticate,
      logger,
      metrics,
      limits: { ...TEST_LIMITS, ...limits },
      host: '127.0.0.1',
      port: 0,
      keepAlive,
      closeTimeout: 500,
    });
    onTestFinished(() => server[Symbol.asyncDispose]());
    return server;
  };
  const server = await start();
  return {
    ...world,
    server,
    start,
    wsUrl: server.url.replace('http', 'ws'),
    live: async () => (await metrics.live.get()).values[0]?.value ?? 0,
  };
}
