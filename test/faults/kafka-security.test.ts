import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SecuredKafka, securedKafka } from '../../scripts/services/secured-kafka.mjs';
import { folderOf, type GatewayProcess } from '../support/gateway-process.js';
import type { Stream } from '../support/stream.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { scaled } from './support/speed.js';
import { FaultWorld } from './support/world.js';

const SESSION_MS = 10_000;

/** The end of a certificate's validity, which has whole seconds. */
const expired = (): Date => new Date(Date.now() - 2_000);

type Environment = Readonly<Record<string, string>>;

/** A folder of secrets, as an orchestrator mounts it. */
type Secrets = AsyncDisposable & { readonly path: string };

/** A relay, a gateway and two subscribers on the given listener. */
async function open(brokers: string, env: Environment) {
  const world = await FaultWorld.open({ kafka: brokers, env: { PUBLISH_DEADLINE_MS: '3000', ...env } });
  try {
    const processes = [await world.relay(), await world.gateway()] as const;
    const [, gateway] = processes;
    const subscribers = [await world.subscriber(gateway), await world.subscriber(gateway, { over: 'sse' })];
    return {
      world,
      processes,
      gateway,
      subscribers,
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

describe('secrets and certificates of Kafka that change under running processes', {
  timeout: CASE_TIMEOUT,
}, () => {
  let kafka: SecuredKafka;
  let secrets: Secrets;
  beforeAll(async () => {
    kafka = await securedKafka();
    secrets = await folderOf({ 'ca.pem': kafka.authority.certificate });
  }, 150_000);
  afterAll(async () => {
    await secrets?.[Symbol.asyncDispose]();
    await kafka?.stop();
  });

  const file = (name: string): string => join(secrets.path, name);

  it('D2 D3 a changed password: open connections live on, and new ones are made once the file has the new password', async () => {
    await kafka.setUser('sara', 'the first password');
    await writeFile(file('sara'), 'the first password');
    await using it = await open(kafka.saslSsl, {
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_SSL_CA_FILE: file('ca.pem'),
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'sara',
      KAFKA_SASL_PASSWORD_FILE: file('sara'),
    });
    const { world } = it;
    await using stream = await world.load(it.gateway);
    await world.grows(scaled(60));
    await kafka.setUser('sara', 'the second password');
    await world.grows(scaled(60));
    expect(stream.refused).toEqual([]);
    await kafka.kill();
    await kafka.start();
    // The file still has the old one.
    await Promise.all(it.processes.map((one) => saysInLog(one, /SCRAM-SHA-512/)));
    await writeFile(file('sara'), 'the second password');
    await world.grows(scaled(60));
    await stream.stop();
    expectTyped(stream);
    await expectAll(it.subscribers, world.appended);
    expectRunning(it.processes);
  });

  it('D2 D3 a certificate of the client that expires: open connections live on, and new ones are made once its file has a new one', async () => {
    const write = async (until?: Date): Promise<void> => {
      const { certificate, key } = await kafka.authority.issue({ name: 'client', ...(until && { until }) });
      await Promise.all([writeFile(file('client.pem'), certificate), writeFile(file('client.key'), key)]);
    };
    await write();
    await using it = await open(kafka.mutualTls, {
      KAFKA_SECURITY_PROTOCOL: 'SSL',
      KAFKA_SSL_CA_FILE: file('ca.pem'),
      KAFKA_SSL_CERTIFICATE_FILE: file('client.pem'),
      KAFKA_SSL_KEY_FILE: file('client.key'),
    });
    const { world } = it;
    await using stream = await world.load(it.gateway);
    await world.grows(scaled(60));
    // To connections, one that has just expired and one that expired before are the same, and no clock has to run.
    await write(expired());
    await world.grows(scaled(60));
    expect(stream.refused).toEqual([]);
    await kafka.kill();
    await kafka.start();
    await Promise.all(it.processes.map((one) => saysInLog(one, /refuses the certificate of this process/)));
    await write();
    await world.grows(scaled(60));
    await stream.stop();
    expectTyped(stream);
    await expectAll(it.subscribers, world.appended);
    expectRunning(it.processes);
  });

  it('D2 D3 a certificate of the brokers that expires: open connections live on, and new ones are made once it is renewed', async () => {
    await using it = await open(kafka.ssl, {
      KAFKA_SECURITY_PROTOCOL: 'SSL',
      KAFKA_SSL_CA_FILE: file('ca.pem'),
      KAFKA_REQUEST_TIMEOUT_MS: '2000',
    });
    const { world, processes } = it;
    await using stream = await world.load(it.gateway);
    await world.grows(scaled(60));
    const broker = { name: 'broker', hosts: ['127.0.0.1'] };
    await kafka.useCertificate(await kafka.authority.issue({ ...broker, until: expired() }));
    await world.grows(scaled(60));
    expect(stream.refused).toEqual([]);
    // Requests time out, and connections are made again.
    kafka.freeze();
    await expect.poll(() => stream.refused.length, EVENTUALLY).toBeGreaterThan(0);
    kafka.thaw();
    await Promise.all(processes.map((one) => saysInLog(one, /certificate of Kafka at \S+ has expired/)));
    await kafka.useCertificate(await kafka.authority.issue(broker));
    await world.grows(scaled(60));
    await stream.stop();
    expectTyped(stream);
    await expectAll(it.subscribers, world.appended);
    expectRunning(processes);
  });
});

describe('brokers that end sessions every 10 s', { timeout: CASE_TIMEOUT }, () => {
  let kafka: SecuredKafka;
  beforeAll(async () => {
    kafka = await securedKafka({ settings: { 'connections.max.reauth.ms': String(SESSION_MS) } });
    await kafka.setUser('sara', 'secret of sara');
  }, 150_000);
  afterAll(() => kafka?.stop());

  it('D2 D3 connections log in again in time under load: no mutation fails and no event is lost', async () => {
    await using it = await open(kafka.saslPlaintext, {
      KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'sara',
      KAFKA_SASL_PASSWORD: 'secret of sara',
    });
    const { world } = it;
    await using stream = await world.load(it.gateway);
    const began = Date.now();
    // Sessions have to end: the only wait for a time, so no ceiling applies to it.
    await expect.poll(() => Date.now() - began > 2.5 * SESSION_MS, { timeout: 4 * SESSION_MS }).toBe(true);
    await world.grows(scaled(60));
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expectAll(it.subscribers, world.appended);
    expectRunning(it.processes);
  });
});

/** Waits until a process has logged why it is refused. */
const saysInLog = (one: GatewayProcess, reason: RegExp): Promise<void> =>
  expect.poll(() => one.errors, EVENTUALLY).toMatch(reason);

/** Every failure has a code that tells a client whether to retry. */
function expectTyped(stream: Stream): void {
  const codes = new Set(stream.refused.map(({ code }) => code));
  expect([...codes].filter((code) => code !== 'PUBLISH_FAILED' && code !== 'PUBLISH_UNCERTAIN')).toEqual([]);
}

function expectRunning(processes: readonly GatewayProcess[]): void {
  for (const { child } of processes) expect(child.exitCode).toBeNull();
}
