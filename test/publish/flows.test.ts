import { describe, expect, it } from 'vitest';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { ANONYMOUS } from '../../src/core/identity.js';
import { eventId } from '../../src/core/ids.js';
import { openWorld, type World } from '../support/world.js';
import { nodeOn } from './stage.js';

const SCHEMA = `
  type Query { ok: Int }
  type Mutation {
    ask(n: Int!, idempotencyKey: String): Answer! @publish(topic: "said", type: "Asked", key: "'k'", data: "{'n': args.n}",
      outcome: { types: ["Said", "Refused"], within: "30s" })
    hurry(n: Int!): Answer @publish(topic: "said", type: "Asked", key: "'k'",
      outcome: { types: ["Said"], within: "1ms", follow: "steps", with: "{'key': 'k'}" })
    to(key: String!): Published! @publish(topic: "said", type: "Asked", key: "args.key", data: "{'n': 1}")
    both(n: Int!): [Published!]!
      @publish(topic: "said", type: "Asked", key: "'k'")
      @publish(topic: "said", type: "Said", key: "'l'")
  }
  type Subscription { steps(key: String!): Step @subscribe(topic: "said", key: "args.key") }
  union Answer = Said | Refused
  union Step = Asked | Said | Refused
  type Asked { n: Int! }
  type Said { n: Int! }
  type Refused { why: String! }`;

const TALK = [{ name: 'talk', topics: ['said'], initial: 0, fold: (count: number) => count + 1 }];

const reply = (world: World, correlationId: string, type: string, data: object) =>
  world.log.append(
    [
      encodeEvent(world.topic, {
        id: eventId(`reply-${correlationId}`),
        source: '/service',
        type,
        subject: 'k',
        time: new Date().toISOString(),
        correlationId,
        data: Buffer.from(JSON.stringify(data)),
      }),
    ],
    AbortSignal.timeout(30_000),
  );

const end = async (world: World) =>
  (await world.log.bounds(world.topic, AbortSignal.timeout(30_000))).reduce((sum, { end }) => sum + end, 0);

const ASK =
  'mutation { ask(n: 1, idempotencyKey: "k") { __typename ... on Said { n } ... on Refused { why } } }';

describe('a mutation', () => {
  it('D2 a mutation answers with its outcome, as the type of that event, and so does a retry with its key', async () => {
    await using world = await openWorld({ partitions: 2 });
    await world.relay();
    const [one, two] = [nodeOn(world, SCHEMA), nodeOn(world, SCHEMA)];
    const first = one.run(ASK, { correlationId: 'c-1' });
    await expect.poll(() => end(world)).toBe(1);
    await reply(world, 'c-1', 'Refused', { why: 'no' });
    const refused = { data: { ask: { __typename: 'Refused', why: 'no' } } };
    expect(await first).toEqual(refused);
    expect(await two.run(ASK, { correlationId: 'c-2' })).toEqual(refused);
    expect(await end(world)).toBe(2);
  });

  it('D1 a retry returns the positions of the first events, also when no outcome arrived', async () => {
    await using world = await openWorld({ partitions: 2 });
    await world.relay();
    const views = TALK;
    const [one, two] = [nodeOn(world, SCHEMA, { views }), nodeOn(world, SCHEMA, { views })];
    const waiting = one.run(ASK, { correlationId: 'c-1' });
    await expect.poll(() => end(world)).toBe(1);
    await reply(world, 'c-1', 'Said', { n: 2 });
    const first = await waiting;
    const key = { idempotencyKey: 'k' };
    const both = await one.run('mutation { both(n: 1) { offset } }', key);
    const late = await one.run('mutation { hurry(n: 1) { __typename } }', key);
    expect(late.errors?.[0]?.extensions?.['code']).toBe('OUTCOME_PENDING');
    const cursors = [first, both, late].map(({ extensions }) => extensions?.['cursors']);
    for (const [i, field] of ['ask', 'both', 'hurry'].entries())
      expect(cursors[i]).toEqual({ [field]: expect.any(String) });
    for (const node of [one, two]) {
      expect(await node.run(ASK)).toEqual(first);
      expect(await node.run('mutation { both(n: 1) { offset } }', key)).toEqual(both);
      const again = await node.run('mutation { hurry(n: 1) { __typename } }', key);
      expect(JSON.parse(JSON.stringify(again))).toEqual(JSON.parse(JSON.stringify(late)));
    }
    expect(await end(world)).toBe(5);
  });

  it('D1 a retry of a mutation whose outcome was late returns the outcome once it has arrived, on any node, and publishes nothing', async () => {
    await using world = await openWorld({ partitions: 2 });
    await world.relay();
    const [one, two] = [nodeOn(world, SCHEMA), nodeOn(world, SCHEMA)];
    const hurry = 'mutation { hurry(n: 1) { __typename ... on Said { n } } }';
    const key = { idempotencyKey: 'k', correlationId: 'c-1' };
    const [late, atOnce] = await Promise.all([one.run(hurry, key), two.run(hurry, key)]);
    for (const { errors } of [late, atOnce])
      expect(errors?.[0]?.extensions?.['code']).toBe('OUTCOME_PENDING');
    await reply(world, 'c-1', 'Said', { n: 2 });
    for (const node of [two, one, two])
      expect((await node.run(hurry, key)).data).toEqual({ hurry: { __typename: 'Said', n: 2 } });
    // The mutation's event, and its outcome.
    expect(await end(world)).toBe(2);
  });

  it('D4 a mutation whose outcome is late returns a cursor from which no event is missing', async () => {
    await using world = await openWorld({ partitions: 2 });
    await world.relay();
    await world.say('k', [0]);
    const node = nodeOn(world, SCHEMA);
    const late = await node.run('mutation { hurry(n: 1) { __typename } }', { correlationId: 'c-1' });
    const { code, cursor, field, args } = late.errors?.[0]?.extensions ?? {};
    expect({ code, field, args }).toEqual({ code: 'OUTCOME_PENDING', field: 'steps', args: { key: 'k' } });
    await reply(world, 'c-1', 'Said', { n: 2 });
    const query =
      'subscription ($c: Cursor) { steps(key: "k", after: $c) { __typename ... on Asked { n } ... on Said { n } } }';
    const shown: string[] = [];
    const identity = ANONYMOUS;
    const running = node.gateway.subscribe(
      node.gateway.prepare({ query, variables: { c: cursor } }),
      { identity, signal: AbortSignal.timeout(60_000) },
      {
        next: ({ head }) => {
          shown.push(head.toString());
          return true;
        },
        error: (errors) => void shown.push(JSON.stringify(errors)),
        complete: () => undefined,
      },
    );
    await expect.poll(() => shown.length).toBe(2);
    running.close();
    expect(shown[0]).toContain('"__typename":"Asked","n":1');
    expect(shown[1]).toContain('"__typename":"Said","n":2');
  });

  it('D1 a retry after the death of its node finds the outcome that has arrived, and its position, and publishes nothing', async () => {
    await using world = await openWorld({ partitions: 2 });
    await world.relay();
    let dead = false;
    // From then on, the first node reaches nothing.
    const silent = <T extends object>(part: T, names: readonly string[]): T =>
      new Proxy(part, {
        get: (target, name) => {
          const value = Reflect.get(target, name);
          if (dead && names.includes(String(name))) return async () => await new Promise(() => {});
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    const state = silent(world.state, ['replace', 'put']);
    const leaseMs = 300;
    const options = { leaseMs, views: TALK };
    const [one, two] = [nodeOn({ ...world, state }, SCHEMA, options), nodeOn(world, SCHEMA, options)];
    void one.run(ASK, { correlationId: 'c-1' });
    await expect.poll(() => end(world)).toBe(1);
    dead = true;
    const [at] = await reply(world, 'c-1', 'Said', { n: 5 });
    await reply(world, 'c-1', 'Refused', { why: 'later' });
    // A client may send another correlation id with each request.
    const second = await two.run(ASK, { correlationId: 'c-2' });
    expect(second).toEqual({
      data: { ask: { __typename: 'Said', n: 5 } },
      extensions: { cursors: { ask: at && (await two.views?.cursorOf(at)) } },
    });
    expect(await end(world)).toBe(3);
  });

  it('D1 a mutation continues after its caller has disconnected, and a retry with its key gets the outcome', async () => {
    await using world = await openWorld({ partitions: 2 });
    await world.relay();
    const node = nodeOn(world, SCHEMA);
    const left = new AbortController();
    void node.run(ASK, { correlationId: 'c-1', signal: left.signal });
    await expect.poll(() => end(world)).toBe(1);
    left.abort();
    const again = node.run(ASK, { correlationId: 'c-1' });
    await reply(world, 'c-1', 'Said', { n: 6 });
    expect(await again).toEqual({ data: { ask: { __typename: 'Said', n: 6 } } });
    expect(await end(world)).toBe(2);
  });

  it('S4 a mutation with half a surrogate pair in its key is refused: as UTF-8 it would be another key', async () => {
    await using world = await openWorld();
    const to = 'mutation ($key: String!) { to(key: $key) { offset } }';
    const run = (key: string) => nodeOn(world, SCHEMA).run(to, { variables: { key } });
    expect((await run('a\ud83d')).errors?.[0]?.extensions?.['code']).toBe('EVENT_INVALID');
    expect(await end(world)).toBe(0);
    expect((await run('a\ud83d\ude00')).data).toEqual({ to: { offset: '0' } });
  });

  it.each([
    ['a'.repeat(257), 'has 257 characters; at most 256 are allowed'],
    ['a\nb', 'has characters that cannot be printed'],
  ])(
    'S4 a mutation whose own idempotency key is too long or unprintable is refused',
    async (key, problem) => {
      await using world = await openWorld();
      const query = 'mutation ($key: String!) { ask(n: 1, idempotencyKey: $key) { __typename } }';
      const { errors } = await nodeOn(world, SCHEMA).run(query, { variables: { key } });
      expect(errors?.[0]).toMatchObject({
        message: `\`idempotencyKey\` ${problem}.`,
        extensions: { code: 'BAD_REQUEST' },
      });
      expect(await end(world)).toBe(0);
    },
  );

  it('D1 a mutation appends several events together, and returns the position of each', async () => {
    await using world = await openWorld({ partitions: 2 });
    const node = nodeOn(world, SCHEMA);
    const query = 'mutation { both(n: 1) { topic partition offset eventId } }';
    const first = await node.run(query, { idempotencyKey: 'k' });
    expect(first.errors).toBeUndefined();
    expect(first.data?.['both']).toHaveLength(2);
    expect(await node.run(query, { idempotencyKey: 'k' })).toEqual(first);
    expect(await end(world)).toBe(2);
  });
});
