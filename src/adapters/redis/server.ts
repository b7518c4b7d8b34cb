import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type SecureContextOptions,
} from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type { SentinelAddress } from 'ioredis';

/** A value that may change while the process runs, such as a password in a file. Asked when a connection is made. */
export type Current<T> = () => T;

/** How TLS verifies the server, and what it shows to the server. PEM. */
export interface RedisTls {
  /** The authorities that are trusted; Node's own by default. */
  readonly ca?: Current<string> | undefined;
  readonly certificate?: Current<string> | undefined;
  readonly key?: Current<string> | undefined;
  /** The name that the server's certificate must have, if it is not the host's. */
  readonly serverName?: string | undefined;
}

/** Where Redis is, and who connects. */
export interface RedisServer {
  readonly topology: /** `redis://[:password@]host:port[/db]`, or `rediss://` for TLS. */
    | { readonly kind: 'single'; readonly url: string }
    /** Sentinels name the master, one of several servers that replicate each other. */
    | {
        readonly kind: 'sentinel';
        /** `host:port` each. */
        readonly sentinels: readonly string[];
        readonly master: string;
        readonly username?: string | undefined;
        readonly password?: Current<string> | undefined;
      }
    /** `host:port` of nodes to start from. */
    | { readonly kind: 'cluster'; readonly nodes: readonly string[] };
  readonly username?: string | undefined;
  readonly password?: Current<string> | undefined;
  /** With TLS, also to the Sentinels. */
  readonly tls?: RedisTls | undefined;
}

export const redisAt = (url: string): RedisServer => ({ topology: { kind: 'single', url } });

/** Names the server without the password: `Redis at 127.0.0.1:6379`. */
export function describe({ topology }: RedisServer): string {
  switch (topology.kind) {
    case 'single': {
      const { url } = topology;
      return `Redis at ${URL.canParse(url) ? new URL(url).host : url.replace(/^.*@/, '')}`;
    }
    case 'sentinel':
      return `Redis, master ${topology.master} of the Sentinels at ${topology.sentinels.join(', ')}`;
    case 'cluster':
      return `Redis Cluster at ${topology.nodes.join(', ')}`;
  }
}

/** @param address `host:port`, or `[IPv6]:port` */
export function hostAndPort(address: string): SentinelAddress & { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

/**
 * Reads certificates and keys again at each call. They are parsed here: ioredis never reconnects after an exception
 * from `tls.connect`, and a file may be read while it is replaced.
 */
export function tlsReader({ ca, certificate, key, serverName }: RedisTls): () => ConnectionOptions {
  const name = serverName === undefined ? {} : nameOf(serverName);
  let newest: { readonly pem: SecureContextOptions; readonly options: ConnectionOptions } | undefined;
  return () => {
    const pem = {
      ...(ca && { ca: ca() }),
      ...(certificate && { cert: certificate() }),
      ...(key && { key: key() }),
    };
    if (newest === undefined || !isDeepStrictEqual(pem, newest.pem))
      newest = { pem, options: { ...name, secureContext: createSecureContext(pem) } };
    return newest.options;
  };
}

/** An IP address cannot be sent as the name of the server (RFC 6066, section 3); Node warns of it (DEP0123). */
function nameOf(serverName: string): ConnectionOptions {
  if (isIP(serverName) === 0) return { servername: serverName };
  return { checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate) };
}
