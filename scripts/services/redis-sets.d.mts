import type { RedisOptions } from 'ioredis';
import type { RedisSecurity } from './secured-redis.d.mts';

/** A master, its replicas and three Sentinels. */
export interface PrivateSentinelSet {
  /** The Sentinels' name of the master: REDIS_SENTINEL_MASTER. */
  readonly name: string;
  /** The value for REDIS_SENTINELS. */
  readonly sentinels: string;
  /** `host:port` of the present master, as the Sentinels name it. */
  master(): Promise<string>;
  /** Sends one command to the present master. */
  ask(...command: readonly [string, ...(string | number)[]]): Promise<unknown>;
  /** An orderly failover, `SENTINEL FAILOVER`. Resolves once the Sentinels name another master. */
  failover(): Promise<void>;
  /** Kills the master. Resolves once the Sentinels name another one. */
  kill(): Promise<void>;
  /** Starts what was killed. Resolves once all replicas follow the master. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** Three masters with a replica each. */
export interface PrivateRedisCluster {
  /** The value for REDIS_CLUSTER. */
  readonly nodes: string;
  /** `host:port` of the master that has a slot. */
  masterOf(slot: number): Promise<string>;
  /** Sends one command to the master that has a slot. */
  ask(slot: number, ...command: readonly [string, ...(string | number)[]]): Promise<unknown>;
  /** Sends one command to every node. */
  askAll(...command: readonly [string, ...(string | number)[]]): Promise<void>;
  /** Kills the master that has a slot. Resolves once its replica has taken over. */
  kill(slot: number): Promise<void>;
  /** An orderly failover to the replica, `CLUSTER FAILOVER`. */
  failover(slot: number): Promise<void>;
  /** Moves a slot with its keys to another master. */
  move(slot: number): Promise<void>;
  /** Starts what was killed. Resolves once every master has a replica again. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** Further settings of every node. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What a client needs to reach the nodes, such as a password. */
  readonly client?: RedisOptions;
  /** TLS between all of them, and an ACL user. */
  readonly security?: RedisSecurity;
}
