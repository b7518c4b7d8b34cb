import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { certificateAuthority } from '../../scripts/services/certificates.mjs';
import { type Right, type SecuredKafka, securedKafka } from '../../scripts/services/secured-kafka.mjs';
import { type TokenIssuer, tokenIssuer } from '../../scripts/services/token-issuer.mjs';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import type { KafkaSecurity, SaslSettings } from '../../src/adapters/kafka/security/security.js';
import { deferred } from '../../src/core/async.js';
import { offset, partition, type Topic, topic } from '../../src/core/ids.js';
import type { NewRecord } from '../../src/core/record.js';
import { refusalIn } from '../../src/core/refusal.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { Problem } from '../../src/ports/problem.js';
import { uniqueName } from '../support/services.js';

// What Kafka refuses a user, as the log's port tells it. A broker with rights, of this file alone.

let kafka: SecuredKafka;
let admin: EventLog;
let issuer: TokenIssuer;
const stopped = new AbortController();

beforeAll(async () => {
  issuer = await tokenIssuer({ clients: { robot: 'secret' } });
  kafka = await securedKafka({ authorizer: true, tokens: issuer });
  admin = await openKafkaLog({ brokers: [kafka.address], clientId: 'admin' }, stopped.signal);
}, 300_000);

afterAll(async () => {
  await admin?.[Symbol.asyncDispose]();
  stopped.abort();
  await kafka?.stop();
  await issuer?.stop();
});

const signal = stopped.signal;
const PATIENCE = { timeout: 20_000, interval: 50 };

async function newTopic(): Promise<Topic> {
  const name = topic(uniqueName('refused'));
  await admin.ensureTopics(
    [{ topic: name, partitions: 1, replicas: 1, config: {} }],
    { create: true },
    signal,
  );
  return name;
}

/** A log of a new user with these rights. */
async function logOf(...rights: readonly Right[]) {
  const user = uniqueName('user');
  await kafka.setUser(user, 'secret');
  if (rights.length > 0) await kafka.grant(user, rights);
  const problems: Problem[] = [];
  const log = await openKafkaLog(
    {
      brokers: [kafka.saslPlaintext],
      clientId: 'test',
      security: {
        sasl: { kind: 'password', mechanism: 'SCRAM-SHA-512', username: user, password: () => 'secret' },
      },
      onProblem: (problem) => problems.push(problem),
    },
    signal,
  );
  onTestFinished(() => log[Symbol.asyncDispose]());
  const refusals = (): readonly string[] =>
    problems.filter(({ kind }) => kind === 'refused').map(({ message }) => message);
  return { user, log, refusals };
}

const record = (name: Topic, value = 'v'): NewRecord => ({
  topic: name,
  key: 'k',
  headers: {},
  value: Buffer.from(value),
});

const onTopic = (name: string, ...operations: Right['operations']): Right => ({
  resource: 'TOPIC',
  name,
  operations,
});
const onGroup = (name: string): Right => ({ resource: 'GROUP', name, operations: ['READ'] });
const onTransactions = (name: string): Right => ({
  resource: 'TRANSACTIONAL_ID',
  name,
  prefix: true,
  operations: ['WRITE'],
});

const missing = (user: string, what: string, code: string): string =>
  `User ${user} may not ${what} on Kafka (${code}). Grant it: see docs/operating.md, "Rights on Kafka".`;

const undescribed = (user: string, name: string): string =>
  `User ${user} may not DESCRIBE topic ${name} on Kafka (TOPIC_AUTHORIZATION_FAILED). READ and WRITE on it include that. Grant it: see docs/operating.md, "Rights on Kafka".`;

async function first<T>(values: AsyncIterable<T>): Promise<T | undefined> {
  for await (const value of values) return value;
  return undefined;
}

/** Expects a retryable error that does not say to clients what the refusal says to operators. */
async function refused(work: Promise<unknown>, code: string): Promise<string> {
  const error: unknown = await work.then(
    () => new Error('It was not refused'),
    (reason: unknown) => reason,
  );
  const refusal = refusalIn(error);
  expect(error).toMatchObject({ code, retry: true });
  expect(refusal, String(error)).toBeDefined();
  expect((error as Error).message).toMatch(/^The event log refuses access to this server at the moment/);
  expect((error as Error).message).not.toMatch(/user|topic|group|127/i);
  return refusal?.message ?? '';
}

describe('rights that are missing', { timeout: 60_000 }, () => {
  it('DESCRIBE of a topic: every question names the user and the topic, whether it exists or not, and it is told once', async () => {
    const name = await newTopic();
    const { user, log, refusals } = await logOf();
    const sentence = undescribed(user, name);
    expect(await refused(log.describe([name], signal), 'LOG_UNAVAILABLE')).toBe(sentence);
    expect(await refused(log.bounds(name, signal), 'LOG_UNAVAILABLE')).toBe(sentence);
    const absent = topic(uniqueName('absent'));
    expect(await refused(log.describe([absent], signal), 'LOG_UNAVAILABLE')).toBe(undescribed(user, absent));
    expect(refusals()).toEqual([sentence, undescribed(user, absent)]);
  });

  it('READ of a topic that may be described: its bounds are known, and a read names what is missing', async () => {
    const name = await newTopic();
    await admin.append([record(name)], signal);
    const { user, log } = await logOf(onTopic(name, 'DESCRIBE'));
    expect(await log.bounds(name, signal)).toEqual([{ earliest: 0, end: 1 }]);
    const range = { topic: name, partition: partition(0), from: offset(0) };
    expect(await refused(first(log.read(range, signal)), 'LOG_UNAVAILABLE')).toBe(
      missing(user, `READ topic ${name}`, 'TOPIC_AUTHORIZATION_FAILED'),
    );
  });

  it('WRITE of a topic: an append is refused and nothing is written, and works once the right is granted', async () => {
    const name = await newTopic();
    const other = await newTopic();
    const { user, log, refusals } = await logOf(onTopic(name, 'READ'), onTopic(other, 'READ', 'WRITE'));
    const sentence = missing(user, `WRITE topic ${name}`, 'TOPIC_AUTHORIZATION_FAILED');
    expect(await refused(log.append([record(name)], signal), 'PUBLISH_FAILED')).toBe(sentence);
    // Known by now: a request that is partly allowed is not sent, so nothing of it is in doubt.
    expect(await refused(log.append([record(other), record(name)], signal), 'PUBLISH_FAILED')).toBe(sentence);
    expect(await admin.bounds(other, signal)).toEqual([{ earliest: 0, end: 0 }]);
    await kafka.grant(user, [onTopic(name, 'WRITE')]);
    await expect.poll(() => log.append([record(name)], signal).catch(String), PATIENCE).toHaveLength(1);
    expect(refusals()).toEqual([sentence]);
  });

  it('WRITE of every topic: an append names its topic, or says that it is any, instead of naming the cluster', async () => {
    const name = await newTopic();
    const other = await newTopic();
    const { user, log } = await logOf(onTopic(name, 'READ'), onTopic(other, 'READ'));
    const older =
      'before Kafka 3.0 also IDEMPOTENT_WRITE on the cluster: see docs/operating.md, "Rights on Kafka".';
    expect(await refused(log.append([record(name)], signal), 'PUBLISH_FAILED')).toBe(
      `User ${user} may not WRITE topic ${name} on Kafka (CLUSTER_AUTHORIZATION_FAILED). Grant it; ${older}`,
    );
    expect(await refused(log.append([record(name), record(other)], signal), 'PUBLISH_FAILED')).toBe(
      `User ${user} may not WRITE any topic on Kafka (CLUSTER_AUTHORIZATION_FAILED). Grant WRITE on the topics that it publishes to; ${older}`,
    );
  });

  it('what a process is going to do is checked before it is done: each missing right is told in a sentence of its own', async () => {
    const [read, write] = [await newTopic(), await newTopic()];
    const group = uniqueName('group');
    const rights = [
      onTopic(read, 'READ'),
      onTopic(write, 'WRITE'),
      onTransactions('millrace-append-'),
      onTransactions(group),
    ];
    const { user, log, refusals } = await logOf(...rights);
    const use = {
      reads: [read],
      writes: [write],
      appendsAtomically: true,
      commits: [{ group, topics: [read] }],
    };
    await log.checkAccess(use, signal);
    expect(refusals()).toEqual([]);
    const id = 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED';
    const sentences = [
      missing(user, `READ topic ${read}`, 'TOPIC_AUTHORIZATION_FAILED'),
      missing(user, `WRITE topic ${write}`, 'TOPIC_AUTHORIZATION_FAILED'),
      missing(user, 'WRITE transactional id millrace-append-', id),
      missing(user, `WRITE transactional id ${group}-${read}-0`, id),
    ];
    for (const [i, right] of rights.entries()) {
      await kafka.revoke(user, [right]);
      expect(await refused(log.checkAccess(use, signal), 'LOG_UNAVAILABLE')).toBe(sentences[i]);
      await kafka.grant(user, [right]);
    }
    await expect.poll(() => log.checkAccess(use, signal).catch(String), PATIENCE).toBeUndefined();
  });

  it('CREATE of a topic: the sentence also says how to do without it', async () => {
    const name = topic(uniqueName('refused'));
    const { user, log } = await logOf(onTopic(name, 'READ', 'WRITE'));
    const spec = { topic: name, partitions: 1, replicas: 1, config: {} };
    expect(await refused(log.ensureTopics([spec], { create: true }, signal), 'LOG_UNAVAILABLE')).toBe(
      `User ${user} may not CREATE topic ${name} on Kafka (TOPIC_AUTHORIZATION_FAILED). Grant it, or create the topic and set TOPIC_CREATE=false: see docs/operating.md, "Rights on Kafka".`,
    );
  });

  it('READ of a group: a join fails with a sentence that names the group, which kafkajs does not', async () => {
    const name = await newTopic();
    const group = uniqueName('group');
    const { user, log } = await logOf(onTopic(name, 'READ'));
    const joining = log.join({ group, topics: [name] }, { batch: async () => undefined }, signal);
    expect(await refused(joining, 'LOG_UNAVAILABLE')).toBe(
      missing(user, `READ group ${group}`, 'GROUP_AUTHORIZATION_FAILED'),
    );
  });

  it('WRITE of a transactional id: an append of several records is refused, and names the id', async () => {
    const [one, two] = [await newTopic(), await newTopic()];
    const { user, log } = await logOf(onTopic(one, 'READ', 'WRITE'), onTopic(two, 'READ', 'WRITE'));
    const append = (): Promise<unknown> =>
      log.transactions?.appendAtomically([record(one), record(two)], signal) ?? Promise.resolve();
    expect(await refused(append(), 'PUBLISH_FAILED')).toMatch(
      new RegExp(`^User ${user} may not WRITE transactional id millrace-append-[\\w-]+ on Kafka`),
    );
    await kafka.grant(user, [onTransactions('millrace-append-')]);
    await expect.poll(() => append().catch(String), PATIENCE).toHaveLength(2);
  });

  it('WRITE of an output: a commit of several topics names the one that is refused, and the input stays', async () => {
    const [input, allowed, denied] = [await newTopic(), await newTopic(), await newTopic()];
    const group = uniqueName('group');
    const { user, log } = await logOf(
      onTopic(input, 'READ'),
      onTopic(allowed, 'READ', 'WRITE'),
      onTopic(denied, 'READ'),
      onGroup(group),
      onTransactions(group),
    );
    const first = deferred<unknown>();
    const committed: string[] = [];
    const { transactions } = log;
    if (transactions === undefined) throw new Error('Kafka has transactions');
    await using _member = await transactions.join(
      { group, topics: [input] },
      {
        batch: async (batch) => {
          try {
            await batch.commit([record(allowed), record(denied)]);
            committed.push(...batch.records.map(({ value }) => String(value)));
          } catch (error) {
            first.resolve(error);
            throw error;
          }
        },
      },
      signal,
    );
    await admin.append([record(input, 'precious')], signal);
    expect(await refused(Promise.reject(await first.promise), 'LOG_UNAVAILABLE')).toBe(
      missing(user, `WRITE topic ${denied}`, 'TOPIC_AUTHORIZATION_FAILED'),
    );
    await kafka.grant(user, [onTopic(denied, 'WRITE')]);
    await expect.poll(() => committed, PATIENCE).toEqual(['precious']);
  });
});

describe('rights that are taken away and given back', { timeout: 90_000 }, () => {
  for (const what of ['group', 'topic'] as const) {
    it(`D2 READ of a ${what}: the member keeps asking, tells it once, and then delivers every record`, async () => {
      const name = await newTopic();
      const other = await newTopic();
      const group = uniqueName('group');
      const lost = what === 'group' ? onGroup(group) : onTopic(name, 'READ');
      const kept = what === 'group' ? [onTopic(name, 'READ')] : [onGroup(group)];
      const { user, log, refusals } = await logOf(lost, onTopic(other, 'READ'), ...kept);
      const seen: string[] = [];
      await using _member = await log.join(
        { group, topics: [name, other] },
        {
          batch: async (batch) => {
            seen.push(...batch.records.map(({ value }) => String(value)));
            await batch.commit();
          },
        },
        signal,
      );
      await admin.append([record(name, '1')], signal);
      await expect.poll(() => seen, PATIENCE).toEqual(['1']);
      await kafka.revoke(user, [lost]);
      const right = what === 'group' ? `READ group ${group}` : `READ topic ${name}`;
      await expect
        .poll(refusals, PATIENCE)
        .toEqual([missing(user, right, `${what.toUpperCase()}_AUTHORIZATION_FAILED`)]);
      await admin.append([record(name, '2')], signal);
      if (what === 'topic') {
        // Others of the group are not held up.
        await admin.append([record(other, 'other')], signal);
        await expect.poll(() => seen, PATIENCE).toContain('other');
      }
      expect(seen).not.toContain('2');
      await kafka.grant(user, [lost]);
      await expect.poll(() => seen.filter((value) => value !== 'other'), PATIENCE).toEqual(['1', '2']);
      expect(refusals()).toHaveLength(1);
    });
  }
});

describe('connections that are refused', { timeout: 60_000 }, () => {
  const scram = (password: string): SaslSettings => ({
    kind: 'password',
    mechanism: 'SCRAM-SHA-512',
    username: 'ann',
    password: () => password,
  });
  const tls = () => ({ ca: () => kafka.authority.certificate });

  /** What the log tells operators of the first question that it is asked over such a connection. */
  async function told(address: string, security: KafkaSecurity): Promise<string> {
    const options = { brokers: [address], clientId: 'test', security };
    const log = await openKafkaLog(options, signal);
    onTestFinished(() => log[Symbol.asyncDispose]());
    const startedAt = performance.now();
    const sentence = await refused(log.describe([topic('any')], signal), 'LOG_UNAVAILABLE');
    // No time-out has to pass: neither that of a connection nor that of a request.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    return sentence;
  }

  it('a wrong password names the user', async () => {
    await kafka.setUser('ann', 'right');
    const sentence =
      /refuses user ann \(SASL_AUTHENTICATION_FAILED, SCRAM-SHA-512\): wrong user or password\. Check KAFKA_SASL_USERNAME/;
    expect(await told(kafka.saslSsl, { tls: tls(), sasl: scram('wrong') })).toMatch(sentence);
    expect(await told(kafka.saslPlaintext, { sasl: scram('wrong') })).toMatch(sentence);
    const plain = { ...scram('wrong'), mechanism: 'PLAIN' } as SaslSettings;
    expect(await told(kafka.saslPlaintext, { sasl: plain })).toMatch(/refuses user ann \(.*, PLAIN\): wrong/);
  });

  it('a mechanism that the listener does not have is named', async () => {
    const mechanism = { name: 'GSSAPI', authenticate: async () => undefined };
    expect(await told(kafka.saslPlaintext, { sasl: { kind: 'own', mechanism } })).toMatch(
      /does not accept the SASL mechanism GSSAPI \(UNSUPPORTED_SASL_MECHANISM\)\. Set KAFKA_SASL_MECHANISM/,
    );
  });

  it('an OAuth token that the broker refuses shows at the first connection', async () => {
    const fetchToken = async () => ({ value: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.' });
    expect(await told(kafka.saslPlaintext, { sasl: { kind: 'token', fetchToken } })).toMatch(
      /refuses this client \(SASL_AUTHENTICATION_FAILED, OAUTHBEARER\): its token is not accepted/,
    );
  });

  it('a certificate of an unknown authority, an expired one and one for another host are told apart', async () => {
    const trusted = await kafka.authority.issue({ name: 'broker', hosts: ['127.0.0.1'] });
    onTestFinished(() => kafka.useCertificate(trusted));
    expect(await told(kafka.ssl, { tls: {} })).toMatch(
      /^The certificate of Kafka at 127\.0\.0\.1:\d+ is signed by nobody that this process trusts\. Set KAFKA_SSL_CA to the authority that signed it \(\w+\)\.$/,
    );
    const expired = { from: new Date('2020-01-01'), until: new Date('2020-02-01') };
    await kafka.useCertificate(
      await kafka.authority.issue({ name: 'broker', hosts: ['127.0.0.1'], ...expired }),
    );
    expect(await told(kafka.ssl, { tls: tls() })).toMatch(/ has expired\. .*\(CERT_HAS_EXPIRED\)\.$/);
    await kafka.useCertificate(await kafka.authority.issue({ name: 'broker', hosts: ['kafka.example'] }));
    expect(await told(kafka.ssl, { tls: tls() })).toMatch(
      / is for another host name\. .*KAFKA_SSL_SERVER_NAME \(ERR_TLS_CERT_ALTNAME_INVALID\)\.$/,
    );
  });

  it('mutual TLS: no certificate, and one of another authority, are refused', async () => {
    const wants =
      /refuses the certificate of this process, or wants one \(ERR_SSL_\w+\)\. Set KAFKA_SSL_CERTIFICATE/;
    expect(await told(kafka.mutualTls, { tls: tls() })).toMatch(wants);
    const other = await (await certificateAuthority('Another')).issue({ name: 'ann' });
    const own = { certificate: () => other.certificate, key: () => other.key };
    expect(await told(kafka.mutualTls, { tls: { ...tls(), ...own } })).toMatch(wants);
  });

  it('a port of another protocol is found out by asking it', async () => {
    expect(await told(kafka.ssl, {})).toMatch(
      /speaks TLS at this port, and this process does not\. Set KAFKA_SECURITY_PROTOCOL to SSL/,
    );
    expect(await told(kafka.address, { tls: tls() })).toMatch(/does not speak TLS at this port/);
    expect(await told(kafka.saslPlaintext, {})).toMatch(
      /wants SASL at this port, .* Set KAFKA_SECURITY_PROTOCOL to SASL_PLAINTEXT/,
    );
    expect(await told(kafka.saslSsl, { tls: tls() })).toMatch(
      /wants SASL at this port, .* Set KAFKA_SECURITY_PROTOCOL to SASL_SSL/,
    );
    await kafka.setUser('ann', 'right');
    expect(await told(kafka.address, { sasl: scram('right') })).toMatch(/does not use SASL at this port/);
  });

  it('a broker that is away is not a refusal, with any protocol', async () => {
    const port = await closedPort();
    for (const security of [{}, { tls: tls() }, { sasl: scram('right') }]) {
      const problems: Problem[] = [];
      const options = { brokers: [port], clientId: 'test', security };
      const log = await openKafkaLog({ ...options, onProblem: (problem) => problems.push(problem) }, signal);
      onTestFinished(() => log[Symbol.asyncDispose]());
      const error: unknown = await log
        .describe([topic('any')], AbortSignal.timeout(1_500))
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'LOG_UNAVAILABLE' });
      expect(problems.filter(({ kind }) => kind === 'refused')).toEqual([]);
    }
  });

  it('D1 a password that is changed under a running log is told once, and the log continues when it is right again', async () => {
    await kafka.setUser('bob', 'first');
    const problems: Problem[] = [];
    let password = 'first';
    const sasl = { ...scram(''), username: 'bob', password: () => password } as SaslSettings;
    const name = await newTopic();
    await kafka.grant('bob', [onTopic(name, 'READ', 'WRITE')]);
    const log = await openKafkaLog(
      {
        brokers: [kafka.saslPlaintext],
        clientId: 'test',
        security: { sasl },
        onProblem: (problem) => problems.push(problem),
      },
      signal,
    );
    onTestFinished(() => log[Symbol.asyncDispose]());
    await log.append([record(name)], signal);
    await kafka.setUser('bob', 'second');
    // New connections only: those that are open outlive the change.
    await kafka.kill();
    await kafka.start();
    const refusals = () => problems.filter(({ kind }) => kind === 'refused').map(({ message }) => message);
    const append = (): Promise<unknown> =>
      log.append([record(name)], AbortSignal.timeout(5_000)).catch(String);
    await expect
      .poll(async () => [await append(), refusals().length], { timeout: 40_000 })
      .toEqual([expect.any(String), 1]);
    expect(refusals()[0]).toMatch(/refuses user bob .*: wrong user or password/);
    password = 'second';
    await expect.poll(append, { timeout: 40_000 }).toHaveLength(1);
    expect(refusals()).toHaveLength(1);
  });
});

async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}
