import { GraphQLError } from 'graphql';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { ResolverMap } from '../../src/binding/runtime/resolvers.js';
import { CursorCodec } from '../../src/core/cursor.js';
import { ANONYMOUS } from '../../src/core/identity.js';
import { openLogger } from '../../src/observe/log.js';
import { GraphQLOperations } from '../../src/operation/graphql-operations.js';
import { Subscriptions } from '../../src/subscribe/subscriptions.js';
import { bound } from '../binding/schema.js';
import { loggerOf } from '../support/logger.js';
import { mutationsOn } from '../support/publishing.js';
import { openWorld, type World } from '../support/world.js';

const SCHEMA = `
  type Query { list: [E] }
  type Mutation { say(n: Int!): Published! @publish(topic: "said", type: "E", key: "'k'") }
  type Subscription { said: E @subscribe(topic: "said") }
  type E { n: Int!, more: [E] }`;

function gatewayOf(
  world: World,
  { schema = SCHEMA, resolvers = {} as ResolverMap, logger = openLogger('silent') } = {},
) {
  const { log, metrics } = world;
  const bindings = bound(schema, resolvers);
  const codec = new CursorCodec(['secret']);
  const { deadLetters } = world;
  const hub = world.hub();
  const mutations = mutationsOn({ log, store: world.state, hub, metrics, bindings, codec });
  const subscriptions = new Subscriptions({
    bindings,
    hub,
    codec,
    metrics,
    logger,
    deadLetters,
  });
  return new GraphQLOperations({
    bindings,
    mutations,
    subscriptions,
    logger,
    metrics,
    limits: { maxTokens: 500 },
  });
}

describe('the operations of a node', () => {
  it('D1 the events of one operation get different ids, and its retry with the same key gets the same ids', async () => {
    await using world = await openWorld();
    const gateway = gatewayOf(world);
    const prepared = gateway.prepare({
      query: 'mutation { a: say(n: 1) { eventId } b: say(n: 2) { eventId } }',
    });
    const caller = { identity: ANONYMOUS, signal: AbortSignal.timeout(30_000), idempotencyKey: 'once' };
    const first = await gateway.run(prepared, caller);
    expect(first.data?.['a']).not.toEqual(first.data?.['b']);
    expect(await gateway.run(prepared, caller)).toEqual(first);
  });

  it('S4 an operation above the cost limit is refused before anything runs', async () => {
    await using world = await openWorld();
    const gateway = gatewayOf(world);
    const query = `{ list ${'{ more '.repeat(6)} { n } ${'}'.repeat(6)} }`;
    const [error] =
      (
        await gateway.run(gateway.prepare({ query }), {
          identity: ANONYMOUS,
          signal: AbortSignal.timeout(30_000),
        })
      ).errors ?? [];
    expect(error?.extensions).toEqual({ code: 'LIMIT_EXCEEDED', retry: false });
  });

  it('S4 refuses variables that are nested so deeply that they could be parsed, but not handled', async () => {
    await using world = await openWorld();
    const gateway = gatewayOf(world);
    const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}1${']'.repeat(levels)}`);
    const prepared = (levels: number) =>
      gateway.prepare({ query: '{ list { n } }', variables: { unused: nested(levels) } });
    expect(prepared(100).kind).toBe('query');
    for (const levels of [200, 100_000]) {
      const refused = prepared(levels);
      const caller = { identity: ANONYMOUS, signal: AbortSignal.timeout(30_000) };
      const { errors = [] } = await gateway.run(refused, caller);
      expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'LIMIT_EXCEEDED', retry: false }]);
    }
  });

  it('an answer that does not fit the schema is INTERNAL for the client, and its cause is in the log', async () => {
    await using world = await openWorld();
    const schema = `
      type Query { text: String thing: Thing stranger: Thing thrown: String meant: String driver: String asked(n: Int!): Int }
      union Thing = A | B
      type A { n: Int } type B { n: Int } type C { n: Int }`;
    const { logger, errors: logged } = loggerOf();
    const resolvers: ResolverMap = {
      Query: {
        text: () => ({ secret: 1 }),
        thing: () => ({ n: 1 }),
        stranger: () => ({ __typename: 'C' }),
        thrown: () => {
          throw new GraphQLError('no code: a fault');
        },
        driver: () => {
          throw Object.assign(new Error('a secret of the driver'), { extensions: { code: '28P01' } });
        },
        meant: () => {
          throw new GraphQLError('for the client', { extensions: { code: 'SOLD_OUT' } });
        },
      },
    };
    const gateway = gatewayOf(world, { schema, resolvers, logger });
    const query =
      'query ($n: Int = 5) { text thing { __typename } stranger { __typename } thrown driver meant asked(n: $n) }';
    const caller = { identity: ANONYMOUS, signal: AbortSignal.timeout(30_000) };
    const { errors = [] } = await gateway.run(gateway.prepare({ query, variables: { n: null } }), caller);
    const said = errors.map(({ message, path, extensions }) => [path?.[0], message, extensions['code']]);
    expect(said.sort()).toEqual([
      ['asked', 'Argument "n" of non-null type "Int!" must not be null.', 'BAD_REQUEST'],
      ['driver', 'This field failed.', 'INTERNAL'],
      ['meant', 'for the client', 'SOLD_OUT'],
      ...['stranger', 'text', 'thing', 'thrown'].map((one) => [one, 'This field failed.', 'INTERNAL']),
    ]);
    expect(logged.join('\n')).toMatch('a secret of the driver');
    expect(logged).toHaveLength(5);
  });

  it('the log line of an INTERNAL error has the operation, the trace and the correlation id to find it by', async () => {
    await using world = await openWorld();
    const logged: unknown[] = [];
    const logger = pino({ level: 'error' }, { write: (line: string) => logged.push(JSON.parse(line)) });
    const resolvers = { Query: { text: () => Promise.reject(new Error('a fault')) } };
    const gateway = gatewayOf(world, { schema: 'type Query { text: String }', resolvers, logger });
    const caller = {
      identity: ANONYMOUS,
      signal: AbortSignal.timeout(30_000),
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      correlationId: 'basket-7',
    };
    const of = { traceId: '0af7651916cd43dd8448eb211c80319c', correlationId: 'basket-7' };
    await gateway.run(gateway.prepare({ query: 'query ShowText { text }' }), caller);
    const long = 'L'.repeat(1_000);
    await gateway.run(gateway.prepare({ query: `query ${long} { text }` }), caller);
    expect(logged).toMatchObject([
      { msg: 'a resolver failed', path: ['text'], operation: 'ShowText', ...of },
      { operation: long.slice(0, 128), ...of },
    ]);
  });
});
