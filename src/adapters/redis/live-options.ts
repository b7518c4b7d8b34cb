import type { RedisOptions } from 'ioredis';
import { type RedisServer, tlsReader } from './server.js';

export type LiveOptions = Pick<
  RedisOptions,
  'username' | 'password' | 'tls' | 'sentinelPassword' | 'sentinelTLS'
>;

/**
 * User, password and TLS, as properties that are read again whenever ioredis opens a connection: a password or a
 * certificate that was rotated applies from the next connection on. If one cannot be read by then, the former one is
 * used, because an exception there would leave ioredis in the state `connecting` for ever.
 */
export function liveOptions(server: RedisServer, onError: (error: Error) => void): LiveOptions {
  const { topology, username, password, tls } = server;
  const options: LiveOptions = {};
  if (username !== undefined) options.username = username;
  if (password !== undefined) live(options, 'password', password, onError);
  if (tls !== undefined) {
    const read = tlsReader(tls);
    live(options, 'tls', read, onError);
    if (topology.kind === 'sentinel') live(options, 'sentinelTLS', read, onError);
  }
  if (topology.kind === 'sentinel' && topology.password !== undefined)
    live(options, 'sentinelPassword', topology.password, onError);
  return options;
}

/** Makes the options of a connection live. ioredis copies the values of what it is given. */
export function keepLive(connection: { readonly options: RedisOptions }, live: LiveOptions): void {
  Object.defineProperties(connection.options, Object.getOwnPropertyDescriptors(live));
}

/** @throws what `read` throws, at the first time */
function live<K extends keyof LiveOptions>(
  options: LiveOptions,
  name: K,
  read: () => LiveOptions[K],
  onError: (error: Error) => void,
): void {
  let newest = read();
  Object.defineProperty(options, name, {
    enumerable: true,
    configurable: true,
    get: () => {
      try {
        newest = read();
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)));
      }
      return newest;
    },
  });
}
