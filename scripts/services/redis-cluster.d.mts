import type { ClusterOptions, PrivateRedisCluster } from './redis-sets.d.mts';

export function privateRedisCluster(options?: ClusterOptions): Promise<PrivateRedisCluster>;
