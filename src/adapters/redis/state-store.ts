import type { OnProblem } from '../../ports/problem.js';
import type { StateStore } from '../../ports/state-store.js';
import { RedisAccess } from './access.js';
import { commandConnection, type RedisClient } from './connection.js';
import { startHealthCheck } from './health-check.js';
import { ReplicatedWrites } from './replicated-writes.js';
import { describe, type RedisServer } from './server.js';

interface RedisStateStoreOptions {
  readonly server: RedisServer;
  /** Prefix of every key; `millrace` by default. */
  readonly prefix?: string;
  readonly onProblem?: OnProblem;
}

/**
 * Opens a state store whose values are strings in Redis 7 or later. Resolves whether or not Redis is up; it connects
 * and reconnects in the background. While Redis is away, operations reject with FANOUT_UNAVAILABLE within seconds.
 */
export async function openRedisStateStore(options: RedisStateStoreOptions): Promise<StateStore> {
  const access = new RedisAccess(options.server, options.onProblem ?? (() => undefined));
  // No repeats: a `putIfAbsent` that is sent twice finds its own value and reports that the key was taken.
  const redis = commandConnection(options.server, { repeat: false }, access.onError);
  return new RedisStateStore(options, redis, access);
}

class RedisStateStore implements StateStore {
  readonly description: string;
  readonly #prefix: string;
  readonly #redis: RedisClient;
  readonly #replicated: ReplicatedWrites;
  readonly #access: RedisAccess;
  readonly #healthCheck: Disposable;

  constructor(options: RedisStateStoreOptions, redis: RedisClient, access: RedisAccess) {
    this.description = describe(options.server);
    this.#prefix = `${options.prefix ?? 'millrace'}:state:`;
    this.#redis = redis;
    this.#access = access;
    this.#replicated = new ReplicatedWrites(redis, options.server);
    this.#healthCheck = startHealthCheck(redis, (problem) => options.onProblem?.(problem));
  }

  get(key: string): Promise<Buffer | undefined> {
    return this.#run(
      'Reading',
      key,
      async (redisKey) => (await this.#redis.getBuffer(redisKey)) ?? undefined,
    );
  }

  put(key: string, value: Buffer, ttl?: number): Promise<void> {
    return this.#run('Writing', key, async (redisKey) => {
      await (ttl === undefined
        ? this.#redis.set(redisKey, value)
        : this.#redis.set(redisKey, value, 'PX', wholeMs(ttl)));
    });
  }

  putIfAbsent(key: string, value: Buffer, ttl?: number): Promise<Buffer | undefined> {
    return this.#run('Writing', key, async (redisKey) => {
      // NX with GET (Redis 7) sets or returns the present value in one step. With two commands, the value could
      // expire between a refused SET and the GET.
      const present = await (ttl === undefined
        ? this.#redis.callBuffer('SET', redisKey, value, 'NX', 'GET')
        : this.#redis.callBuffer('SET', redisKey, value, 'PX', String(wholeMs(ttl)), 'NX', 'GET'));
      return present instanceof Buffer ? present : undefined;
    });
  }

  replace(key: string, expected: Buffer, value: Buffer, ttl?: number): Promise<boolean> {
    const expiry = ttl === undefined ? '' : wholeMs(ttl);
    return this.#run('Writing', key, async (redisKey) => {
      return (await this.#redis.millraceReplace(redisKey, expected, value, expiry)) === 1;
    });
  }

  confirm(key: string, value: Buffer): Promise<boolean> {
    return this.#run('Replicating', key, (redisKey) => this.#replicated.confirm(redisKey, value));
  }

  delete(key: string): Promise<void> {
    return this.#run('Deleting', key, async (redisKey) => void (await this.#redis.del(redisKey)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#access[Symbol.dispose]();
    this.#healthCheck[Symbol.dispose]();
    this.#redis.disconnect();
  }

  async #run<T>(action: string, key: string, command: (redisKey: string) => Promise<T>): Promise<T> {
    try {
      return await command(this.#prefix + key);
    } catch (cause) {
      throw this.#access.unavailable(`${action} the state of ${JSON.stringify(key)}`, cause);
    }
  }
}

/** Redis accepts only whole milliseconds, at least 1. */
function wholeMs(ttl: number): number {
  return Math.max(1, Math.ceil(ttl));
}
