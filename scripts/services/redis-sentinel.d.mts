import type { PrivateSentinelSet } from './redis-sets.d.mts';
import type { RedisSecurity } from './secured-redis.d.mts';

/** @param options.password of all data servers */
export function privateSentinelSet(options?: {
  readonly replicas?: number;
  readonly password?: string;
  /** TLS and an ACL user, of the data servers and of the Sentinels. Both are signed by the same authority. */
  readonly security?: RedisSecurity;
  readonly sentinelSecurity?: RedisSecurity;
}): Promise<PrivateSentinelSet>;
