import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { CursorCodec } from '../../src/core/cursor.js';
import type { Identity } from '../../src/core/identity.js';
import { openLogger } from '../../src/observe/log.js';
import { GraphQLOperations } from '../../src/operation/graphql-operations.js';
import { MutationPlan } from '../../src/operation/mutation-plan.js';
import { resultJson, WrittenResult } from '../../src/operation/written-result.js';
import { Subscriptions } from '../../src/subscribe/subscriptions.js';
import { bound } from '../binding/schema.js';
import { mutationsOn } from '../support/publishing.js';
import { openWorld } from '../support/world.js';

const BINDINGS = bound(
  `
  type Query { ok: Boolean }
  type Mutation {
    say(room: ID!, text: String = "hi", n: Int, at: DateTime, mood: Mood, tags: [String!], idempotencyKey: ID): Published!
      @publish(topic: "said", type: "Said", key: "args.room")
    post(input: Post!): Published @publish(topic: "said", type: "Posted", key: "args.input.id")
    guarded(room: ID!): Published! @publish(topic: "said", type: "Said", key: "args.room")
      @auth(rule: "claims.sub == args.room")
    maybe(room: ID!): Published @publish(topic: "said", type: "Said", key: "args.room")
      @auth(rule: "claims.sub == args.room")
    both(room: ID!): [Published!]!
      @publish(topic: "said", type: "Said", key: "args.room") @publish(topic: "said", type: "Said", key: "'k'")
    coded(room: ID!): Published!
    plain(room: ID!, n: Int, at: DateTime, mood: Mood, text: String): Published!
      @publish(topic: "said", type: "Said", key: "args.room")
  }
  enum Mood { GOOD BAD }
  input Post { id: ID!, score: Float, tags: [ID!] = ["none"], inner: Inner }
  input Inner { on: Boolean!, big: Long }
  type Said { room: ID!, text: String, n: Int, at: DateTime, mood: Mood, tags: [String!] }
  type Posted { id: ID!, score: Float, tags: [ID!], inner: InnerPosted }
  type InnerPosted { on: Boolean!, big: Long }
  `,
  {
    Mutation: {
      coded: async ({
        args,
        publish,
      }: {
        args: { room: string };
        publish: (draft: object) => Promise<object>;
      }) => publish({ topic: 'said', type: 'Said', key: args.room, data: args }),
    },
  },
);

const SAY =
  'mutation($room: ID!, $text: String, $n: Int) { say(room: $room, text: $text, n: $n) { eventId } }';
const POST = 'mutation Post($in: Post!) { post(input: $in) { eventId topic partition offset } }';
const ALL = 'eventId topic partition offset correlationId time __typename';
const PLAIN =
  'mutation($r: ID!, $n: Int, $t: DateTime, $m: Mood) { plain(mood: $m, at: $t, n: $n, room: $r) { offset } }';
const GUARDED = 'mutation($room: ID!) { guarded(room: $room) { eventId } }';

/** `plan`: whether the document has one. `written`: whether its answer is written by it; it is not with errors. */
interface Case {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly plan: boolean;
  readonly written?: boolean;
}

const yes = (query: string, variables?: Record<string, unknown>, operationName?: string): Case => ({
  query,
  ...(variables && { variables }),
  ...(operationName !== undefined && { operationName }),
  plan: true,
  written: true,
});
const refused = (query: string, variables?: Record<string, unknown>): Case => ({
  ...yes(query, variables),
  written: false,
});
const no = (query: string, variables?: Record<string, unknown>): Case => ({
  ...refused(query, variables),
  plan: false,
});

const CASES: readonly Case[] = [
  yes(SAY, { room: 'a', text: 'b', n: 1 }),
  yes(SAY, { room: 'a', text: null, n: null }),
  yes(SAY, { room: 7 }),
  yes(SAY, { room: '"\\\u2028 é\n', text: '\ud83d' }),
  yes(SAY, { room: 'a', other: 1 }),
  yes(SAY, { room: 9007199254740993n }),
  refused(SAY, { room: null }),
  refused(SAY, {}),
  refused(SAY),
  refused(SAY, { room: 'a', n: 1.5 }),
  refused(SAY, { room: 'a', n: '1' }),
  refused(SAY, { room: 'a', n: 2 ** 31 }),
  refused(SAY, { room: ['a'] }),
  refused(SAY, { room: {}, text: 1, n: 'x' }),
  refused(SAY, { room: '\ud83d' }),
  yes(`mutation { say(room: "r", n: 3) { shown: eventId eventIdToo: eventId time } }`),
  yes(`mutation($m: Mood = GOOD, $t: [String!]) { s: say(room: "r", mood: $m, tags: $t) { partition } }`, {
    t: 'one',
  }),
  yes(`mutation($at: DateTime!) { say(room: "r", at: $at) { topic offset } }`, {
    at: '2026-01-31T09:30:00Z',
  }),
  refused(`mutation($at: DateTime!) { say(room: "r", at: $at) { topic offset } }`, { at: 'yesterday' }),
  refused(`mutation($m: Mood) { say(room: "r", mood: $m) { topic } }`, { m: 'UGLY' }),
  yes(POST, { in: { id: 1, score: 1, inner: { on: true, big: 9007199254740993n } } }),
  yes(POST, { in: { id: 'x', tags: 'one' } }),
  yes(POST, { in: { id: 'x', score: null, inner: null } }),
  refused(POST, { in: { id: 'x', more: 1 } }),
  refused(POST, { in: { id: 'x', inner: {} } }),
  refused(POST, { in: 'x' }),
  yes('mutation($id: ID!) { post(input: { id: $id, inner: { on: true } }) { time } }', { id: 'y' }),
  yes('query Q { ok } mutation M { say(room: "r") { eventId } }', {}, 'M'),
  yes(GUARDED, { room: 'me' }),
  refused(GUARDED, { room: 'you' }),
  refused('mutation { maybe(room: "you") { eventId } }'),
  yes('mutation { say(room: "r", idempotencyKey: "own") { eventId correlationId } }'),
  refused(`mutation { say(room: "r", idempotencyKey: "${'x'.repeat(300)}") { eventId } }`),
  yes(`mutation { say(room: "r") { ${ALL} } }`),
  yes(PLAIN, { r: 'a', n: 1, t: '2026-01-31T09:30:00Z', m: 'BAD' }),
  yes(PLAIN, { r: 9007199254740993n, n: null }),
  refused(PLAIN, { r: null }),
  refused(PLAIN, { n: 1 }),
  refused(PLAIN, { r: 'a', n: '1', t: 'x', m: 'UGLY' }),
  refused(PLAIN, { r: 'a', m: 1 }),
  yes('mutation($r: ID!) { plain(room: $r, text: null) { offset } }', { r: 1 }),
  yes('mutation($r: ID!, $c: String) { plain(room: $r, text: $c) { offset } }', { r: 1 }),
  yes('mutation($r: ID!, $c: String = "d") { plain(room: $r, text: $c) { offset } }', { r: 1 }),
  no('mutation { say(room: "r") { cursor } }'),
  no('mutation { say(room: "r") { eventId eventId } }'),
  no('mutation { say(room: "r") { ...F } } fragment F on Published { eventId }'),
  no('mutation { ... on Mutation { say(room: "r") { eventId } } }'),
  no('mutation { say(room: "r") { ... { eventId } } }'),
  no('mutation($s: Boolean!) { say(room: "r") @skip(if: $s) { eventId } }', { s: true }),
  no('mutation($s: Boolean!) { say(room: "r") { eventId @include(if: $s) topic } }', { s: false }),
  no('mutation { say(room: "r") { eventId } and: say(room: "s") { eventId } }'),
  no('mutation { __typename }'),
  no('mutation { both(room: "r") { eventId } }'),
  no('mutation { coded(room: "r") { eventId } }'),
];

async function openGateway() {
  const world = await openWorld();
  const { log, metrics, deadLetters } = world;
  const codec = new CursorCodec(['secret']);
  const hub = world.hub();
  const logger = openLogger('silent');
  const mutations = mutationsOn({ log, store: world.state, hub, metrics, bindings: BINDINGS, codec });
  const subscriptions = new Subscriptions({ bindings: BINDINGS, hub, codec, metrics, logger, deadLetters });
  const limits = { maxTokens: 500 };
  const gateway = new GraphQLOperations({
    bindings: BINDINGS,
    mutations,
    subscriptions,
    logger,
    metrics,
    limits,
  });
  return { gateway, log, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

describe('the plan of a mutation', () => {
  it.each(CASES)(
    'answers with the same bytes as graphql-js: $query with $variables',
    async ({ query, variables, operationName, plan, written }) => {
      expect(MutationPlan.of(BINDINGS, parse(query), operationName) !== undefined).toBe(plan);
      await using opened = await openGateway();
      const { gateway } = opened;
      const identity: Identity = { claims: { sub: 'me' }, expiresAt: undefined };
      // D1: with the same key, the second call answers with the first one's event, whichever way each of them takes.
      const run = (idempotencyKey: string) => {
        const prepared = gateway.prepare({ query, variables, operationName });
        const caller = { identity, signal: AbortSignal.timeout(30_000), idempotencyKey };
        return gateway.run(prepared, caller);
      };
      // A document is kept, and planned, from its second request on.
      const whole = [await run('one'), await run('two')];
      const planned = [await run('one'), await run('two'), await run('three')];
      for (const one of whole) expect(one).not.toBeInstanceOf(WrittenResult);
      for (const one of planned) expect(one instanceof WrittenResult).toBe(written);
      expect(planned.slice(0, 2).map(resultJson)).toEqual(whole.map(resultJson));
      // What code reads of a written result is what its client gets.
      for (const one of planned) expect(one.data).toEqual(JSON.parse(resultJson(one)).data);
    },
  );
});
