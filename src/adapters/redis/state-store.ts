import type { Redis } from 'ioredis';
import type { OnProblem } from '../../ports/problem.js';
import type { StateStore } from '../../ports/state-store.js';
import { commandConnection, describe, unavailable } from './connection.js';
import { keepPulse } from './pulse.js';

export interface RedisStateStoreOptions {
  /** `redis://[:password@]host:port[/db]`, or `rediss://` for TLS. */
  readonly url: string;
  /** Before every key; `millrace` when left out. */
  readonly prefix?: string;
  readonly onProblem?: OnProblem;
}

/**
 * Small values as strings of Redis 7 or later. Resolves whether or not Redis is there; operations reject with
 * FANOUT_UNAVAILABLE while it is away, within some seconds.
 */
export async function openRedisStateStore(options: RedisStateStoreOptions): Promise<StateStore> {
  // A repeated putIfAbsent would meet its own value and take it for another's.
  const redis = commandConnection(options.url, { repeat: false }, (cause) =>
    options.onProblem?.({
      kind: 'redis-connection',
      message: `${describe(options.url)}: ${cause.message}`,
      cause,
    }),
  );
  return new RedisStateStore(options, redis);
}

class RedisStateStore implements StateStore {
  readonly description: string;
  readonly #prefix: string;
  readonly #redis: Redis;
  readonly #pulse: Disposable;

  constructor(options: RedisStateStoreOptions, redis: Redis) {
    this.description = describe(options.url);
    this.#prefix = `${options.prefix ?? 'millrace'}:state:`;
    this.#redis = redis;
    this.#pulse = keepPulse(redis, (problem) => options.onProblem?.(problem));
  }

  get(key: string): Promise<Buffer | undefined> {
    return this.#ask('Reading', key, async (name) => (await this.#redis.getBuffer(name)) ?? undefined);
  }

  put(key: string, value: Buffer, ttl?: number): Promise<void> {
    return this.#ask('Writing', key, async (name) => {
      await (ttl === undefined
        ? this.#redis.set(name, value)
        : this.#redis.set(name, value, 'PX', wholeMs(ttl)));
    });
  }

  putIfAbsent(key: string, value: Buffer, ttl?: number): Promise<Buffer | undefined> {
    return this.#ask('Writing', key, async (name) => {
      // NX with GET answers what was there in the same step: between two it could expire.
      const there = await (ttl === undefined
        ? this.#redis.callBuffer('SET', name, value, 'NX', 'GET')
        : this.#redis.callBuffer('SET', name, value, 'PX', String(wholeMs(ttl)), 'NX', 'GET'));
      return there instanceof Buffer ? there : undefined;
    });
  }

  replace(key: string, expected: Buffer, value: Buffer, ttl?: number): Promise<boolean> {
    const expiry = ttl === undefined ? '' : wholeMs(ttl);
    return this.#ask('Writing', key, async (name) => {
      return (await this.#redis.millraceReplace(name, expected, value, expiry)) === 1;
    });
  }

  delete(key: string): Promise<void> {
    return this.#ask('Deleting', key, async (name) => void (await this.#redis.del(name)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pulse[Symbol.dispose]();
    this.#redis.disconnect();
  }

  async #ask<T>(doing: string, key: string, command: (name: string) => Promise<T>): Promise<T> {
    try {
      return await command(this.#prefix + key);
    } catch (cause) {
      throw unavailable(`${doing} the state of ${JSON.stringify(key)}`, cause);
    }
  }
}

/** Redis takes whole milliseconds from 1 on. */
function wholeMs(ttl: number): number {
  return Math.max(1, Math.ceil(ttl));
}
