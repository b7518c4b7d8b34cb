import type { REDIS_SETTINGS } from './redis-settings.js';
import type { ValueOf } from './variable.js';

type Settings = typeof REDIS_SETTINGS;
type RedisConfig = { readonly [N in keyof Settings]: ValueOf<Settings[N]> };

/** Where Redis is, as the settings say it; the adapter's `RedisServer`. `undefined`: without Redis. */
export function redisServerOf(config: RedisConfig) {
  const topology = topologyOf(config);
  if (topology === undefined) return undefined;
  const { REDIS_USERNAME: username, REDIS_PASSWORD: password } = config;
  return { topology, username, password, tls: tlsOf(config) };
}

function topologyOf(config: RedisConfig) {
  const { REDIS_URL, REDIS_SENTINELS, REDIS_SENTINEL_MASTER, REDIS_CLUSTER } = config;
  if (REDIS_URL !== undefined) return { kind: 'single', url: REDIS_URL } as const;
  if (REDIS_CLUSTER !== undefined) return { kind: 'cluster', nodes: REDIS_CLUSTER } as const;
  // One without the other is refused when the settings are read.
  if (REDIS_SENTINELS === undefined || REDIS_SENTINEL_MASTER === undefined) return undefined;
  return {
    kind: 'sentinel',
    sentinels: REDIS_SENTINELS,
    master: REDIS_SENTINEL_MASTER,
    username: config.REDIS_SENTINEL_USERNAME,
    password: config.REDIS_SENTINEL_PASSWORD,
  } as const;
}

function tlsOf(config: RedisConfig) {
  const { REDIS_URL, REDIS_TLS } = config;
  const tls = {
    ca: config.REDIS_TLS_CA,
    certificate: config.REDIS_TLS_CERTIFICATE,
    key: config.REDIS_TLS_KEY,
    serverName: config.REDIS_TLS_SERVER_NAME,
  };
  const isUsed = REDIS_TLS || REDIS_URL?.startsWith('rediss:') || Object.values(tls).some(Boolean);
  return isUsed ? tls : undefined;
}
