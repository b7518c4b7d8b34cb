import type { KafkaSecurity, SaslSettings, TlsSettings } from '../adapters/kafka/security/security.js';
import type { Project } from '../project/project.js';
import { type Config, ConfigError } from './config.js';

/**
 * How connections to Kafka are secured, by the environment and the project's `kafka` block together.
 * @throws {ConfigError} for a combination that cannot work
 */
export function kafkaSecurity(config: Config, project: Pick<Project, 'kafka'>): KafkaSecurity {
  const protocol = config.KAFKA_SECURITY_PROTOCOL;
  if (config.KAFKA_BROKERS === undefined) return {};
  const hasSasl = protocol === 'SASL_PLAINTEXT' || protocol === 'SASL_SSL';
  if (!hasSasl && project.kafka !== undefined) {
    throw new ConfigError(
      `millrace.config has a \`kafka\` block, which says how to authenticate, but KAFKA_SECURITY_PROTOCOL is ${protocol}, which does not authenticate. Set it to SASL_SSL.`,
    );
  }
  return {
    ...(protocol === 'SSL' || protocol === 'SASL_SSL' ? { tls: tlsOf(config) } : {}),
    ...(hasSasl ? { sasl: saslOf(config, project.kafka ?? {}) } : {}),
  };
}

function tlsOf(config: Config): TlsSettings {
  const { KAFKA_SSL_CA: ca, KAFKA_SSL_CERTIFICATE: certificate, KAFKA_SSL_KEY: key } = config;
  const { KAFKA_SSL_KEY_PASSWORD: keyPassword, KAFKA_SSL_SERVER_NAME: serverName } = config;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(keyPassword === undefined ? {} : { keyPassword }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

function saslOf(config: Config, { sasl, oauthBearerToken }: NonNullable<Project['kafka']>): SaslSettings {
  const mechanism = config.KAFKA_SASL_MECHANISM;
  if (sasl !== undefined) {
    if (mechanism === undefined) return { kind: 'own', mechanism: sasl };
    throw new ConfigError(
      `KAFKA_SASL_MECHANISM is ${mechanism}, and millrace.config has a mechanism of its own, ${sasl.name}. Unset one of them.`,
    );
  }
  if (oauthBearerToken !== undefined && mechanism !== 'OAUTHBEARER') {
    throw new ConfigError(
      `millrace.config has \`kafka.oauthBearerToken\`, but KAFKA_SASL_MECHANISM is ${mechanism ?? 'not set'}. Set it to OAUTHBEARER.`,
    );
  }
  switch (mechanism) {
    case undefined:
      throw new ConfigError(
        `KAFKA_SECURITY_PROTOCOL is ${config.KAFKA_SECURITY_PROTOCOL}, but KAFKA_SASL_MECHANISM is not set.`,
      );
    case 'OAUTHBEARER':
      return oauthBearerToken === undefined
        ? { kind: 'client-credentials', grant: grantOf(config) }
        : { kind: 'token', fetchToken: oauthBearerToken };
    case 'AWS_MSK_IAM':
      return { kind: 'msk-iam', region: needed(config, 'KAFKA_AWS_REGION') };
    default: {
      const username = needed(config, 'KAFKA_SASL_USERNAME');
      return { kind: 'password', mechanism, username, password: needed(config, 'KAFKA_SASL_PASSWORD') };
    }
  }
}

function grantOf(config: Config) {
  const { KAFKA_SASL_OAUTHBEARER_SCOPE: scope } = config;
  return {
    endpoint: needed(config, 'KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL'),
    clientId: needed(config, 'KAFKA_SASL_OAUTHBEARER_CLIENT_ID'),
    clientSecret: needed(config, 'KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET'),
    ...(scope === undefined ? {} : { scope }),
  };
}

function needed<N extends keyof Config>(config: Config, name: N): NonNullable<Config[N]> {
  const value = config[name];
  if (value !== undefined && value !== null) return value;
  const mechanism = config.KAFKA_SASL_MECHANISM;
  throw new ConfigError(`KAFKA_SASL_MECHANISM is ${mechanism}, which needs ${name}. It is not set.`);
}
