import type { AuthenticationProviderArgs } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { saslOption } from '../../../../src/adapters/kafka/security/sasl.js';
import type { SaslSettings } from '../../../../src/adapters/kafka/security/security.js';
import { failureOf } from '../../../../src/adapters/kafka/wire/failures.js';
import { errorOfCode } from '../../../../src/adapters/kafka/wire/internals.js';

const SASL_AUTHENTICATION_FAILED = 58;

type Answer = (message: string) => string;

/** Logs in to a broker that answers each message of the mechanism with the next of `answers`. */
async function logIn(settings: SaslSettings, ...answers: readonly Answer[]) {
  const sent: string[] = [];
  const left = [...answers];
  const saslAuthenticate: AuthenticationProviderArgs['saslAuthenticate'] = async ({ request, response }) => {
    const message = (await request.encode()).subarray(4).toString();
    sent.push(message);
    const bytes = Buffer.from(left.shift()?.(message) ?? '');
    const head = Buffer.alloc(4);
    head.writeInt32BE(bytes.length);
    return response?.parse(await response.decode(Buffer.concat([head, bytes])));
  };
  const log = (): void => {};
  const logger = { namespace: () => logger, debug: log, info: log, warn: log, error: log };
  const { authenticationProvider } = await saslOption(settings);
  // kafkajs's mechanisms use nothing else of a logger.
  const args = { host: 'a', port: 1, logger, saslAuthenticate } as unknown as AuthenticationProviderArgs;
  const error: unknown = await authenticationProvider(args)
    .authenticate()
    .then(
      () => undefined,
      (failure: unknown) => failure,
    );
  return { sent, failure: error === undefined ? undefined : failureOf(error) };
}

const refuse: Answer = () => {
  throw errorOfCode(SASL_AUTHENTICATION_FAILED);
};

const lose: Answer = () => {
  throw Object.assign(new Error('Closed connection'), {
    name: 'KafkaJSConnectionClosedError',
    retriable: true,
  });
};

const password = (mechanism: 'PLAIN' | 'SCRAM-SHA-512', read = () => 'secret'): SaslSettings => ({
  kind: 'password',
  mechanism,
  username: 'ada',
  password: read,
});

describe('logging in to Kafka', () => {
  it('sends user and password with PLAIN (RFC 4616)', async () => {
    expect(await logIn(password('PLAIN'))).toEqual({ sent: ['\0ada\0secret'], failure: undefined });
  });

  it.each(['PLAIN', 'SCRAM-SHA-512'] as const)(
    'with %s is refused for good by a broker that says so',
    async (mechanism) => {
      const { failure } = await logIn(password(mechanism), refuse);
      expect(failure).toMatchObject({ name: 'KafkaJSSASLAuthenticationError', retriable: false });
    },
  );

  it.each(['PLAIN', 'SCRAM-SHA-512'] as const)(
    'with %s is tried again when the connection is lost in the middle',
    async (mechanism) => {
      const { failure } = await logIn(password(mechanism), lose);
      expect(failure).toMatchObject({ name: 'KafkaJSConnectionClosedError', retriable: true });
    },
  );

  it.each(['PLAIN', 'SCRAM-SHA-512'] as const)(
    'with %s is tried again when the password cannot be read',
    async (mechanism) => {
      const unreadable = password(mechanism, () => {
        throw new Error('KAFKA_SASL_PASSWORD_FILE cannot be read');
      });
      const { sent, failure } = await logIn(unreadable);
      expect(failure).toMatchObject({ message: 'KAFKA_SASL_PASSWORD_FILE cannot be read', retriable: true });
      expect(sent).toEqual([]);
    },
  );

  it('sends a token with its extensions (RFC 7628)', async () => {
    const fetchToken = async () => ({ value: 'abc', extensions: { pool: 'one', cluster: 'two' } });
    const { sent } = await logIn({ kind: 'token', fetchToken });
    expect(sent).toEqual(['n,,\x01auth=Bearer abc\x01pool=one\x01cluster=two\x01\x01']);
  });

  it('says why a token is refused, ends the exchange, and uses another token the next time', async () => {
    let fetched = 0;
    const fetchToken = async () => ({ value: `no. ${++fetched}`, expiresAt: Date.now() + 60_000 });
    const settings: SaslSettings = { kind: 'token', fetchToken };
    const { sent, failure } = await logIn(settings, () => '{"status":"invalid_token"}', refuse);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toBe('\x01');
    expect(failure).toMatchObject({
      name: 'KafkaJSSASLAuthenticationError',
      message:
        'SASL OAUTHBEARER authentication failed: the broker refuses the token: {"status":"invalid_token"}',
      retriable: false,
    });
  });
});
