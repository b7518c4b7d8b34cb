import type { RefusalKind } from '../../../core/refusal.js';
import { failureOf } from './failures.js';

/** Who this process is to Kafka, for sentences. */
export interface KafkaClient {
  /** `User gateway`; `This client` where no name is known, as with a client certificate. */
  readonly name: string;
  /** The SASL mechanism, if there is one. */
  readonly mechanism: string | undefined;
  readonly tls: boolean;
}

/** The right that a request needs, which is what to grant when Kafka refuses it. */
export type Right =
  | { readonly on: 'topic'; readonly name: string; readonly right: 'READ' | 'WRITE' | 'CREATE' | 'DESCRIBE' }
  | { readonly on: 'group'; readonly name: string; readonly right: 'READ' }
  | { readonly on: 'transactional id'; readonly name: string; readonly right: 'WRITE' }
  /** Idempotent writes: since Kafka 3.0, WRITE on any topic is enough. The name is that of the only topic to write to, or ''. */
  | { readonly on: 'any topic'; readonly name: string; readonly right: 'WRITE' };

/** A refusal as Kafka answered it, or as TLS did. */
export interface Refused {
  readonly kind: RefusalKind;
  readonly sentence: string;
}

/** By what Kafka answers: on what a right is missing. */
const AUTHORIZATION_ERRORS: ReadonlyMap<string, readonly Right['on'][]> = new Map([
  ['TOPIC_AUTHORIZATION_FAILED', ['topic']],
  ['GROUP_AUTHORIZATION_FAILED', ['group']],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', ['transactional id']],
  ['CLUSTER_AUTHORIZATION_FAILED', ['any topic', 'topic']],
]);

/** Of the rights that a request needs, those that an answer may be about. More than one: Kafka does not say which. */
export function rightsAtFault(error: unknown, needed: readonly Right[]): readonly Right[] {
  const on = AUTHORIZATION_ERRORS.get(failureOf(error).type) ?? [];
  return needed.filter((right) => on.includes(right.on));
}

/** What Node says of the broker's certificate, by code (Node's `X509 certificate error codes`). */
const CERTIFICATE_FAULTS: ReadonlyMap<string, string> = new Map([
  ['CERT_HAS_EXPIRED', 'has expired. Renew it on the broker'],
  ['CERT_NOT_YET_VALID', 'is not valid yet. Check the clocks, and the certificate'],
  ['CERT_REVOKED', 'was revoked. Renew it on the broker'],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'is for another host name. Use that name in KAFKA_BROKERS, or set KAFKA_SSL_SERVER_NAME',
  ],
  ...[
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'CERT_SIGNATURE_FAILURE',
    'CERT_UNTRUSTED',
    'INVALID_CA',
  ].map(
    (code) =>
      [
        code,
        'is signed by nobody that this process trusts. Set KAFKA_SSL_CA to the authority that signed it',
      ] as const,
  ),
]);

/** A TLS alert of the broker about the certificate of this process (RFC 8446, section 6.2), as OpenSSL names it. */
const CERTIFICATE_ALERT = /^ERR_SSL_.*ALERT_.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)/;
const NOT_TLS = /wrong version number|packet length too long|http request/i;

/**
 * What kafkajs adds to an authentication error when the connection failed in the middle of it: that is not a refusal, and
 * kafkajs 2.2.4 keeps no cause.
 */
const INTERRUPTED =
  /closed|timed out|timeout|disconnected|connection error|not connected|E(?:CONN|PIPE|HOST|NET)/i;

const RIGHTS = 'Grant it: see docs/operating.md, "Rights on Kafka"';

/**
 * The sentence for an error that does not pass by itself; `undefined` for every other error.
 * @param missing the right that is missing if the error says that one is
 */
export function refusedBy(error: unknown, client: KafkaClient, missing?: Right): Refused | undefined {
  const { type, name, message, code, broker } = failureOf(error);
  const kafka = broker === '' ? 'Kafka' : `Kafka at ${broker}`;
  if (AUTHORIZATION_ERRORS.has(type))
    return { kind: 'authorization', sentence: unauthorized(client, missing, type) };
  if (
    type === 'UNSUPPORTED_SASL_MECHANISM' ||
    (name === SASL_ERROR && message.includes('mechanism is not supported'))
  ) {
    const sentence = `${kafka} does not accept the SASL mechanism ${client.mechanism} (UNSUPPORTED_SASL_MECHANISM). Set KAFKA_SASL_MECHANISM to one that its listener has.`;
    return { kind: 'authentication', sentence };
  }
  if (type === 'ILLEGAL_SASL_STATE') {
    const sentence = `${kafka} does not use SASL at this port (ILLEGAL_SASL_STATE). Set KAFKA_SECURITY_PROTOCOL to ${client.tls ? 'SSL' : 'PLAINTEXT'}, or use the port of its SASL listener.`;
    return { kind: 'protocol', sentence };
  }
  if (name === 'TokenRefused') {
    const sentence = `${message}. Check KAFKA_SASL_OAUTHBEARER_CLIENT_ID, KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET and KAFKA_SASL_OAUTHBEARER_SCOPE.`;
    return { kind: 'authentication', sentence };
  }
  if (type === 'SASL_AUTHENTICATION_FAILED' || (name === SASL_ERROR && !INTERRUPTED.test(message)))
    return { kind: 'authentication', sentence: unauthenticated(kafka, client) };
  const fault = CERTIFICATE_FAULTS.get(code);
  if (fault !== undefined)
    return { kind: 'certificate', sentence: `The certificate of ${kafka} ${fault} (${code}).` };
  if (CERTIFICATE_ALERT.test(code)) {
    const sentence = `${kafka} refuses the certificate of this process, or wants one (${code}). Set KAFKA_SSL_CERTIFICATE and KAFKA_SSL_KEY to a pair that the broker trusts.`;
    return { kind: 'certificate', sentence };
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || (code === 'EPROTO' && NOT_TLS.test(message)))
    return { kind: 'protocol', sentence: withoutTls(broker) };
  return undefined;
}

const SASL_ERROR = 'KafkaJSSASLAuthenticationError';

function unauthorized({ name }: KafkaClient, missing: Right | undefined, type: string): string {
  if (missing === undefined) return `${name} lacks a right on Kafka (${type}). ${RIGHTS}.`;
  const { on, name: resource, right } = missing;
  const isOnlyTopic = on === 'any topic' && resource !== '';
  const what = isOnlyTopic ? `${right} topic ${resource}` : `${right} ${on} ${resource}`.trimEnd();
  const sentence = `${name} may not ${what} on Kafka (${type}).`;
  if (on === 'any topic')
    return `${sentence} Grant ${isOnlyTopic ? 'it' : 'WRITE on the topics that it publishes to'}; before Kafka 3.0 also IDEMPOTENT_WRITE on the cluster: see docs/operating.md, "Rights on Kafka".`;
  if (right === 'DESCRIBE') return `${sentence} READ and WRITE on it include that. ${RIGHTS}.`;
  if (right === 'CREATE')
    return `${sentence} Grant it, or create the topic and set TOPIC_CREATE=false: see docs/operating.md, "Rights on Kafka".`;
  return `${sentence} ${RIGHTS}.`;
}

function unauthenticated(kafka: string, { name, mechanism }: KafkaClient): string {
  const who = name.charAt(0).toLowerCase() + name.slice(1);
  const check =
    mechanism === 'OAUTHBEARER'
      ? 'its token is not accepted. Check its issuer, audience and expiry'
      : 'wrong user or password. Check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD';
  return `${kafka} refuses ${who} (SASL_AUTHENTICATION_FAILED, ${mechanism}): ${check}.`;
}

/** The sentences for what shows only as a closed connection: see `probe.ts`. */
export const withoutTls = (broker: string): string =>
  `Kafka at ${broker} does not speak TLS at this port. Use the port of its TLS listener in KAFKA_BROKERS, or set KAFKA_SECURITY_PROTOCOL to PLAINTEXT or SASL_PLAINTEXT.`;

export const withTls = (broker: string): string =>
  `Kafka at ${broker} speaks TLS at this port, and this process does not. Set KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL.`;

export const withSasl = (broker: string, { tls }: KafkaClient): string =>
  `Kafka at ${broker} wants SASL at this port, and this process does not use it. Set KAFKA_SECURITY_PROTOCOL to ${tls ? 'SASL_SSL' : 'SASL_PLAINTEXT'}, with KAFKA_SASL_MECHANISM and its settings.`;
