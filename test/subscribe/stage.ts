import type { GraphQLFormattedError } from 'graphql';
import { parse } from 'graphql';
import { onTestFinished } from 'vitest';
import type { ResolverMap } from '../../src/binding/resolvers.js';
import { CursorCodec } from '../../src/core/cursor.js';
import type { Claims } from '../../src/core/identity.js';
import { openLogger } from '../../src/observe/log.js';
import {
  type ActiveSubscription,
  RESULT_END,
  type SharedResult,
  type Sink,
} from '../../src/subscribe/sink.js';
import { Subscriptions } from '../../src/subscribe/subscriptions.js';
import { bound } from '../binding/schema.js';
import { openWorld } from '../support/world.js';

const SCHEMA = `
  type Query { ok: Boolean }
  type Subscription {
    said(about: String): Said @subscribe(topic: "said")
    other(about: String): Said @subscribe(topic: "said")
    ofKey(key: ID!): Said @subscribe(topic: "said", key: "args.key")
    ruled: Said @subscribe(topic: "said") @auth(rule: "claims.sub == 'ada' || event.n > 2")
  }
  type Said { n: Int!, whose: String, slow: Int }`;

const resolvers: ResolverMap = {
  Said: {
    whose: (_event, _args, { identity }) => identity.claims['sub'],
    slow: async (event) => (event instanceof Object && 'n' in event ? event.n : undefined),
  },
};

/** What a client keeps of a subscription. */
export class Client implements Sink {
  readonly data: Record<string, unknown>[] = [];
  readonly cursors: string[] = [];
  readonly errors: GraphQLFormattedError[] = [];
  /** Takes one result and no more until `drain`. */
  slow = false;
  running: ActiveSubscription | undefined;

  next({ head }: SharedResult, tag: string): boolean {
    const { data, extensions } = JSON.parse(`${head}${tag}${RESULT_END}`);
    this.data.push(data.it);
    this.cursors.push(extensions.cursor);
    return !this.slow;
  }

  error(errors: readonly GraphQLFormattedError[]): void {
    this.errors.push(...errors);
  }

  complete(): void {
    throw new Error('A subscription has no end');
  }

  get numbers(): unknown[] {
    return this.data.map(({ n }) => n);
  }
}

/** Subscriptions over a real log, relay and hub, in this process. */
export async function openStage(options?: Parameters<typeof openWorld>[0]) {
  const world = await openWorld(options);
  onTestFinished(() => world[Symbol.asyncDispose]());
  const relaying = await world.relay();
  const hub = world.hub();
  const { metrics } = world;
  const subscriptions = new Subscriptions({
    bindings: bound(SCHEMA, resolvers),
    hub,
    codec: new CursorCodec(['secret']),
    metrics,
    logger: openLogger('silent'),
  });
  return {
    ...world,
    hub,
    relaying,
    /** Subscribes to `it: <field>`, and selects `n` unless told otherwise. */
    subscribe(field: string, claims: Claims = {}, select = 'n', client = new Client()): Client {
      const document = parse(`subscription { it: ${field} { ${select} } }`);
      const identity = { claims, expiresAt: undefined };
      const request = { document, operationName: undefined, variables: {}, identity };
      client.running = subscriptions.start(request, undefined, client);
      return client;
    },
    live: async () => (await metrics.live.get()).values[0]?.value ?? 0,
    cohorts: async () => (await metrics.cohorts.get()).values[0]?.value ?? 0,
    executions: async () =>
      (await metrics.executions.get()).values.reduce((sum, { value }) => sum + value, 0),
  };
}
