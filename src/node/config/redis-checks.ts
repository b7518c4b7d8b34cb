import { isGiven } from './read-variable.js';
import { REDIS_TOPOLOGIES } from './redis-settings.js';
import type { Environment } from './variable.js';

const NEED_A_TOPOLOGY = [
  'REDIS_USERNAME',
  'REDIS_PASSWORD',
  'REDIS_TLS',
  'REDIS_TLS_CA',
  'REDIS_TLS_CERTIFICATE',
  'REDIS_TLS_KEY',
  'REDIS_TLS_SERVER_NAME',
];
const TLS = NEED_A_TOPOLOGY.filter((name) => name.startsWith('REDIS_TLS'));
const NEED_SENTINELS = ['REDIS_SENTINEL_MASTER', 'REDIS_SENTINEL_USERNAME', 'REDIS_SENTINEL_PASSWORD'];
/** The first is of no use without the second. */
const PAIRS = [
  ['REDIS_SENTINELS', 'REDIS_SENTINEL_MASTER'],
  ['REDIS_SENTINEL_USERNAME', 'REDIS_SENTINEL_PASSWORD'],
  ['REDIS_TLS_CERTIFICATE', 'REDIS_TLS_KEY'],
  ['REDIS_TLS_KEY', 'REDIS_TLS_CERTIFICATE'],
] as const;

/**
 * What is missing or contradicts itself among Redis's settings, one sentence each.
 * @param url the value of REDIS_URL, which may come from a file
 */
export function redisFaults(environment: Environment, url: string | undefined): string[] {
  const isSet = (name: string): boolean => isGiven(environment, name);
  const faults: string[] = [];
  const topologies = REDIS_TOPOLOGIES.filter(isSet);
  const [first, second] = topologies;
  if (second !== undefined) faults.push(`${topologies.join(' and ')} are set. Set one of them.`);
  if (first !== undefined && !isSet('KAFKA_BROKERS')) {
    faults.push(
      `${first} is set but KAFKA_BROKERS is not. The embedded log belongs to one process, so there is no other process to reach through Redis. Set KAFKA_BROKERS too, or unset ${first}.`,
    );
  }
  const orphans = NEED_A_TOPOLOGY.filter(isSet);
  if (first === undefined && orphans.length > 0)
    faults.push(`${are(orphans)} set, but none of ${REDIS_TOPOLOGIES.join(', ')}.`);
  const ofSentinels = NEED_SENTINELS.filter(isSet);
  if (!isSet('REDIS_SENTINELS') && ofSentinels.length > 0)
    faults.push(`${are(ofSentinels)} set, but REDIS_SENTINELS is not.`);
  for (const [one, other] of PAIRS)
    if (isSet(one) && !isSet(other)) faults.push(`${one} is set, but ${other} is not.`);
  if (url !== undefined) faults.push(...urlFaults(url, isSet));
  return faults;
}

function urlFaults(url: string, isSet: (name: string) => boolean): string[] {
  const faults: string[] = [];
  const tls = TLS.filter(isSet);
  if (url.startsWith('redis:') && tls.length > 0)
    faults.push(`${are(tls)} set, but REDIS_URL begins with redis://. Let it begin with rediss://.`);
  const { username, password } = new URL(url);
  if (isSet('REDIS_PASSWORD') && (username !== '' || password !== ''))
    faults.push('REDIS_PASSWORD is set, but REDIS_URL has a user or password too. Set one of them.');
  return faults;
}

const are = (names: readonly string[]): string =>
  `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'}`;
