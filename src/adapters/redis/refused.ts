import type { RefusalKind } from '../../core/refusal.js';
import { tlsFault } from '../../core/tls-fault.js';
import { describe, type RedisServer } from './server.js';

export interface Refused {
  readonly kind: RefusalKind;
  readonly sentence: string;
}

/** Sharded channels are new in Redis 7. */
const TOO_OLD = /unknown command [`']?ssubscribe/i;

const SENTINEL = 'Sentinel: ';

/** Marks an error of a connection to a Sentinel, where the user is another one. */
export function ofSentinel(error: Error): Error {
  // What `tlsFault` reads.
  const code = 'code' in error ? { code: error.code } : {};
  return Object.assign(new Error(`${SENTINEL}${error.message}`, { cause: error }), code);
}

/**
 * Whether Redis refuses something that does not pass by itself: one sentence for the operator.
 * @param attempted what failed, if a command did: `Claiming shop.orders/3`
 */
export function refusedBy(error: Error, server: RedisServer, attempted?: string): Refused | undefined {
  const redis = describe(server);
  const text = error.message.replace(
    /^Ready check failed: |^Sentinel: |^All sentinels are unreachable.*Last error: /s,
    '',
  );
  const atSentinel = error.message.startsWith(SENTINEL) || error.message.startsWith('All sentinels');
  const user = userOf(server, atSentinel);
  const of = (kind: RefusalKind, sentence: string): Refused => ({ kind, sentence });
  if (text.startsWith('WRONGPASS')) {
    const advice = atSentinel
      ? 'Check REDIS_SENTINEL_USERNAME and REDIS_SENTINEL_PASSWORD'
      : 'Check REDIS_USERNAME and REDIS_PASSWORD, or the user and password in REDIS_URL';
    return of('authentication', `${redis} refuses the password of the user ${user}. ${advice}.`);
  }
  if (text.startsWith('NOAUTH'))
    return of(
      'authentication',
      `${redis} asks for a password, and none is set. Set REDIS_${atSentinel ? 'SENTINEL_' : ''}PASSWORD.`,
    );
  const denied = deniedBy(text);
  if (denied !== undefined) {
    const step = attempted === undefined ? '' : ` (${attempted})`;
    return of(
      'authorization',
      `${redis} does not allow the user ${user} ${denied}${step}. Grant it with ACL SETUSER.`,
    );
  }
  const fault = tlsFault(error);
  if (fault === 'server-certificate')
    return of(
      'certificate',
      `The certificate of ${redis} is not accepted: ${text}. Check REDIS_TLS_CA and REDIS_TLS_SERVER_NAME.`,
    );
  if (fault === 'own-certificate')
    return of(
      'certificate',
      `${redis} does not accept this process's certificate. Check REDIS_TLS_CERTIFICATE and REDIS_TLS_KEY.`,
    );
  if (fault === 'no-tls') return withoutTls(server);
  if (TOO_OLD.test(text))
    return of('protocol', `${redis} is older than Redis 7, which Millrace needs on a Cluster. Upgrade it.`);
  return undefined;
}

/** Sentences for failures that show only as a connection that closes or never answers: see `probe.ts`. */
export const withoutTls = (server: RedisServer): Refused => ({
  kind: 'protocol',
  sentence: `${describe(server)} does not speak TLS at this port. Use redis:// and no REDIS_TLS settings, or its TLS port.`,
});

export const withTls = (server: RedisServer): Refused => ({
  kind: 'protocol',
  sentence: `${describe(server)} speaks TLS at this port, and this process does not. ${
    server.topology.kind === 'single' ? 'Let REDIS_URL begin with rediss://' : 'Set REDIS_TLS=true'
  }, or use its port without TLS.`,
});

/** What the ACL denies, from Redis's words: in commands, and in scripts. */
function deniedBy(text: string): string | undefined {
  // In a script, Redis 7.0 names neither the command nor the key.
  if (!/^NOPERM|ACL failure in script|The user executing the script can't/.test(text)) return undefined;
  const command = /run the '([^']+)' command/.exec(text)?.[1];
  if (command !== undefined) return `the command ${command.toUpperCase()}`;
  if (/channel/.test(text))
    return "a channel. The channels begin with NAMESPACE, and PUBLISH in a script is held against '&…' rules too";
  if (/key/.test(text)) return 'a key. The keys begin with NAMESPACE';
  return 'a command that the scripts of Millrace use';
}

function userOf({ username, topology }: RedisServer, atSentinel: boolean): string {
  if (atSentinel && topology.kind === 'sentinel') return topology.username ?? 'default';
  if (username !== undefined) return username;
  const url = topology.kind === 'single' && URL.canParse(topology.url) ? new URL(topology.url) : undefined;
  return decodeURIComponent(url?.username ?? '') || 'default';
}
