import { z } from 'zod';
import { certificates, privateKey } from './pem.js';
import { addresses, count, httpUrl, text, type Variable } from './variable.js';

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER', 'AWS_MSK_IAM'] as const;

/** A secret that is needed for each new connection, so that a rotated one applies without a restart. */
const rotating = (about: string) =>
  ({ about, allowed: 'a text', schema: text.optional(), secret: true, reread: true }) as const;

/** How Kafka is reached. Their names are those of Kafka's own settings. */
export const KAFKA_SETTINGS = {
  KAFKA_BROKERS: {
    about: "Kafka's bootstrap servers, comma-separated; when unset, the embedded log is used",
    allowed: 'host:port, several separated by commas',
    schema: addresses.optional(),
  },
  KAFKA_CLIENT_ID: {
    about: "The client id, for the brokers' logs, metrics and quotas (millrace)",
    allowed: 'letters, digits, . _ -',
    schema: text.regex(/^[\w.-]+$/).default('millrace'),
  },
  KAFKA_CLIENT_RACK: {
    about:
      "The rack or zone of this process, as the brokers' `broker.rack` says it: relays and services read from replicas there",
    allowed: 'a text',
    schema: text.optional(),
  },
  KAFKA_SECURITY_PROTOCOL: {
    about: "As Kafka's `security.protocol`: whether connections use TLS (SSL, SASL_SSL) and SASL (PLAINTEXT)",
    allowed: PROTOCOLS.join(', '),
    schema: z.enum(PROTOCOLS).default('PLAINTEXT'),
  },
  KAFKA_SSL_CA: {
    about: "The certificates, in PEM, that sign the brokers'; when unset, those that Node trusts",
    allowed: 'one or more certificates in PEM',
    schema: certificates.optional(),
    file: true,
    reread: true,
  },
  KAFKA_SSL_CERTIFICATE: {
    about: "The client's certificate in PEM, with its chain, for brokers that ask for one (mutual TLS)",
    allowed: 'one or more certificates in PEM',
    schema: certificates.optional(),
    file: true,
    reread: true,
  },
  KAFKA_SSL_KEY: {
    about: 'The private key of that certificate, in PEM',
    allowed: 'a private key in PEM',
    schema: privateKey.optional(),
    secret: true,
    reread: true,
  },
  KAFKA_SSL_KEY_PASSWORD: rotating('The password of that key, if it is encrypted'),
  KAFKA_SSL_SERVER_NAME: {
    about: "The host name that the brokers' certificates must have, if it is not the one of their addresses",
    allowed: 'a host name',
    schema: text.regex(/^[\w.-]+$/).optional(),
  },
  KAFKA_SASL_MECHANISM: {
    about: `As Kafka's \`sasl.mechanism\`: ${MECHANISMS.join(', ')}`,
    allowed: MECHANISMS.join(', '),
    schema: z.enum(MECHANISMS).optional(),
  },
  KAFKA_SASL_USERNAME: {
    about: 'The user, for PLAIN and SCRAM',
    allowed: 'a text',
    schema: text.optional(),
  },
  KAFKA_SASL_PASSWORD: rotating('Their password'),
  KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: {
    about: 'Where tokens for OAUTHBEARER are fetched, by the client credentials grant of OAuth 2',
    allowed: 'an http or https URL',
    schema: httpUrl.optional(),
  },
  KAFKA_SASL_OAUTHBEARER_CLIENT_ID: {
    about: 'The client id there',
    allowed: 'a text',
    schema: text.optional(),
  },
  KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: rotating('The client secret there'),
  KAFKA_SASL_OAUTHBEARER_SCOPE: {
    about: 'The scope of these tokens, if the endpoint wants one',
    allowed: 'scopes, separated by spaces',
    schema: text.optional(),
  },
  KAFKA_AWS_REGION: {
    about: 'The region of the MSK cluster, for AWS_MSK_IAM',
    allowed: 'a region such as eu-central-1',
    schema: text.regex(/^[a-z\d-]+$/).optional(),
  },
  KAFKA_MAX_INFLATED_BYTES: count(
    64 * 1024 * 1024,
    'How large a compressed record batch may be when it is decompressed; a larger one is a dead letter',
    1_048_576,
    1_073_741_824,
  ),
  KAFKA_REQUEST_TIMEOUT_MS: count(
    30_000,
    'How long Kafka may take to answer a request before the connection is reopened',
    1_000,
    600_000,
  ),
  KAFKA_SESSION_TIMEOUT_MS: count(
    30_000,
    'The session timeout of consumer groups: how long a relay or service may be silent before its partitions are reassigned',
    1_000,
    1_800_000,
  ),
} satisfies Record<string, Variable<unknown>>;
