import type { ExecutionResult, GraphQLFormattedError } from 'graphql';
import { parse } from 'graphql';
import { onTestFinished } from 'vitest';
import type { ResolverCall } from '../../src/binding/runtime/resolvers.js';
import { CursorCodec } from '../../src/core/cursor.js';
import { MillraceError } from '../../src/core/errors.js';
import type { Claims } from '../../src/core/identity.js';
import { resultTail, type SharedResult } from '../../src/subscribe/delivery/result-layout.js';
import type { ActiveSubscription, ResultSink } from '../../src/subscribe/delivery/result-sink.js';
import { Subscriptions } from '../../src/subscribe/subscriptions.js';
import { bound } from '../binding/schema.js';
import { loggerOf } from '../support/logger.js';
import { openWorld } from '../support/world.js';

const SCHEMA = `
  type Query { ok: Boolean }
  type Subscription {
    said(about: String): Said @subscribe(topic: "said")
    other(about: String): Said @subscribe(topic: "said")
    like(text: String, n: Int): Said @subscribe(topic: "said", filter: "event.text == args.text && (args.n == null || event.n > args.n)")
    newest(below: Int! = 1000): Said @subscribe(topic: "said", filter: "event.n < args.below", onSlow: CONFLATE)
    newestRuled: Said @subscribe(topic: "said", onSlow: CONFLATE) @auth(rule: "event.n > 2")
    all: Said @subscribe(topic: "said", onSlow: DISCONNECT)
    ofKey(key: ID!): Said @subscribe(topic: "said", key: "args.key")
    ruled: Said @subscribe(topic: "said") @auth(rule: "claims.sub == 'ada' || event.n > 2")
    below(most: Int!): Said @subscribe(topic: "said", filter: "event.n < args.most")
    per(by: Int!): Said @subscribe(topic: "said", filter: "[1][event.n + args.by] > 0")
    ofTenant(tenant: String!): Said @subscribe(
      topic: "said"
      filter: "record.headers['x-tenant'] == args.tenant"
      show: { headers: ["x-tenant", "missing"], extensions: ["region"], source: true, subject: true, timestamp: true }
    )
    ofMyTenant: Said @subscribe(topic: "said") @auth(rule: "record.headers['x-tenant'] == claims.tenant")
    ofTeam: Said @subscribe(topic: "said") @auth(rule: "event.text == claims.team")
    gold: Said @subscribe(topic: "said") @auth(rule: "claims.tier == 'gold'")
    ofMyKey: Said @subscribe(topic: "said", key: "claims.home")
    always: Said! @subscribe(topic: "said")
    saidOrNot: SaidOrNot! @subscribe(topic: "said", key: "'k'", filter: "event.n > 2", tombstone: "Unsaid")
  }
  type Said { n: Int!, text: String, whose: String, slow: Int, broken: Int, refused: Int, tier: String }
  type Unsaid { key: ID!, why: String }
  union SaidOrNot = Said | Unsaid`;

const resolvers = {
  Said: {
    whose: ({ claims }: ResolverCall) => claims['sub'],
    broken: () => {
      throw new Error('password of postgres://u:pw@h is wrong');
    },
    refused: () => {
      throw new MillraceError('FORBIDDEN', 'Not to you.');
    },
    slow: async ({ parent }: ResolverCall) =>
      parent instanceof Object && 'n' in parent ? parent.n : undefined,
  },
};

/** What a client keeps of a subscription. */
export class Client implements ResultSink {
  readonly data: Record<string, unknown>[] = [];
  /** Whole results. */
  readonly results: ExecutionResult[] = [];
  readonly cursors: string[] = [];
  /** `extensions.conflated` of each, 0 where it is absent. */
  readonly leftOut: number[] = [];
  readonly errors: GraphQLFormattedError[] = [];
  /** What it was told of where it is: whole cursors, and how far behind. */
  readonly positions: { readonly cursor: string; readonly behind: number; readonly results: number }[] = [];
  readonly readsPositions: boolean;
  /** How many results it still takes. One for which there is no room is not taken. */
  room = Number.POSITIVE_INFINITY;
  /** Whether it did not take a result since it read last. */
  isHeldBack = false;
  running: ActiveSubscription | undefined;

  constructor({ readsPositions = false } = {}) {
    this.readsPositions = readsPositions;
  }

  position(cursor: string, tag: string, behind: number): boolean {
    if (this.room === 0) return false;
    this.positions.push({ cursor: cursor + tag, behind, results: this.results.length });
    return true;
  }

  next({ head }: SharedResult, tag: string): boolean {
    if (this.room === 0) {
      this.isHeldBack = true;
      return false;
    }
    this.room -= 1;
    const result = JSON.parse(`${head}${resultTail(tag)}`);
    const { data, extensions } = result;
    this.results.push(result);
    this.data.push(data?.it);
    this.cursors.push(extensions.cursor);
    this.leftOut.push(extensions.conflated ?? 0);
    return true;
  }

  error(errors: readonly GraphQLFormattedError[]): void {
    this.errors.push(...errors);
  }

  complete(): void {
    throw new Error('A subscription has no end');
  }

  /** Takes `room` more, now that it reads again. */
  read(room = Number.POSITIVE_INFINITY): void {
    this.room = room;
    this.isHeldBack = false;
    this.running?.onDrained();
  }

  get numbers(): unknown[] {
    return this.data.map(({ n }) => n);
  }
}

/** Subscriptions over a real log, relay and hub, in this process. */
export async function openStage(
  options: Parameters<typeof openWorld>[0] & {
    readonly positionIntervalMs?: number;
    /** Resolves `tier`. */
    readonly tier?: (call: ResolverCall) => unknown;
  } = {},
) {
  const world = await openWorld(options);
  onTestFinished(() => world[Symbol.asyncDispose]());
  const relaying = await world.relay();
  const hub = world.hub();
  const { metrics } = world;
  const { logger, errors } = loggerOf();
  const subscriptions = new Subscriptions({
    bindings: bound(SCHEMA, { Said: { ...resolvers.Said, tier: options.tier ?? (() => null) } }),
    hub,
    codec: new CursorCodec(['secret']),
    metrics,
    logger,
    deadLetters: world.deadLetters,
    positionIntervalMs: options.positionIntervalMs ?? 10_000,
  });
  return {
    ...world,
    hub,
    relaying,
    /** The errors in the log. */
    errors,
    /** Subscribes to `it: <field>`, and selects `n` by default. */
    subscribe(
      field: string,
      claims: Claims = {},
      select = 'n',
      client = new Client(),
      more: { readonly startCursor?: boolean; readonly eventContext?: boolean } = {},
    ): Client {
      const document = parse(`subscription { it: ${field} { ${select} } }`);
      const identity = { claims, expiresAt: undefined };
      const request = {
        document,
        operationName: undefined,
        variables: {},
        identity,
        eventContext: true,
        ...more,
      };
      client.running = subscriptions.start(request, undefined, client);
      return client;
    },
    /** Whether every event was delivered to the current listeners, so that a new listener receives none of them. */
    isHandedOut: async () => {
      const bounds = await world.log.bounds(world.topic, AbortSignal.timeout(30_000));
      const said = bounds.reduce((sum, { end }) => sum + end, 0);
      return (await metrics.received.get()).values.reduce((sum, { value }) => sum + value, 0) === said;
    },
    live: async () => (await metrics.live.get()).values[0]?.value ?? 0,
    cohorts: async () => (await metrics.cohorts.get()).values[0]?.value ?? 0,
    problems: async (kind: string) =>
      (await metrics.problems.get()).values.find(({ labels }) => labels['kind'] === kind)?.value ?? 0,
    executions: async () =>
      (await metrics.executions.get()).values.reduce((sum, { value }) => sum + value, 0),
  };
}
