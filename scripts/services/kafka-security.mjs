/** The listeners beside PLAINTEXT, with the protocol of each. */
export const LISTENERS = {
  SSL: 'SSL',
  MUTUAL_TLS: 'SSL',
  SASL_SSL: 'SASL_SSL',
  SASL_PLAINTEXT: 'SASL_PLAINTEXT',
};
export const WITH_TLS = ['SSL', 'MUTUAL_TLS', 'SASL_SSL'];
const WITH_SASL = ['SASL_SSL', 'SASL_PLAINTEXT'];
/** Broker, controller and the tests' own admin use PLAINTEXT, where nobody logs in. */
const ADMIN = 'User:ANONYMOUS';

/** The broker's settings for all listeners and mechanisms. `own`: pairs of a listener and its port. */
export function securitySettings({ authorizer, ...how }) {
  return {
    ...listenerSettings(how),
    ...tlsSettings(how.certificate, how.authority),
    ...saslSettings(how.plainUsers, how.tokens),
    ...(authorizer ? AUTHORIZER : {}),
  };
}

function listenerSettings({ port, controllerPort, own, host }) {
  const named = own.map(([name, p]) => `${name}://127.0.0.1:${p}`);
  const advertised = own.map(([name, p]) => `${name}://${host}:${p}`);
  const protocols = Object.entries({ PLAINTEXT: 'PLAINTEXT', CONTROLLER: 'PLAINTEXT', ...LISTENERS });
  const plain = `PLAINTEXT://127.0.0.1:${port}`;
  return {
    listeners: [plain, `CONTROLLER://127.0.0.1:${controllerPort}`, ...named].join(','),
    'advertised.listeners': [plain, ...advertised].join(','),
    'listener.security.protocol.map': protocols.map((pair) => pair.join(':')).join(','),
  };
}

const prefix = (listener) => `listener.name.${listener.toLowerCase()}.`;

function tlsSettings(certificate, authority) {
  const stores = WITH_TLS.flatMap((listener) => Object.entries(keyStore(listener, certificate)));
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': authority.certificate,
    // Tests also put in a certificate of another host.
    'ssl.allow.dn.changes': 'true',
    'ssl.allow.san.changes': 'true',
    ...Object.fromEntries(stores),
    [`${prefix('MUTUAL_TLS')}ssl.client.auth`]: 'required',
  };
}

/** The settings of one listener that hold its certificate; they may be changed while the broker runs. */
export const keyStore = (listener, { certificate, key }) => ({
  [`${prefix(listener)}ssl.keystore.certificate.chain`]: certificate,
  [`${prefix(listener)}ssl.keystore.key`]: key,
});

const MODULES = 'org.apache.kafka.common.security';
/** Kafka reads keys from the addresses of a system property only. */
export const allowedUrls = (tokens) =>
  tokens ? [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${tokens.jwksUrl}`] : [];

const AUTHORIZER = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': ADMIN,
};

function saslSettings(plainUsers, tokens) {
  const users = Object.entries(plainUsers).map(
    ([user, password]) => ` user_${user}=${JSON.stringify(password)}`,
  );
  const logins = {
    PLAIN: `${MODULES}.plain.PlainLoginModule required${users.join('')};`,
    'SCRAM-SHA-256': `${MODULES}.scram.ScramLoginModule required;`,
    'SCRAM-SHA-512': `${MODULES}.scram.ScramLoginModule required;`,
    ...(tokens ? { OAUTHBEARER: `${MODULES}.oauthbearer.OAuthBearerLoginModule required;` } : {}),
  };
  const settings = WITH_SASL.flatMap((listener) => [
    ...Object.entries(logins).map(([mechanism, login]) => [
      `${prefix(listener)}${mechanism.toLowerCase()}.sasl.jaas.config`,
      login,
    ]),
    ...(tokens
      ? [
          [
            `${prefix(listener)}oauthbearer.sasl.server.callback.handler.class`,
            `${MODULES}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
          ],
        ]
      : []),
  ]);
  return {
    'sasl.enabled.mechanisms': Object.keys(logins).join(','),
    ...Object.fromEntries(settings),
    ...(tokens
      ? {
          'sasl.oauthbearer.jwks.endpoint.url': tokens.jwksUrl,
          // The default of Kafka 4.1.0 does not verify signatures.
          'sasl.oauthbearer.jwt.validator.class': `${MODULES}.oauthbearer.BrokerJwtValidator`,
          'sasl.oauthbearer.expected.issuer': tokens.issuer,
          'sasl.oauthbearer.expected.audience': tokens.audience,
        }
      : {}),
  };
}
