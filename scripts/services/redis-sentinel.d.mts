import type { PrivateSentinelSet } from './redis-sets.d.mts';

/** @param options.password of all data servers */
export function privateSentinelSet(options?: {
  readonly replicas?: number;
  readonly password?: string;
}): Promise<PrivateSentinelSet>;
