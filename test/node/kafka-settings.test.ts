import { generateKeyPairSync } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, certificateAuthority } from '../../scripts/services/certificates.mjs';
import { ConfigError, readConfig } from '../../src/node/config.js';
import { kafkaSecurity } from '../../src/node/kafka.js';
import type { Project } from '../../src/project/project.js';
import { folderOf } from '../support/gateway-process.js';

type Environment = Readonly<Record<string, string>>;

const KAFKA = { KAFKA_BROKERS: 'kafka.example:9093' };
const SASL_SSL = { ...KAFKA, KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' };
const SCRAM = { ...SASL_SSL, KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512', KAFKA_SASL_USERNAME: 'ada' };
const OAUTH = { ...SASL_SSL, KAFKA_SASL_MECHANISM: 'OAUTHBEARER' };

const securityOf = (environment: Environment, project: Project = {}) =>
  kafkaSecurity(readConfig(environment), project);

/** What an environment and a project are refused with; empty when they are not. */
function refusal(environment: Environment, project: Project = {}): string {
  try {
    securityOf(environment, project);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

let ca: string;
let client: Certificate;
let other: Certificate;

beforeAll(async () => {
  const authority = await certificateAuthority();
  ca = authority.certificate;
  client = await authority.issue({ name: 'client' });
  other = await authority.issue({ name: 'other' });
});

describe('the settings of a secured Kafka', () => {
  it('are none when only the brokers are set', () => {
    expect(securityOf(KAFKA)).toEqual({});
  });

  it('with SSL are TLS, and the certificates that Node trusts unless KAFKA_SSL_CA is set', () => {
    const ssl = { ...KAFKA, KAFKA_SECURITY_PROTOCOL: 'SSL' };
    expect(securityOf(ssl)).toEqual({ tls: {} });
    expect(securityOf({ ...ssl, KAFKA_SSL_CA: `${ca}${ca}` }).tls?.ca?.()).toBe(`${ca}${ca}`);
  });

  it('accept PEM on one line with \\n in place of newlines', () => {
    const security = securityOf({
      ...KAFKA,
      KAFKA_SECURITY_PROTOCOL: 'SSL',
      KAFKA_SSL_CA: ca.trim().replaceAll('\n', '\\n'),
    });
    expect(security.tls?.ca?.()).toBe(ca.trim());
  });

  it('read the file of a password again whenever it is used', async () => {
    await using folder = await folderOf({ password: 'first\n' });
    const path = join(folder.path, 'password');
    const { sasl } = securityOf({ ...SCRAM, KAFKA_SASL_PASSWORD_FILE: path });
    if (sasl?.kind !== 'password') throw new Error('no password');
    expect(sasl.password()).toBe('first');
    await writeFile(path, 'second');
    expect(sasl.password()).toBe('second');
    await rm(path);
    expect(() => sasl.password()).toThrow(
      /^KAFKA_SASL_PASSWORD_FILE is the path of a file that cannot be read/,
    );
  });

  it('are completed by the kafka block of the project', () => {
    const fetchToken = async () => ({ value: 'token' });
    expect(securityOf(OAUTH, { kafka: { oauthBearerToken: fetchToken } })).toEqual({
      tls: {},
      sasl: { kind: 'token', fetchToken },
    });
    const sasl = { name: 'GSSAPI', authenticate: async () => {} };
    expect(securityOf(SASL_SSL, { kafka: { sasl } }).sasl).toEqual({ kind: 'own', mechanism: sasl });
  });
});

describe('combinations that cannot work', () => {
  it.each<[string, Environment, string]>([
    [
      'a protocol that Kafka has not',
      { ...KAFKA, KAFKA_SECURITY_PROTOCOL: 'TLS' },
      'KAFKA_SECURITY_PROTOCOL is "TLS", a text of 3 characters; allowed: PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL.',
    ],
    [
      'SASL_SSL without a mechanism',
      SASL_SSL,
      'KAFKA_SECURITY_PROTOCOL is SASL_SSL, but KAFKA_SASL_MECHANISM is not set.',
    ],
    [
      'SCRAM without a password',
      SCRAM,
      'KAFKA_SASL_MECHANISM is SCRAM-SHA-512, which needs KAFKA_SASL_PASSWORD. It is not set.',
    ],
    [
      'a mechanism without a user',
      { ...SASL_SSL, KAFKA_SASL_MECHANISM: 'PLAIN' },
      'KAFKA_SASL_MECHANISM is PLAIN, which needs KAFKA_SASL_USERNAME. It is not set.',
    ],
    [
      'OAUTHBEARER without an endpoint',
      OAUTH,
      'KAFKA_SASL_MECHANISM is OAUTHBEARER, which needs KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL. It is not set.',
    ],
    [
      'MSK without a region',
      { ...SASL_SSL, KAFKA_SASL_MECHANISM: 'AWS_MSK_IAM' },
      'KAFKA_SASL_MECHANISM is AWS_MSK_IAM, which needs KAFKA_AWS_REGION. It is not set.',
    ],
    [
      'a user for tokens',
      { ...OAUTH, KAFKA_SASL_USERNAME: 'ada' },
      'KAFKA_SASL_USERNAME is set, but KAFKA_SASL_MECHANISM is OAUTHBEARER, which does not use it.',
    ],
    [
      'a mechanism without SASL',
      { ...KAFKA, KAFKA_SASL_MECHANISM: 'PLAIN' },
      'KAFKA_SASL_MECHANISM is set, but KAFKA_SECURITY_PROTOCOL is not set, which means PLAINTEXT, which does not authenticate. Set it to SASL_SSL or SASL_PLAINTEXT.',
    ],
    [
      'security without brokers',
      { KAFKA_SECURITY_PROTOCOL: 'SSL' },
      'KAFKA_SECURITY_PROTOCOL is set, but KAFKA_BROKERS is not. Without brokers, the embedded log is used.',
    ],
    [
      'a certificate that is not PEM',
      { ...KAFKA, KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CA: 'MIIC' },
      'KAFKA_SSL_CA is "MIIC", a text of 4 characters; allowed: one or more certificates in PEM.',
    ],
    [
      'a file that is not there',
      { ...SCRAM, KAFKA_SASL_PASSWORD_FILE: '/nowhere' },
      "KAFKA_SASL_PASSWORD_FILE is the path of a file that cannot be read: ENOENT: no such file or directory, open '/nowhere'.",
    ],
  ])('are refused in one sentence: %s', (_what, environment, sentence) => {
    expect(refusal(environment)).toBe(sentence);
  });

  it('are refused in one sentence: a CA with PLAINTEXT', () => {
    expect(refusal({ ...KAFKA, KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT', KAFKA_SSL_CA: ca })).toBe(
      'KAFKA_SSL_CA is set, but KAFKA_SECURITY_PROTOCOL is PLAINTEXT: connections in the clear. Set it to SSL or SASL_SSL.',
    );
  });

  it('are refused in one sentence: PEM whose content is not a certificate', () => {
    const broken = '-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----';
    expect(refusal({ ...KAFKA, KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CA: broken })).toMatch(
      /^KAFKA_SSL_CA is .* allowed: one or more certificates in PEM\.$/,
    );
  });

  it('are refused in one sentence: halves of a client certificate, and parts that do not fit', () => {
    const ssl = { ...KAFKA, KAFKA_SECURITY_PROTOCOL: 'SSL' };
    const { certificate: KAFKA_SSL_CERTIFICATE, key: KAFKA_SSL_KEY } = client;
    expect(refusal({ ...ssl, KAFKA_SSL_CERTIFICATE })).toBe(
      'KAFKA_SSL_CERTIFICATE is set, but KAFKA_SSL_KEY is not. Set both or none.',
    );
    expect(refusal({ ...ssl, KAFKA_SSL_KEY })).toBe(
      'KAFKA_SSL_KEY is set, but KAFKA_SSL_CERTIFICATE is not. Set both or none.',
    );
    expect(refusal({ ...ssl, KAFKA_SSL_CERTIFICATE, KAFKA_SSL_KEY })).toBe('');
    expect(refusal({ ...ssl, KAFKA_SSL_CERTIFICATE, KAFKA_SSL_KEY: other.key })).toBe(
      'KAFKA_SSL_KEY is not the key of KAFKA_SSL_CERTIFICATE.',
    );
  });

  it('are refused in one sentence: an encrypted key without its password, or with another', () => {
    const { privateKey: key } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right' },
    });
    const ssl = {
      ...KAFKA,
      KAFKA_SECURITY_PROTOCOL: 'SSL',
      KAFKA_SSL_CERTIFICATE: client.certificate,
      KAFKA_SSL_KEY: key,
    };
    expect(refusal(ssl)).toBe('KAFKA_SSL_KEY is encrypted, and KAFKA_SSL_KEY_PASSWORD is not set.');
    expect(refusal({ ...ssl, KAFKA_SSL_KEY_PASSWORD: 'wrong' })).toBe(
      'KAFKA_SSL_KEY_PASSWORD does not open KAFKA_SSL_KEY.',
    );
  });

  it('S2 never show the secret that is wrong', () => {
    expect(refusal({ ...KAFKA, KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_KEY: 'hunter2' })).toContain(
      'KAFKA_SSL_KEY is a text of 7 characters; allowed: a private key in PEM.',
    );
  });

  it('are refused in one sentence: a kafka block beside settings that say otherwise', () => {
    const kafka = { oauthBearerToken: async () => ({ value: 'token' }) };
    expect(refusal(SASL_SSL, { kafka })).toBe(
      'millrace.config has `kafka.oauthBearerToken`, but KAFKA_SASL_MECHANISM is not set. Set it to OAUTHBEARER.',
    );
    expect(refusal(KAFKA, { kafka })).toMatch(
      /but KAFKA_SECURITY_PROTOCOL is PLAINTEXT, which does not authenticate/,
    );
    const sasl = { name: 'GSSAPI', authenticate: async () => {} };
    expect(refusal({ ...SCRAM, KAFKA_SASL_PASSWORD: 'x' }, { kafka: { sasl } })).toMatch(/Unset one of them/);
  });
});
