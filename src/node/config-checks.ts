import { distance } from 'fastest-levenshtein';
import { isGiven } from './config/read-variable.js';
import { registryFaults } from './config/registry-checks.js';
import type { Environment } from './config/variable.js';

/** Combinations of variables of which one part is missing, one sentence each. */
export function incomplete(environment: Environment): string[] {
  const isSet = (name: string): boolean => isGiven(environment, name);
  const faults = registryFaults(environment);
  const claims = ['JWT_ISSUER', 'JWT_AUDIENCE'].filter(isSet);
  if (claims.length > 0 && !isSet('JWT_SECRET') && !isSet('JWT_JWKS_URL')) {
    // S2: without a key no token would be verified, and every caller would be anonymous.
    faults.push(
      `${claims.join(' and ')} ${claims.length === 1 ? 'is' : 'are'} set, but no key verifies tokens. Set JWT_SECRET or JWT_JWKS_URL too.`,
    );
  }
  return faults;
}

/**
 * Prefixes that belong to the gateway alone: every unknown name is a mistake. The other prefixes are shared with
 * Kafka's own tools and with Kubernetes (`REDIS_PORT`, `KAFKA_SERVICE_HOST`), so only near misses are.
 */
const OWN_PREFIXES = ['JWT_'];
const SHARED_PREFIXES = ['KAFKA_', 'REDIS_', 'CURSOR_', 'SCHEMA_', 'ALLOWED_', 'AUTH_', 'MAX_', 'TOPIC_'];
/** Edits between a name and the misspelt one: one for a plural or a missing letter, two for swapped letters. */
const MAX_EDITS = 2;

/** Names that are close to one of `known`, one sentence each: a misspelt setting would silently not apply. */
export function misspelt(environment: Environment, known: readonly string[]): string[] {
  return Object.keys(environment).flatMap((name) => {
    if (!environment[name] || known.includes(name)) return [];
    const own = OWN_PREFIXES.some((prefix) => name.startsWith(prefix));
    if (!own && !SHARED_PREFIXES.some((prefix) => name.startsWith(prefix))) return [];
    const near = known.filter((candidate) => distance(name, candidate) <= MAX_EDITS);
    if (near.length > 0) return [`${name} is not a setting. Did you mean ${near.join(' or ')}?`];
    if (!own) return [];
    const prefix = name.slice(0, name.indexOf('_') + 1);
    const settings = known.filter((candidate) => candidate.startsWith(prefix));
    return [`${name} is not a setting. Settings that begin with ${prefix}: ${settings.join(', ')}.`];
  });
}
