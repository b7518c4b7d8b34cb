import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Right, type SecuredKafka, securedKafka } from '../../scripts/services/secured-kafka.mjs';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { eventId, type Topic, topic } from '../../src/core/ids.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { Recorder } from '../support/recorder.js';
import { runningSubscriptions } from '../support/running.js';
import { redisUrl, uniqueName } from '../support/services.js';

// Whole processes that Kafka refuses something: when they start, and while they run.

const EVENTUALLY = { timeout: 60_000, interval: 100 };
const PASSWORD = 'secret';
/** Below every time-out of the start: what is refused has to be told at once. A slow machine needs some of it to load. */
const TOLD_WITHIN_MS = 14_000;

const files = (name: string) => ({
  'schema/chat.graphql': `
    type Query { ok: Boolean }
    type Mutation { say(text: String!): Published! @publish(topic: "${name}", type: "Said", key: "'k'") }
    type Subscription { echoed: Said! @subscribe(topic: "${name}.out") }
    type Said { text: String! }`,
  'millrace.config.mjs': `
    const handle = ({ key, data }) => [{ topic: '${name}.out', type: 'Said', key, data }];
    export default {
      services: [{ name: 'echo', topics: ['${name}'], handle }],
      views: [{ name: 'last', topics: ['${name}'], initial: {}, fold: (_, { data }) => data }],
    };`,
});

const RIGHTS_HINT = 'Grant it: see docs/operating.md, "Rights on Kafka".';

let kafka: SecuredKafka;
let admin: EventLog;
const stopped = new AbortController();

beforeAll(async () => {
  kafka = await securedKafka({ authorizer: true });
  admin = await openKafkaLog({ brokers: [kafka.address], clientId: 'admin' }, stopped.signal);
}, 300_000);

afterAll(async () => {
  await admin?.[Symbol.asyncDispose]();
  stopped.abort();
  await kafka?.stop();
});

/** A project of its own, whose topics exist, and a user with every right that its processes need. */
async function openProject() {
  const name = uniqueName('refused');
  const user = uniqueName('user');
  const folder = await folderOf(files(name));
  const topics = [name, `${name}.out`, `${name}.dlt`, `${name}.out.dlt`].map(topic);
  const spec = { partitions: 1, replicas: 1, config: {} };
  await admin.ensureTopics(
    topics.map((one) => ({ topic: one, ...spec })),
    { create: true },
    stopped.signal,
  );
  await kafka.setUser(user, PASSWORD);
  const on = (one: Topic, operation: 'READ' | 'WRITE'): Right => ({
    resource: 'TOPIC',
    name: one,
    operations: [operation],
  });
  const group = (suffix: string): Right => ({
    resource: 'GROUP',
    name: `${name}-${suffix}`,
    operations: ['READ'],
  });
  const rights = {
    read: topics.map((one) => on(one, 'READ')),
    write: on(topic(name), 'WRITE'),
    output: on(topic(`${name}.out`), 'WRITE'),
    letters: topics.filter((one) => one.endsWith('.dlt')).map((one) => on(one, 'WRITE')),
    relay: group('relay'),
    service: group('service-echo'),
    view: group('view-last'),
    transactions: {
      resource: 'TRANSACTIONAL_ID',
      name: `${name}-service-`,
      prefix: true,
      operations: ['WRITE'],
    } as Right,
  };
  await kafka.grant(user, Object.values(rights).flat());
  const environment = {
    KAFKA_BROKERS: kafka.saslPlaintext,
    KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_SASL_USERNAME: user,
    KAFKA_SASL_PASSWORD: PASSWORD,
    REDIS_URL: redisUrl(),
    CURSOR_SECRET: 'a secret for all the nodes',
    NAMESPACE: name,
    LOG_LEVEL: 'warn',
  };
  const start = (args: readonly string[], more: Record<string, string> = {}): Promise<GatewayProcess> =>
    startProcess(args, { cwd: folder.path, env: { ...environment, ...more } });
  return { name, user, rights, start, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

type Project = Awaited<ReturnType<typeof openProject>>;

/** Expects that a process ends with 1 and says one sentence. */
async function fails(starting: Promise<GatewayProcess>, sentence: string | RegExp): Promise<void> {
  const startedAt = performance.now();
  const error: unknown = await starting.then(
    (running) => running[Symbol.asyncDispose]().then(() => new Error('it started')),
    (reason: unknown) => reason,
  );
  expect(performance.now() - startedAt).toBeLessThan(TOLD_WITHIN_MS);
  const [first, ...lines] = String((error as Error).message)
    .trimEnd()
    .split('\n');
  expect(first).toMatch(/ ended with 1 before it ran:$/);
  expect(lines).toEqual([
    typeof sentence === 'string' ? `millrace: ${sentence}` : expect.stringMatching(sentence),
  ]);
}

const said = (to: Topic, text: string) =>
  encodeEvent(to, {
    id: eventId(text),
    source: '/another',
    type: 'Said',
    subject: 'k',
    time: '2026-01-31T09:30:00Z',
    correlationId: undefined,
    traceparent: undefined,
    data: Buffer.from(JSON.stringify({ text })),
  });

/** The lines of a process about what it is refused: the sentences, and that they were mended. */
const refusalLines = ({ errors }: GatewayProcess): readonly string[] =>
  errors
    .split('\n')
    .filter((line) => line.includes('"kind":"refused"'))
    .map((line) => (JSON.parse(line) as { msg: string }).msg);

describe('a start that is refused', { timeout: 120_000 }, () => {
  async function without(project: Project, right: Right, args: readonly string[], sentence: string) {
    await kafka.revoke(project.user, [right]);
    await fails(project.start(args), sentence);
    await kafka.grant(project.user, [right]);
  }

  it('ends with 1 and one sentence that names user, right and resource, in every role', async () => {
    await using project = await openProject();
    const { name, user, rights } = project;
    const group = (suffix: string): string =>
      `User ${user} may not READ group ${name}-${suffix} on Kafka (GROUP_AUTHORIZATION_FAILED). ${RIGHTS_HINT}`;
    await without(project, rights.relay, ['relay'], group('relay'));
    await without(project, rights.service, ['services', 'echo'], group('service-echo'));
    await without(project, rights.view, ['services', 'last'], group('view-last'));
    // Nobody has sent a mutation yet.
    const write = `User ${user} may not WRITE topic ${name} on Kafka (TOPIC_AUTHORIZATION_FAILED). ${RIGHTS_HINT}`;
    await without(project, rights.write, ['gateway'], write);
    await fails(
      project.start(['gateway'], { KAFKA_SASL_PASSWORD: 'wrong' }),
      /^millrace: Kafka.* refuses user .*: wrong user or password\. Check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD\.$/,
    );
    const plain = { KAFKA_SECURITY_PROTOCOL: '', KAFKA_SASL_MECHANISM: '', KAFKA_SASL_USERNAME: '' };
    await fails(
      project.start(['gateway'], { ...plain, KAFKA_SASL_PASSWORD: '', KAFKA_BROKERS: kafka.ssl }),
      /^millrace: Kafka at .* speaks TLS at this port, and this process does not\. /,
    );
  });

  it('ends with 1 and the sentence of Redis while Kafka does not answer', async () => {
    await using project = await openProject();
    await using silent = await silentServer();
    const redis = new URL(redisUrl());
    const started = project.start(['gateway'], {
      KAFKA_BROKERS: silent.address,
      KAFKA_CLIENT_ID: 'gateway-of-the-shop',
      REDIS_URL: `redis://nobody:wrong@${redis.host}`,
    });
    await fails(started, /^millrace: Redis at .* refuses the password of the user nobody\. /);
    expect(silent.received.toString('latin1')).toContain('gateway-of-the-shop');
  });
});

/** Accepts connections and says nothing. */
async function silentServer(): Promise<
  AsyncDisposable & { readonly address: string; readonly received: Buffer }
> {
  const sockets = new Set<Socket>();
  const chunks: Buffer[] = [];
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined).on('data', (chunk) => chunks.push(chunk)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return {
    address: `127.0.0.1:${port}`,
    get received() {
      return Buffer.concat(chunks);
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), 'close');
    },
  };
}

describe('a right that is taken from running processes and given back', { timeout: 180_000 }, () => {
  it('D2 is told once, shows in /readyz and the metrics, and everything continues without a restart or a lost event', async () => {
    await using project = await openProject();
    const { name, user, rights } = project;
    await using relay = await project.start(['relay'], { ADMIN_PORT: '0' });
    await using services = await project.start(['services']);
    await using gateway = await project.start(['gateway']);
    await using recorder = Recorder.overWebSocket('ws', gateway.url, 'subscription { echoed { text } }');
    await runningSubscriptions(gateway.url, 1);
    const say = async (text: string): Promise<string> => {
      const query = 'mutation($text: String!) { say(text: $text) { offset } }';
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables: { text } }),
      });
      return response.text();
    };
    const texts = () => recorder.received.map(({ text }) => text);

    expect(await say('before')).toContain('"offset"');
    await expect.poll(texts, EVENTUALLY).toEqual(['before']);
    const taken = [rights.write, rights.output, rights.relay, rights.service];
    await kafka.revoke(user, taken);
    const answer = await say('refused');
    expect(answer).toContain('"code":"PUBLISH_FAILED","retry":true');
    expect(answer).not.toMatch(new RegExp(`${user}|${name}|127\\.0\\.0\\.1`));
    const denied = (what: string, code: string): string =>
      `User ${user} may not ${what} on Kafka (${code}_AUTHORIZATION_FAILED). ${RIGHTS_HINT}`;
    await expect
      .poll(() => refusalLines(relay), EVENTUALLY)
      .toEqual([denied(`READ group ${name}-relay`, 'GROUP')]);
    await expect
      .poll(() => refusalLines(services), EVENTUALLY)
      .toEqual([denied(`READ group ${name}-service-echo`, 'GROUP')]);
    const ready = async () => {
      const response = await fetch(`${gateway.url}/readyz`);
      return { status: response.status, body: await response.text() };
    };
    await expect.poll(ready, EVENTUALLY).toMatchObject({ status: 503 });
    const { body } = await ready();
    expect(JSON.parse(body)).toMatchObject({
      missing: ['access'],
      checks: { access: 'refused: authorization' },
    });
    expect(body).not.toContain(user);
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toContain('millrace_refusals{kind="authorization"} 1');
    expect(refusalLines(gateway)).toEqual([denied(`WRITE topic ${name}`, 'TOPIC')]);

    const ofRelay = await fetch(`${relay.url}/readyz`);
    expect(ofRelay.status).toBe(503);
    // ADMIN_PORT is the operators': it has the sentences.
    expect(await ofRelay.json()).toMatchObject({ missing: ['access'], refusals: refusalLines(relay) });
    expect(await (await fetch(`${relay.url}/metrics`)).text()).toContain(
      'millrace_refusals{kind="authorization"} 1',
    );

    // Another producer goes on: the relay and the service have to catch up with it.
    await admin.append([said(topic(name), 'meanwhile')], stopped.signal);
    await kafka.grant(user, taken);
    await expect.poll(ready, EVENTUALLY).toMatchObject({ status: 200 });
    await expect.poll(async () => (await fetch(`${relay.url}/readyz`)).status, EVENTUALLY).toBe(200);
    expect(await say('after')).toContain('"offset"');
    await expect.poll(texts, EVENTUALLY).toEqual(['before', 'meanwhile', 'after']);
    for (const one of [relay, services, gateway]) {
      expect(one.child.exitCode).toBeNull();
      await expect
        .poll(() => refusalLines(one), EVENTUALLY)
        .toEqual([expect.not.stringMatching(/^recovered/), expect.stringMatching(/^recovered: User /)]);
    }
  });
});
