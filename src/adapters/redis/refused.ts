import type { RefusalKind } from '../../core/refusal.js';
import { tlsFault } from '../../core/tls-fault.js';
import { describe, type RedisServer } from './server.js';

interface Refused {
  readonly kind: RefusalKind;
  readonly sentence: string;
}

/**
 * Whether Redis refuses something that does not pass by itself: one sentence for the operator.
 * @param attempted what failed, if a command did: `Claiming shop.orders/3`
 */
export function refusedBy(error: Error, server: RedisServer, attempted?: string): Refused | undefined {
  const redis = describe(server);
  const text = error.message.replace(
    /^Ready check failed: |^All sentinels are unreachable.*Last error: /s,
    '',
  );
  const of = (kind: RefusalKind, sentence: string): Refused => ({ kind, sentence });
  if (text.startsWith('WRONGPASS')) {
    const advice = 'Check REDIS_USERNAME and REDIS_PASSWORD, or the user and password in REDIS_URL';
    return of('authentication', `${redis} refuses the password of the user ${userOf(server)}. ${advice}.`);
  }
  if (text.startsWith('NOAUTH'))
    return of('authentication', `${redis} asks for a password, and none is set. Set REDIS_PASSWORD.`);
  const denied = deniedBy(text);
  if (denied !== undefined) {
    const step = attempted === undefined ? '' : ` (${attempted})`;
    return of(
      'authorization',
      `${redis} does not allow the user ${userOf(server)} ${denied}${step}. Grant it with ACL SETUSER.`,
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
  if (fault === 'no-tls')
    return of(
      'protocol',
      `${redis} does not speak TLS at this port. Use redis:// and no REDIS_TLS settings, or its TLS port.`,
    );
  return undefined;
}

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

function userOf({ username, topology }: RedisServer): string {
  if (username !== undefined) return username;
  const url = topology.kind === 'single' && URL.canParse(topology.url) ? new URL(topology.url) : undefined;
  return decodeURIComponent(url?.username ?? '') || 'default';
}
