import { Redis, type RedisOptions } from 'ioredis';
import { backoffMs } from '../../core/async.js';
import { keepLive, liveOptions } from './live-options.js';
import { ofSentinel } from './refused.js';
import type { RedisServer } from './server.js';

/** A connection whose password and certificates are read again whenever it connects. */
export class LiveRedis extends Redis {
  #closed = false;

  /** Connects in the background. */
  constructor(server: RedisServer, options: RedisOptions, onError: (error: Error) => void) {
    const { topology } = server;
    const live = liveOptions(server, onError);
    const all = { ...options, ...live, lazyConnect: true };
    if (topology.kind === 'single') super(topology.url, all);
    else super(all);
    keepLive(this, live);
    this.on('error', onError);
    tolerateLaterErrors(this);
    if (topology.kind === 'sentinel') reportSentinels(this, onError);
    // Race: the master is killed, and ioredis asks a Sentinel for the new one. `+switch-master` arrives meanwhile, and
    // its failover detector, which is still the former connection's, cancels that question. The connection then
    // counts as ended, although nobody has ended it.
    if (typeof options.retryStrategy === 'function' && topology.kind === 'sentinel')
      this.on('end', () => this.#revive());
    this.connect().catch(() => undefined); // Reported by `onError`.
  }

  override disconnect(reconnect = false): void {
    this.#closed = !reconnect;
    super.disconnect(reconnect);
  }

  #revive(): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      if (!this.#closed && this.status === 'end') this.connect().catch(() => undefined);
    }, backoffMs(0));
    timer.unref();
  }
}

/**
 * ioredis ignores the errors of its connections to Sentinels. Their commands fail because a connection was closed; only these
 * errors say that a certificate or a password is refused.
 */
function reportSentinels(connection: Redis, onError: (error: Error) => void): void {
  // Private to ioredis. If a version lacks it, refusals of Sentinels are not reported (test/live/redis-sets-secured.test.ts).
  const { connector } = connection as unknown as {
    readonly connector: { connectToSentinel?: (...args: readonly unknown[]) => Redis };
  };
  const connect = connector.connectToSentinel?.bind(connector);
  if (connect === undefined) return;
  connector.connectToSentinel = (...args) => {
    const sentinel = connect(...args);
    sentinel.on('error', (error) => onError(ofSentinel(error)));
    tolerateLaterErrors(sentinel);
    return sentinel;
  };
}

/**
 * ioredis listens to the first error of a socket only. A server whose certificate is not accepted may answer the end of
 * the handshake with an alert of its own: a second error, which would end the process.
 */
export function tolerateLaterErrors(connection: Redis): void {
  connection.on('error', () => connection.stream?.on('error', () => undefined));
}
