import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { privateRedisCluster } from '../../scripts/services/redis-cluster.mjs';
import { privateSentinelSet } from '../../scripts/services/redis-sentinel.mjs';
import {
  CLUSTER_RIGHTS,
  type RedisSecurity,
  redisSecurity,
  rightsIn,
  SENTINEL_RIGHTS,
} from '../../scripts/services/secured-redis.mjs';
import { openRedisFanout } from '../../src/adapters/redis/fanout.js';
import { openRedisNodeRegistry } from '../../src/adapters/redis/node-registry.js';
import { openRedisRevocationLog } from '../../src/adapters/redis/revocation-log.js';
import type { RedisServer } from '../../src/adapters/redis/server.js';
import { openRedisStateStore } from '../../src/adapters/redis/state-store.js';
import { Refusal } from '../../src/core/refusal.js';
import type { Problem } from '../../src/ports/problem.js';
import { fanoutContract } from '../contract/fanout.js';
import { WINDOW_EVENTS } from '../contract/fanout-tools.js';
import { nodeRegistryContract } from '../contract/node-registry.js';
import { revocationLogContract } from '../contract/revocation-log.js';
import { stateStoreContract } from '../contract/state-store.js';

// A Cluster, and Sentinels, that speak only TLS with client certificates and know ACL users with exactly the documented rights.

const EVENTUALLY = { timeout: 30_000 };
const PASSWORD = 'secret of the carrier';
const prefix = `test-${randomUUID()}`;

const tlsOf = ({ authority, client }: RedisSecurity): NonNullable<RedisServer['tls']> => ({
  ca: () => authority.certificate,
  certificate: () => client.certificate,
  key: () => client.key,
});

/** What the operator is told of a server that refuses this process. */
async function refusalOf(server: RedisServer): Promise<Refusal> {
  const problems: Problem[] = [];
  const onProblem = (problem: Problem) => void problems.push(problem);
  const fanout = await openRedisFanout({ server, prefix, windowEvents: 10, onProblem });
  // It connects by itself.
  onTestFinished(() => fanout[Symbol.asyncDispose]());
  return vi.waitFor(() => {
    const found = problems.find(({ cause }) => cause instanceof Refusal)?.cause;
    if (!(found instanceof Refusal)) throw new Error(`Only ${problems.map(({ message }) => message)}`);
    return found;
  }, EVENTUALLY);
}

/** The same sentences as of one server. @param server that works */
function toldOf(server: () => RedisServer): void {
  it('a certificate that is not accepted, by either side or both, is told in a sentence', async () => {
    const { tls } = server();
    const other = tlsOf(await redisSecurity({ user: 'carrier', password: PASSWORD, rights: [] }));
    const [unknown, missing, both] = await Promise.all(
      // Of both, the server answers the end of the handshake with an alert, after the client has given up.
      [{ ...tls, ca: other.ca }, { ca: tls?.ca }, other].map((one) => refusalOf({ ...server(), tls: one })),
    );
    expect(unknown?.message).toMatch(/^The certificate of Redis.* is not accepted/);
    expect(missing?.message).toContain("does not accept this process's certificate.");
    expect(both?.kind).toBe('certificate');
  });

  it('a client without TLS is told apart', async () => {
    expect((await refusalOf({ ...server(), tls: undefined })).message).toMatch(
      /speaks TLS at this port, and this process does not\. Set REDIS_TLS=true/,
    );
  });

  it('a wrong password is told in a sentence that names the user', async () => {
    expect((await refusalOf({ ...server(), password: () => 'wrong' })).message).toMatch(
      /refuses the password of the user carrier\./,
    );
  });
}

describe('a Redis Cluster with TLS and an ACL user', { timeout: 120_000 }, () => {
  let cluster: Awaited<ReturnType<typeof privateRedisCluster>>;
  let server: RedisServer;
  beforeAll(async () => {
    const rights = [...rightsIn(prefix), ...CLUSTER_RIGHTS];
    const security = await redisSecurity({ user: 'carrier', password: PASSWORD, rights, mutual: true });
    cluster = await privateRedisCluster({ security });
    const topology = { kind: 'cluster', nodes: cluster.nodes.split(',') } as const;
    server = { topology, username: 'carrier', password: () => PASSWORD, tls: tlsOf(security) };
  }, 120_000);
  afterAll(() => cluster?.stop());

  fanoutContract('The fan-out on a Cluster, of a user with exactly the documented rights', () =>
    openRedisFanout({ server, prefix, windowEvents: WINDOW_EVENTS }),
  );
  stateStoreContract('The state store on a Cluster, of a user with exactly the documented rights', () =>
    openRedisStateStore({ server, prefix }),
  );
  revocationLogContract(
    'The log of revocations on a Cluster, of a user with exactly the documented rights',
    async () => {
      const place = { server, prefix: `${prefix}:${randomUUID()}` };
      return () => openRedisRevocationLog(place);
    },
  );
  nodeRegistryContract(
    'The registry of nodes on a Cluster, of a user with exactly the documented rights',
    async () => {
      const place = { server, prefix: `${prefix}:${randomUUID()}` };
      return (onProblem) => openRedisNodeRegistry({ ...place, ...(onProblem && { onProblem }) });
    },
  );
  toldOf(() => server);
});

describe('Sentinels with TLS and an ACL user', { timeout: 120_000 }, () => {
  let set: Awaited<ReturnType<typeof privateSentinelSet>>;
  let server: RedisServer;
  beforeAll(async () => {
    const own = { user: 'carrier', password: PASSWORD, rights: rightsIn(prefix), mutual: true };
    const security = await redisSecurity(own);
    const { authority } = security;
    const atSentinels = { user: 'watcher', password: 'secret of the watcher', rights: SENTINEL_RIGHTS };
    const sentinelSecurity = await redisSecurity({ ...atSentinels, mutual: true, authority });
    set = await privateSentinelSet({ security, sentinelSecurity });
    const sentinels = set.sentinels.split(',');
    const login = { username: 'watcher', password: () => atSentinels.password };
    const topology = { kind: 'sentinel', sentinels, master: set.name, ...login } as const;
    server = { topology, username: 'carrier', password: () => PASSWORD, tls: tlsOf(security) };
  }, 120_000);
  afterAll(() => set?.stop());

  fanoutContract('The fan-out behind Sentinels, of users with exactly the documented rights', () =>
    openRedisFanout({ server, prefix, windowEvents: WINDOW_EVENTS }),
  );
  stateStoreContract('The state store behind Sentinels, of users with exactly the documented rights', () =>
    openRedisStateStore({ server, prefix }),
  );
  revocationLogContract(
    'The log of revocations behind Sentinels, of users with exactly the documented rights',
    async () => {
      const place = { server, prefix: `${prefix}:${randomUUID()}` };
      return () => openRedisRevocationLog(place);
    },
  );
  nodeRegistryContract(
    'The registry of nodes behind Sentinels, of users with exactly the documented rights',
    async () => {
      const place = { server, prefix: `${prefix}:${randomUUID()}` };
      return (onProblem) => openRedisNodeRegistry({ ...place, ...(onProblem && { onProblem }) });
    },
  );
  toldOf(() => server);

  it('a wrong password at the Sentinels names their user', async () => {
    const { topology } = server;
    const wrong = { ...topology, password: () => 'wrong' } as RedisServer['topology'];
    expect((await refusalOf({ ...server, topology: wrong })).message).toMatch(
      /refuses the password of the user watcher\. Check REDIS_SENTINEL_USERNAME/,
    );
  });
});
