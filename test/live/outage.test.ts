import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type PrivateService, privateKafka, privateRedis } from '../../scripts/services/private.mjs';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { mutateMany, mutationClient } from '../support/mutations.js';
import { check, Recorder } from '../support/recorder.js';
import { runningSubscriptions } from '../support/running.js';
import { uniqueName } from '../support/services.js';
import { Stream } from '../support/stream.js';

const schemaOn = (topic: string) => `
  type Query { ok: Boolean }
  type Mutation { say(room: ID!, text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "args.room") }
  type Subscription { said: Said! @subscribe(topic: "${topic}") }
  type Said { room: ID! text: String! }
`;
const SAY = 'mutation($room: ID!, $text: String!) { say(room: $room, text: $text) { eventId } }';
const SAID = 'subscription { said { text } }';
const DEADLINE_MS = 3_000;
const EVENTUALLY = { timeout: 60_000, interval: 100 };

/** Gateways and relays on a Kafka and a Redis that are killed while they run. */
describe('outages of Kafka and Redis', { timeout: 150_000 }, () => {
  let kafka: PrivateService;
  let redis: PrivateService;
  beforeAll(async () => {
    redis = await privateRedis();
    kafka = await privateKafka();
  }, 150_000);
  afterAll(async () => {
    await Promise.all([redis?.stop(), kafka?.stop()]);
  });

  async function openWorld() {
    const topic = uniqueName('outage');
    const folder = await folderOf({ 'schema/chat.graphql': schemaOn(topic) });
    const env = {
      KAFKA_BROKERS: kafka.address,
      REDIS_URL: redis.address,
      CURSOR_SECRET: 'a secret for all the nodes',
      NAMESPACE: topic,
      PUBLISH_DEADLINE_MS: String(DEADLINE_MS),
    };
    const start = (role: string, more: Record<string, string> = {}) =>
      startProcess([role], { cwd: folder.path, env: { ...env, ...more } });
    return { topic, start, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
  }

  it('D1 D2 D3 mutations fail typed and in time while Kafka is unreachable, and no acknowledged event is lost', async () => {
    await using world = await openWorld();
    await using relay = await world.start('relay');
    await using gateway = await world.start('gateway');
    await using recorder = Recorder.overWebSocket('ws', gateway.url, SAID);
    await runningSubscriptions(gateway.url, 1);
    await using doomed = await world.start('gateway');
    await using _subscriber = Recorder.overWebSocket('ws at the stopped gateway', doomed.url, SAID);
    await runningSubscriptions(doomed.url, 1);
    await using stream = new Stream(gateway.url, SAY);
    await expect.poll(() => stream.accepted.length, EVENTUALLY).toBeGreaterThan(50);

    expect(await readiness(gateway)).toMatchObject({ status: 200, missing: [] });
    await kafka.kill();
    await expect.poll(() => readiness(gateway), EVENTUALLY).toMatchObject({ status: 503, missing: ['log'] });
    await expect.poll(() => stream.refused.length, EVENTUALLY).toBeGreaterThan(20);
    expect(new Set(stream.refused.map(({ code }) => code))).toSatisfy((codes: Set<string>) =>
      [...codes].every((code) => code === 'PUBLISH_FAILED' || code === 'PUBLISH_UNCERTAIN'),
    );
    expect(Math.max(...stream.refused.map(({ after }) => after))).toBeLessThan(DEADLINE_MS + 2_000);

    await endsOrderly(doomed);
    const before = stream.accepted.length;
    await kafka.start();
    await expect.poll(() => readiness(gateway), EVENTUALLY).toMatchObject({ status: 200, missing: [] });
    await expect.poll(() => stream.accepted.length, EVENTUALLY).toBeGreaterThan(before + 50);
    await stream.stop();
    expect(gateway.child.exitCode).toBeNull();
    expect(relay.child.exitCode).toBeNull();

    for (const { errors } of [relay, gateway]) expect(logLines(errors).length).toBeLessThan(20);

    const accepted = new Set(stream.accepted);
    const uncertain = stream.refused.filter(({ code }) => code === 'PUBLISH_UNCERTAIN').length;
    const missing = () => {
      const seen = new Set(recorder.received.map(({ id }) => id));
      return [...accepted].filter((id) => !seen.has(id)).length;
    };
    await expect.poll(missing, EVENTUALLY).toBe(0);
    const surplus = recorder.received.map(({ id }) => id).filter((id) => !accepted.has(id));
    expect(surplus.length).toBeLessThanOrEqual(uncertain);
    expect(check(recorder, new Set([...accepted, ...surplus]))).toEqual([]);
  });

  it('D6 mutations continue and subscribers catch up when Redis is killed and returns empty', async () => {
    await using world = await openWorld();
    await using relay = await world.start('relay');
    await using gateway = await world.start('gateway');
    await using recorder = Recorder.overWebSocket('ws', gateway.url, SAID);
    await runningSubscriptions(gateway.url, 1);
    await using doomed = await world.start('gateway');
    await using _subscriber = Recorder.overWebSocket('ws at the stopped gateway', doomed.url, SAID);
    await runningSubscriptions(doomed.url, 1);
    await using stream = new Stream(gateway.url, SAY);
    await expect.poll(() => recorder.received.length, EVENTUALLY).toBeGreaterThan(50);

    await redis.kill();
    const away = { status: 503, missing: ['fanout', 'store'] };
    await expect.poll(() => readiness(gateway), EVENTUALLY).toMatchObject(away);
    const before = stream.accepted.length;
    await expect.poll(() => stream.accepted.length, EVENTUALLY).toBeGreaterThan(before + 200);
    await endsOrderly(doomed);
    await redis.start();
    await expect.poll(() => readiness(gateway), EVENTUALLY).toMatchObject({ status: 200, missing: [] });
    const atReturn = stream.accepted.length;
    await expect.poll(() => stream.accepted.length, EVENTUALLY).toBeGreaterThan(atReturn + 200);
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expect
      .poll(() => recorder.received.length, EVENTUALLY)
      .toBeGreaterThanOrEqual(stream.accepted.length);
    expect(check(recorder, new Set(stream.accepted))).toEqual([]);

    // The window has been refilled, up to the newest event of each partition.
    const newest = new Map<number, number>();
    for (const { partition, offset } of recorder.received) newest.set(partition, offset);
    await using client = redisClient(redis.address);
    await expect
      .poll(() => client.newest(world.topic, [...newest.keys()]), EVENTUALLY)
      .toEqual([...newest.values()].map(String));
    expect(relay.child.exitCode).toBeNull();
    for (const { errors } of [relay, gateway]) expect(logLines(errors).length).toBeLessThan(20);
  });

  it('D2 D3 events published while no relay runs are delivered once one does', async () => {
    await using world = await openWorld();
    await using relay = await world.start('relay');
    await using gateway = await world.start('gateway');
    await using recorder = Recorder.overWebSocket('ws', gateway.url, SAID);
    await runningSubscriptions(gateway.url, 1);
    const client = mutationClient(gateway.url);
    const say = (count: number) =>
      mutateMany(client, SAY, {
        count,
        inFlight: 20,
        variables: (i) => ({ room: `room-${i % 17}`, text: `no. ${i}` }),
      });
    try {
      const sent = [...(await say(200))];
      await expect.poll(() => recorder.received.length, EVENTUALLY).toBe(200);
      await relay.kill('SIGKILL');
      sent.push(...(await say(200)));
      // The killed relay's partitions are reassigned only after its session timeout.
      await using _successor = await world.start('relay');
      sent.push(...(await say(200)));
      await expect.poll(() => recorder.received.length, { ...EVENTUALLY, timeout: 90_000 }).toBe(600);
      expect(check(recorder, new Set(sent))).toEqual([]);
    } finally {
      await client.dispose();
    }
  });

  it('a gateway that is stopped closes its WebSockets with a code that asks them to reconnect, and exits with 0', async () => {
    await using world = await openWorld();
    await using gateway = await world.start('gateway');
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await once(socket, 'message');
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: SAID } }));
    await runningSubscriptions(gateway.url, 1);
    const closed = once(socket, 'close');
    await endsOrderly(gateway);
    const [code] = await closed;
    expect([1001, 1012]).toContain(code);
  });

  it('a start without its topics exits with 1 and names all that are missing', async () => {
    await using world = await openWorld();
    const startedAt = performance.now();
    const { message } = await failure(world.start('gateway', { TOPIC_CREATE: 'false' }));
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    const [first, ...lines] = message.trimEnd().split('\n');
    expect(first).toBe('millrace gateway ended with 1 before it ran:');
    expect(lines).toEqual([
      `millrace: These topics do not exist, and creating topics is not allowed: ${world.topic}, ${world.topic}.dlt`,
    ]);
  });

  it('a start without Kafka exits with 1 and reports that, in every role', async () => {
    await using world = await openWorld();
    const address = await closedPort();
    const startedAt = performance.now();
    const roles = ['gateway', 'relay', 'start'];
    const failures = await Promise.all(
      roles.map((role) => failure(world.start(role, { KAFKA_BROKERS: address }))),
    );
    expect(performance.now() - startedAt).toBeLessThan(45_000);
    for (const [i, { message }] of failures.entries()) {
      const [first, ...lines] = message.trimEnd().split('\n');
      expect(first).toBe(`millrace ${roles[i]} ended with 1 before it ran:`);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^millrace: Kafka cannot be reached: .*ECONNREFUSED/);
      expect(lines[0]).toContain(address);
    }
  });
});

/** What a load balancer sees. */
async function readiness({ url }: GatewayProcess) {
  const response = await fetch(`${url}/readyz`);
  const { missing } = (await response.json()) as { missing: readonly string[] };
  return { status: response.status, missing };
}

/** The warnings that begin an outage; a repeated failure is logged once. */
const logLines = (log: string): readonly string[] =>
  log.split('\n').filter((line) => line.includes('"level":40') && !line.includes('"msg":"recovered: '));

/** Expects that a gateway stops within seconds of SIGTERM, also during an outage. */
async function endsOrderly(gateway: GatewayProcess): Promise<void> {
  const startedAt = performance.now();
  await gateway.kill('SIGTERM');
  expect(gateway.child.exitCode).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
}

async function failure(starting: Promise<AsyncDisposable>): Promise<Error> {
  const started = await starting.catch((error: unknown) => error);
  if (started instanceof Error) return started;
  await (await starting)[Symbol.asyncDispose]();
  throw new Error('It started');
}

async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('Not listening');
  return `127.0.0.1:${address.port}`;
}

function redisClient(url: string) {
  const client = new Redis(url);
  return {
    newest: (topic: string, partitions: readonly number[]) =>
      Promise.all(
        partitions.map((partition) => client.hget(`${topic}:{${topic}/${partition}}:meta`, 'newest')),
      ),
    [Symbol.asyncDispose]: async () => client.disconnect(),
  };
}
