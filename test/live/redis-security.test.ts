import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { rightsIn, type SecuredRedis, securedRedis } from '../../scripts/services/secured-redis.mjs';
import { openRedisFanout } from '../../src/adapters/redis/fanout.js';
import { openRedisRevocationLog } from '../../src/adapters/redis/revocation-log.js';
import type { RedisServer } from '../../src/adapters/redis/server.js';
import { openRedisStateStore } from '../../src/adapters/redis/state-store.js';
import { Refusal } from '../../src/core/refusal.js';
import type { Problem } from '../../src/ports/problem.js';
import { fanoutContract } from '../contract/fanout.js';
import {
  chunk,
  claimAt,
  freshPartition,
  RecordingListener,
  WINDOW_EVENTS,
} from '../contract/fanout-tools.js';
import { revocationLogContract } from '../contract/revocation-log.js';
import { stateStoreContract } from '../contract/state-store.js';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';

const EVENTUALLY = { timeout: 30_000 };
const USER = 'carrier';

describe('a Redis with TLS, client certificates and an ACL user', { timeout: 60_000 }, () => {
  const prefix = `test-${randomUUID()}`;
  let redis: SecuredRedis;
  let password = 'the first password';
  let server: RedisServer;
  beforeAll(async () => {
    redis = await securedRedis({ namespace: prefix, user: USER, password, mutual: true });
    server = {
      topology: { kind: 'single', url: `rediss://${redis.host}:${redis.port}` },
      username: USER,
      password: () => password,
      tls: {
        ca: () => redis.authority.certificate,
        certificate: () => redis.client.certificate,
        key: () => redis.client.key,
      },
    };
  }, 60_000);
  afterAll(() => redis?.stop());

  fanoutContract('The fan-out of a user with exactly the documented rights', () =>
    openRedisFanout({ server, prefix, windowEvents: WINDOW_EVENTS }),
  );
  stateStoreContract('The state store of a user with exactly the documented rights', () =>
    openRedisStateStore({ server, prefix }),
  );
  revocationLogContract('The log of revocations of a user with exactly the documented rights', async () => {
    const place = { server, prefix: `${prefix}:${randomUUID()}` };
    return () => openRedisRevocationLog(place);
  });

  /** What the operator is told while one operation fails. */
  async function refusalOf(other: RedisServer): Promise<Refusal> {
    const problems: Problem[] = [];
    const onProblem = (problem: Problem) => void problems.push(problem);
    await using fanout = await openRedisFanout({ server: other, prefix, windowEvents: 10, onProblem });
    const at = freshPartition();
    const failure: unknown = await claimAt(fanout, at, -1)
      .then((token) => fanout.relay(at, token, chunk(-1, 0, [0])))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'FANOUT_UNAVAILABLE' });
    expect(String(failure)).not.toMatch(/WRONGPASS|NOPERM|127\.0\.0\.1|certificate/);
    const refusal = await vi.waitFor(() => {
      const found = problems.find(({ cause }) => cause instanceof Refusal)?.cause;
      if (!(found instanceof Refusal)) throw new Error(`Only ${problems.map(({ message }) => message)}`);
      return found;
    }, EVENTUALLY);
    expect(problems.filter(({ cause }) => cause === refusal)).toHaveLength(1);
    return refusal;
  }

  it('a wrong password is refused in a sentence', async () => {
    const refusal = await refusalOf({ ...server, password: () => 'wrong' });
    expect(refusal).toMatchObject({ kind: 'authentication' });
    expect(refusal.message).toContain('refuses the password of the user carrier.');
  });

  it('a missing password is refused in a sentence', async () => {
    const { topology, tls } = server;
    const refusal = await refusalOf({ topology, tls });
    expect(refusal).toMatchObject({ kind: 'authentication' });
    expect(refusal.message).toContain('asks for a password, and none is set. Set REDIS_PASSWORD.');
  });

  it('a certificate of an unknown authority, or for another host, is refused in a sentence', async () => {
    const unknown = await refusalOf({ ...server, tls: { ...server.tls, ca: undefined } });
    expect(unknown).toMatchObject({ kind: 'certificate' });
    const other = await refusalOf({ ...server, tls: { ...server.tls, serverName: 'redis.example' } });
    expect(other).toMatchObject({ kind: 'certificate' });
    expect(other.message).toMatch(/is not accepted: Hostname\/IP does not match certificate's altnames/);
  });

  it('a server that misses the certificate of the client is told apart', async () => {
    const refusal = await refusalOf({ ...server, tls: { ca: () => redis.authority.certificate } });
    expect(refusal).toMatchObject({ kind: 'certificate' });
    expect(refusal.message).toContain("does not accept this process's certificate.");
  });

  it('a client without TLS, and TLS at a port without it, are told apart', async () => {
    const url = `redis://${redis.host}:${redis.port}`;
    const plain = await refusalOf({ ...server, topology: { kind: 'single', url }, tls: undefined });
    expect(plain).toMatchObject({ kind: 'protocol' });
    expect(plain.message).toMatch(/speaks TLS at this port, and this process does not\. Let REDIS_URL begin/);
    const shared = redisUrl().replace('redis:', 'rediss:');
    const tls = await refusalOf({ topology: { kind: 'single', url: shared }, tls: {} });
    expect(tls).toMatchObject({ kind: 'protocol' });
    expect(tls.message).toContain('does not speak TLS at this port.');
  });

  it.each([
    ['+xadd', '-xadd', 'does not allow the user carrier'],
    ['+hset', '-hset', 'does not allow the user carrier'],
    ['+eval', '-eval', 'does not allow the user carrier the command EVAL'],
  ])('without the right %s, a sentence names the user', async (given, taken, sentence) => {
    await redis.ask('ACL', 'SETUSER', USER, taken);
    try {
      const refusal = await refusalOf(server);
      expect(refusal).toMatchObject({ kind: 'authorization' });
      expect(refusal.message).toContain(sentence);
    } finally {
      await redis.ask('ACL', 'SETUSER', USER, given);
    }
  });

  it('without its channels, a sentence says that PUBLISH in a script is held against their rule', async () => {
    await redis.ask('ACL', 'SETUSER', USER, 'resetchannels');
    try {
      expect((await refusalOf(server)).message).toContain(
        "PUBLISH in a script is held against '&…' rules too",
      );
    } finally {
      await redis.ask('ACL', 'SETUSER', USER, ...rightsIn(prefix));
    }
  });

  it('a relay uses passwords that the project fetches, each from the next connection on', async () => {
    const name = uniqueName('fetched');
    await using folder = await folderOf({
      password: password,
      'schema/chat.graphql': `
        type Query { ok: Boolean }
        type Subscription { said: Said! @subscribe(topic: "${name}") }
        type Said { text: String! }`,
      'millrace.config.mjs': `
        import { readFileSync } from 'node:fs';
        const password = async () => ({
          value: readFileSync('password', 'utf8'),
          expiresAt: Date.now() + 1_000,
        });
        export default { redis: { password } };`,
      'ca.pem': redis.authority.certificate,
      'client.pem': redis.client.certificate,
      'client.key': redis.client.key,
    });
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(),
      NAMESPACE: prefix,
      ADMIN_PORT: '0',
      REDIS_URL: `rediss://${redis.host}:${redis.port}`,
      REDIS_USERNAME: USER,
      REDIS_TLS_CA_FILE: 'ca.pem',
      REDIS_TLS_CERTIFICATE_FILE: 'client.pem',
      REDIS_TLS_KEY_FILE: 'client.key',
    };
    await using relay = await startProcess(['relay'], { cwd: folder.path, env });
    const ready = async () => (await fetch(`${relay.url}/readyz`)).status;
    await expect.poll(ready, EVENTUALLY).toBe(200);
    password = 'a fetched password';
    await redis.setPassword(password);
    await redis.dropConnections();
    await expect.poll(() => relay.errors, EVENTUALLY).toContain('refuses the password of the user carrier');
    await writeFile(join(folder.path, 'password'), password);
    await expect.poll(ready, EVENTUALLY).toBe(200);
  });

  it('D6: a password that was changed is used from the next connection on, and what was refused is mended', async () => {
    const problems: Problem[] = [];
    const onProblem = (problem: Problem) => void problems.push(problem);
    await using fanout = await openRedisFanout({ server, prefix, windowEvents: 10, onProblem });
    const at = freshPartition();
    const follower = new RecordingListener();
    await using _ = await fanout.follow(at, follower);
    const token = await claimAt(fanout, at, -1);
    await redis.setPassword('the second password');
    expect(await fanout.relay(at, token, chunk(-1, 0, [0]))).toMatchObject({ status: 'RELAYED' });
    await redis.dropConnections();
    const refusal = await vi.waitFor(() => {
      const found = problems.find(({ cause }) => cause instanceof Refusal)?.cause;
      if (!(found instanceof Refusal)) throw new Error('not refused yet');
      return found;
    }, EVENTUALLY);
    password = 'the second password';
    await vi.waitFor(() => expect(follower.resumptions).toBe(1), EVENTUALLY);
    await vi.waitFor(() => fanout.relay(at, token, chunk(0, 1, [1])), EVENTUALLY);
    await vi.waitFor(() => expect(follower.offsets).toEqual([0, 1]), EVENTUALLY);
    await refusal.mended;
  });
});
