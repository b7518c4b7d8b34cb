import { keyFault } from './pem.js';
import { isGiven } from './read-variable.js';
import type { Environment, Reread } from './variable.js';

interface Values {
  readonly KAFKA_SECURITY_PROTOCOL?: string | undefined;
  readonly KAFKA_SASL_MECHANISM?: string | undefined;
  readonly KAFKA_SSL_CERTIFICATE?: Reread | undefined;
  readonly KAFKA_SSL_KEY?: Reread | undefined;
  readonly KAFKA_SSL_KEY_PASSWORD?: Reread | undefined;
}

const TLS = ['CA', 'CERTIFICATE', 'KEY', 'KEY_PASSWORD', 'SERVER_NAME'].map((name) => `KAFKA_SSL_${name}`);
const PASSWORD = ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'];
const OAUTH = ['TOKEN_ENDPOINT_URL', 'CLIENT_ID', 'CLIENT_SECRET', 'SCOPE'].map(
  (name) => `KAFKA_SASL_OAUTHBEARER_${name}`,
);
const SASL = ['KAFKA_SASL_MECHANISM', ...PASSWORD, ...OAUTH, 'KAFKA_AWS_REGION'];
const PROTOCOL = 'KAFKA_SECURITY_PROTOCOL';

/**
 * Settings of Kafka that would silently not apply, or of which one half is missing: one sentence each. What the
 * project's own code may provide is not missed here.
 * @param values the settings that are valid by themselves
 */
export function kafkaFaults(environment: Environment, values: Values): string[] {
  const given = (names: readonly string[]): string[] => names.filter((name) => isGiven(environment, name));
  const secured = given([PROTOCOL, ...TLS, ...SASL]);
  if (secured.length > 0 && !isGiven(environment, 'KAFKA_BROKERS')) {
    return [`${areSet(secured)}, but KAFKA_BROKERS is not. Without brokers, the embedded log is used.`];
  }
  const protocol = values[PROTOCOL];
  // An invalid protocol is told by itself.
  if (protocol === undefined) return [];
  const is = `${PROTOCOL} is ${isGiven(environment, PROTOCOL) ? '' : 'not set, which means '}${protocol}`;
  const faults: string[] = [];
  const tls = given(TLS);
  if (tls.length > 0 && !protocol.endsWith('SSL')) {
    const proper = protocol === 'PLAINTEXT' ? 'SSL or SASL_SSL' : 'SASL_SSL';
    faults.push(`${areSet(tls)}, but ${is}: connections in the clear. Set it to ${proper}.`);
  }
  const sasl = given(SASL);
  if (sasl.length > 0 && !protocol.startsWith('SASL')) {
    const proper = protocol === 'PLAINTEXT' ? 'SASL_SSL or SASL_PLAINTEXT' : 'SASL_SSL';
    faults.push(`${areSet(sasl)}, but ${is}, which does not authenticate. Set it to ${proper}.`);
  }
  return [
    ...faults,
    ...mechanismFaults(values.KAFKA_SASL_MECHANISM, given),
    ...certificateFaults(given, values),
  ];
}

function mechanismFaults(
  mechanism: string | undefined,
  given: (names: readonly string[]) => string[],
): string[] {
  if (mechanism === undefined) return [];
  const isPassword = mechanism === 'PLAIN' || mechanism.startsWith('SCRAM');
  const unused = given([
    ...(isPassword ? [] : PASSWORD),
    ...(mechanism === 'OAUTHBEARER' ? [] : OAUTH),
    ...(mechanism === 'AWS_MSK_IAM' ? [] : ['KAFKA_AWS_REGION']),
  ]);
  if (unused.length === 0) return [];
  return [
    `${areSet(unused)}, but KAFKA_SASL_MECHANISM is ${mechanism}, which does not use ${unused.length === 1 ? 'it' : 'them'}.`,
  ];
}

function certificateFaults(given: (names: readonly string[]) => string[], values: Values): string[] {
  const [certificate, key, password] = ['CERTIFICATE', 'KEY', 'KEY_PASSWORD'].map(
    (name) => given([`KAFKA_SSL_${name}`]).length > 0,
  );
  if (certificate && !key)
    return ['KAFKA_SSL_CERTIFICATE is set, but KAFKA_SSL_KEY is not. Set both or none.'];
  if (key && !certificate)
    return ['KAFKA_SSL_KEY is set, but KAFKA_SSL_CERTIFICATE is not. Set both or none.'];
  if (password && !key) return ['KAFKA_SSL_KEY_PASSWORD is set, but KAFKA_SSL_KEY is not.'];
  const { KAFKA_SSL_CERTIFICATE, KAFKA_SSL_KEY, KAFKA_SSL_KEY_PASSWORD } = values;
  if (KAFKA_SSL_CERTIFICATE === undefined || KAFKA_SSL_KEY === undefined) return [];
  const fault = keyFault(KAFKA_SSL_CERTIFICATE(), KAFKA_SSL_KEY(), KAFKA_SSL_KEY_PASSWORD?.());
  switch (fault) {
    case undefined:
      return [];
    case 'certificate':
      return ['KAFKA_SSL_KEY is not the key of KAFKA_SSL_CERTIFICATE.'];
    case 'password':
      return [
        password
          ? 'KAFKA_SSL_KEY_PASSWORD does not open KAFKA_SSL_KEY.'
          : 'KAFKA_SSL_KEY is encrypted, and KAFKA_SSL_KEY_PASSWORD is not set.',
      ];
    case 'key':
      return ['KAFKA_SSL_KEY is not a private key in PEM that Node can read.'];
  }
}

const areSet = (names: readonly string[]): string =>
  `${names.join(', ').replace(/, (?!.*, )/, ' and ')} ${names.length === 1 ? 'is' : 'are'} set`;
