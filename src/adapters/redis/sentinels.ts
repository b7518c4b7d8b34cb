import { Redis } from 'ioredis';
import { liveOptions } from './live-options.js';
import { hostAndPort, type RedisServer } from './server.js';

const SENTINEL_TIMEOUT_MS = 1_000;
/** Flags of a replica that cannot be promoted. */
const AWAY = /s_down|o_down|disconnected/;

/**
 * How many replicas of the master the Sentinels consider alive; 0 if Redis has no Sentinels.
 * @throws {Error} when none of them answers
 */
export async function knownReplicas(server: RedisServer): Promise<number> {
  const { topology } = server;
  if (topology.kind !== 'sentinel') return 0;
  const counts = topology.sentinels.map((address) => replicasBy(address, topology.master, server));
  return await Promise.any(counts);
}

async function replicasBy(address: string, master: string, server: RedisServer): Promise<number> {
  const { sentinelPassword, sentinelTLS } = liveOptions(server, () => undefined);
  const { topology } = server;
  const sentinel = new Redis({
    ...hostAndPort(address),
    ...(topology.kind === 'sentinel' && topology.username !== undefined && { username: topology.username }),
    ...(sentinelPassword !== undefined && { password: sentinelPassword }),
    ...(sentinelTLS !== undefined && { tls: sentinelTLS }),
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    connectTimeout: SENTINEL_TIMEOUT_MS,
    commandTimeout: SENTINEL_TIMEOUT_MS,
  });
  sentinel.on('error', () => undefined); // Rejects the command.
  try {
    const replicas: unknown = await sentinel.call('SENTINEL', 'REPLICAS', master);
    if (!Array.isArray(replicas)) throw new Error(`The Sentinel at ${address} does not know ${master}`);
    return replicas.filter((fields) => !AWAY.test(flagsOf(fields))).length;
  } finally {
    sentinel.disconnect();
  }
}

/** @param fields names and values in turn */
function flagsOf(fields: unknown): string {
  return Array.isArray(fields) ? String(fields[fields.indexOf('flags') + 1]) : '';
}
