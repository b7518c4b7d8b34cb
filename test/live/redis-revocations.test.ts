import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { SignJWT } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createClient } from '../../clients/ts/src/index.js';
import { openRedisRevocationLog } from '../../src/adapters/redis/revocation-log.js';
import { redisAt } from '../../src/adapters/redis/server.js';
import type { OnProblem } from '../../src/ports/problem.js';
import { foreignRevocations, revocationLogContract } from '../contract/revocation-log.js';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { run } from '../support/run.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { RawClient } from '../transport/serve.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const WAIT = { timeout: 30_000, interval: 10 };
const SECRET = 'a secret of the tests, long enough for HMAC';

async function place() {
  const prefix = `test-${randomUUID()}`;
  const server = redisAt(redisUrl());
  return {
    open: (onProblem?: OnProblem) =>
      openRedisRevocationLog({ server, prefix, ...(onProblem && { onProblem }) }),
    add: async (fields: Readonly<Record<string, string>>) => {
      const redis = new Redis(redisUrl());
      await redis.xadd(`${prefix}:revocations`, '*', ...Object.entries(fields).flat());
      redis.disconnect();
    },
  };
}

revocationLogContract('The log of revocations in Redis', async () => (await place()).open);
foreignRevocations('The log of revocations in Redis that other programs write', place);

describe('the log of revocations in Redis', () => {
  it('S2 loses no revocation when Redis fails in the middle of a long reading', async () => {
    const prefix = `test-${randomUUID()}`;
    const redis = new Redis(redisUrl());
    onTestFinished(() => redis.disconnect());
    await using log = await openRedisRevocationLog({ server: redisAt(redisUrl()), prefix });
    expect(await log.readNew()).toEqual([]);
    // More than one request reads, a second apart: more than each reading goes back.
    const ids = Array.from({ length: 1_001 }, (_, i) => `token-${i}`);
    const until = new Date(Date.now() + 60_000).toISOString();
    const adding = redis.pipeline();
    for (const [i, id] of ids.entries())
      adding.xadd(`${prefix}:revocations`, `${(i + 1) * 1_000}-0`, 'id', id, 'until', until);
    await adding.exec();
    const { xrange } = Redis.prototype;
    let requests = 0;
    using _spy = vi.spyOn(Redis.prototype, 'xrange').mockImplementation(function (this: Redis, ...args) {
      requests += 1;
      return requests === 2 ? Promise.reject(new Error('READONLY')) : Reflect.apply(xrange, this, args);
    });
    await expect(log.readNew()).rejects.toThrow('Reading the revocations failed');
    const read = await log.readNew();
    expect(read.map((one) => 'id' in one && one.id)).toEqual(ids);
  });

  it('S2 removes what has ended when a node starts, and nothing else', async () => {
    const prefix = `test-${randomUUID()}`;
    const redis = new Redis(redisUrl());
    onTestFinished(() => redis.disconnect());
    const open = () => openRedisRevocationLog({ server: redisAt(redisUrl()), prefix });
    await using log = await open();
    const until = Date.now() + 60_000;
    await log.add({ id: 'ended', until: Date.now() - 1 });
    await log.add({ id: 'ended too', until: Date.now() - 1 });
    await log.add({ id: 'counts', until });
    await log.add({ id: 'ended as well', until: Date.now() - 1 });
    await using starting = await open();
    expect(await starting.readNew()).toContainEqual({ id: 'counts', until });
    expect(await redis.xlen(`${prefix}:revocations`)).toBe(2);
  });
});

const token = (sub: string, jti: string, expiresIn: string): Promise<string> =>
  new SignJWT({ sub, jti })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime(expiresIn)
    .sign(new TextEncoder().encode(SECRET));

async function open() {
  const topic = uniqueName('revocations');
  const folder = await folderOf({
    'schema/a.graphql': `
      type Query { ok: Boolean }
      type Mutation { say(n: Int!): Published! @publish(topic: "${topic}", type: "Said", key: "string(args.n % 7)") }
      type Subscription { many: Said! @subscribe(topic: "${topic}") @auth(rule: "claims.sub != 'nobody'") }
      type Said { n: Int! }`,
  });
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const env = {
    KAFKA_BROKERS: kafkaBrokers().join(','),
    REDIS_URL: redisUrl(),
    NAMESPACE: topic,
    CURSOR_SECRET: 'one secret for all gateways',
    JWT_SECRET: SECRET,
  };
  const start = async (role: string) => {
    const node = await startProcess([role], { cwd: folder.path, env });
    onTestFinished(() => node[Symbol.asyncDispose]());
    return node;
  };
  const revoke = (...args: string[]) =>
    run(process.execPath, [MAIN, 'revoke', ...args], { cwd: folder.path, env });
  return { start, revoke };
}

const wsOf = ({ url }: { readonly url: string }): string => `${url.replace('http', 'ws')}/graphql`;

describe('credentials on two gateways with a real Kafka and Redis', { timeout: 120_000 }, () => {
  it('S2 D3 are renewed in band while events flow, and end on every node within a second once they are revoked', async () => {
    const world = await open();
    const one = await world.start('start');
    const two = await world.start('gateway');
    const bob = await token('bob', 'of-bob', '1h');
    const say = async (n: number, bearer = bob): Promise<unknown> => {
      const response = await fetch(`${one.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
        body: JSON.stringify({ query: `mutation { say(n: ${n}) { offset } }` }),
      });
      return response.json();
    };

    // Renewed: its tokens are valid for five seconds each, and one connection lasts for three of them.
    let given = 0;
    const client = createClient({
      url: `${two.url}/graphql`,
      webSocket: WebSocket,
      credentials: () => {
        given += 1;
        return token('ada', `of-ada-${given}`, '5s');
      },
    });
    onTestFinished(() => client.close());
    const states: string[] = [];
    client.onState(({ state }) => states.push(state));
    const seen: number[] = [];
    const steps = client.subscribe<{ many: { n: number } }>('subscription { many { n } }');
    steps.observe({ next: ({ data }) => seen.push(data?.many.n ?? Number.NaN) });
    await expect.poll(() => steps.state, WAIT).toEqual({ state: 'live' });
    let said = 0;
    while (given < 3) {
      expect(await say(said)).not.toHaveProperty('errors');
      said += 1;
    }
    await expect.poll(() => seen.length, WAIT).toBe(said);
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: said }, (_, n) => n));
    expect([states, steps.state]).toEqual([['connecting', 'connected'], { state: 'live' }]);

    // Revoked: by subject at both nodes, and by id; what is not revoked goes on.
    const [eve, kim] = [await token('eve', 'of-eve', '1h'), await token('kim', 'of-kim', '1h')];
    const connect = (node: { readonly url: string }, bearer: string) =>
      RawClient.acknowledged(wsOf(node), { token: bearer });
    const ofEve = [await connect(one, eve), await connect(two, eve)];
    const ofKim = await connect(two, kim);
    const ofBob = await connect(two, bob);
    const closed = { code: 4403, reason: 'Credentials revoked' };
    expect(await world.revoke('--subject', 'eve')).toMatchObject({ code: 0 });
    const since = performance.now();
    expect(await Promise.all(ofEve.map((each) => each.closed))).toEqual([closed, closed]);
    expect(performance.now() - since).toBeLessThan(1_000);
    expect(await world.revoke('--id', 'of-kim')).toMatchObject({ code: 0 });
    expect(await ofKim.closed).toEqual(closed);
    const refused = { errors: [{ extensions: { code: 'UNAUTHENTICATED', reason: 'REVOKED' } }] };
    expect(await say(0, eve)).toMatchObject(refused);
    // A node that starts later knows them too.
    const three = await world.start('gateway');
    const late = await RawClient.open(wsOf(three));
    late.send({ type: 'connection_init', payload: { token: eve } });
    expect(await late.closed).toEqual(closed);
    expect(ofBob.socket.readyState).toBe(ofBob.socket.OPEN);
  });
});
