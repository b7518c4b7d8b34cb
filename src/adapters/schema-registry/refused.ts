import type { RefusalKind } from '../../core/refusal.js';
import { tlsFault } from '../../core/tls-fault.js';

/** The registry and this process's user, for error sentences. */
export interface RegistryIdentity {
  /** Its origin. */
  readonly at: string;
  readonly user: string | undefined;
}

interface Refused {
  readonly kind: RefusalKind;
  readonly sentence: string;
}

const UNAUTHORIZED = 401;
const FORBIDDEN = 403;

/**
 * The refusal that a status means, with one sentence for the operator. `undefined`: the status is not a refusal.
 * @param attempted such as `read the subject orders-value`
 */
export function refusedByStatus(
  status: number,
  attempted: string,
  { at, user }: RegistryIdentity,
): Refused | undefined {
  const registry = `The schema registry at ${at}`;
  if (status === UNAUTHORIZED) {
    const sentence =
      user === undefined
        ? `${registry} asks for a user and password (401), and none is set. Set SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO.`
        : `${registry} refuses the password of the user ${user} (401). Check SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO.`;
    return { kind: 'authentication', sentence };
  }
  if (status !== FORBIDDEN) return undefined;
  const who = user === undefined ? 'This process' : `The user ${user}`;
  const sentence = `${who} may not ${attempted} at the schema registry at ${at} (403). Grant it there.`;
  return { kind: 'authorization', sentence };
}

/** The same for a connection that failed. */
export function refusedByTls(error: Error, { at }: RegistryIdentity): Refused | undefined {
  const registry = `the schema registry at ${at}`;
  switch (tlsFault(error)) {
    case 'server-certificate': {
      const sentence = `The certificate of ${registry} is not accepted: ${error.message}. Check SCHEMA_REGISTRY_SSL_CA.`;
      return { kind: 'certificate', sentence };
    }
    case 'own-certificate': {
      const sentence = `T${registry.slice(1)} does not accept this process's certificate. Check SCHEMA_REGISTRY_SSL_CERTIFICATE and SCHEMA_REGISTRY_SSL_KEY.`;
      return { kind: 'certificate', sentence };
    }
    case 'no-tls': {
      const sentence = `T${registry.slice(1)} does not speak TLS at this port. Let SCHEMA_REGISTRY_URL begin with http://, or use its TLS port.`;
      return { kind: 'protocol', sentence };
    }
    case undefined:
      return undefined;
  }
}
