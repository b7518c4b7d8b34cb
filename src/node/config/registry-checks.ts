import { isGiven } from './read-variable.js';
import type { Environment } from './variable.js';

const PREFIX = 'SCHEMA_REGISTRY_';
const TLS = ['SSL_CA', 'SSL_CERTIFICATE', 'SSL_KEY', 'SSL_KEY_PASSWORD'];
/** The first is of no use without the second. */
const PAIRS = [
  ['SSL_CERTIFICATE', 'SSL_KEY'],
  ['SSL_KEY', 'SSL_CERTIFICATE'],
  ['SSL_KEY_PASSWORD', 'SSL_KEY'],
] as const;

/** Settings of the schema registry that would silently not apply, or of which one half is missing: one sentence each. */
export function registryFaults(environment: Environment): string[] {
  const isSet = (name: string): boolean => isGiven(environment, PREFIX + name);
  const faults = ['BASIC_AUTH_USER_INFO', 'AUTO_REGISTER', ...TLS]
    .filter((name) => isSet(name) && environment[PREFIX + name] !== 'false' && !isSet('URL'))
    .map((name) => `${PREFIX}${name} is set but ${PREFIX}URL is not. Set it too.`);
  for (const [one, other] of PAIRS)
    if (isSet(one) && !isSet(other)) faults.push(`${PREFIX}${one} is set, but ${PREFIX}${other} is not.`);
  if (TLS.some(isSet) && environment[`${PREFIX}URL`]?.startsWith('http:'))
    faults.push(
      `${PREFIX}SSL settings are set, but ${PREFIX}URL begins with http://. Let it begin with https://.`,
    );
  return faults;
}
