import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CertificateAuthority, certificateAuthority } from '../../scripts/services/certificates.mjs';
import { type Right, type SecuredKafka, securedKafka } from '../../scripts/services/secured-kafka.mjs';
import { type TokenIssuer, tokenIssuer } from '../../scripts/services/token-issuer.mjs';

// The broker of the tests of security, tried with kafkajs alone: what it refuses here, it refuses for every client.

let kafka: SecuredKafka;
let issuer: TokenIssuer;
let ca: string;

beforeAll(async () => {
  issuer = await tokenIssuer({ clients: { alice: 'secret of alice' } });
  kafka = await securedKafka({ authorizer: true, plainUsers: { plain: 'plain "secret"' }, tokens: issuer });
  ca = kafka.authority.certificate;
}, 300_000);

afterAll(async () => {
  await kafka?.stop();
  await issuer?.stop();
});

/** Connects and asks for the topics, which needs a login but no right. */
async function connects(brokers: string, config: Omit<KafkaConfig, 'brokers'> = {}): Promise<true> {
  const client = new Kafka({
    brokers: [brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    ...config,
  });
  const admin = client.admin();
  try {
    await admin.connect();
    await admin.listTopics();
    return true;
  } finally {
    await admin.disconnect();
  }
}

const scram = (username: string, password: string): SASLOptions => ({
  mechanism: 'scram-sha-512',
  username,
  password,
});

describe('the TLS listeners of a broker for tests', { timeout: 120_000 }, () => {
  it('TLS accepts a client that trusts the authority', async () => {
    expect(await connects(kafka.ssl, { ssl: { ca } })).toBe(true);
  });

  it('TLS is refused by a client that trusts another authority', async () => {
    const other = await certificateAuthority('Another');
    await expect(connects(kafka.ssl, { ssl: { ca: other.certificate } })).rejects.toThrow(/certificate/);
  });

  it('mutual TLS accepts a certificate of the authority and refuses others and none', async () => {
    const tls = async (authority: CertificateAuthority) => {
      const { certificate, key } = await authority.issue({ name: 'alice' });
      return { ssl: { ca, cert: certificate, key } };
    };
    expect(await connects(kafka.mutualTls, await tls(kafka.authority))).toBe(true);
    await expect(
      connects(kafka.mutualTls, await tls(await certificateAuthority('Another'))),
    ).rejects.toThrow();
    await expect(connects(kafka.mutualTls, { ssl: { ca } })).rejects.toThrow();
  });

  it('another certificate of a running broker is shown to new connections', async () => {
    const before = await kafka.authority.issue({ name: 'broker', hosts: ['127.0.0.1'] });
    const expired = await kafka.authority.issue({
      name: 'broker',
      hosts: ['127.0.0.1'],
      from: new Date('2020-01-01'),
      until: new Date('2020-02-01'),
    });
    await kafka.useCertificate(expired);
    await expect(connects(kafka.ssl, { ssl: { ca } })).rejects.toThrow(/expired/);
    await kafka.useCertificate(await kafka.authority.issue({ name: 'other', hosts: ['kafka.example'] }));
    await expect(connects(kafka.ssl, { ssl: { ca } })).rejects.toThrow(/altnames/);
    const servername = 'kafka.example';
    expect(await connects(kafka.ssl, { ssl: { ca, servername } })).toBe(true);
    await kafka.useCertificate(before);
    expect(await connects(kafka.ssl, { ssl: { ca } })).toBe(true);
  });
});

describe('the SASL listeners of a broker for tests', { timeout: 120_000 }, () => {
  it('both SCRAM mechanisms accept a user that was created while the broker runs', async () => {
    await kafka.setUser('alice', 'secret, with "quotes"');
    for (const mechanism of ['scram-sha-256', 'scram-sha-512'] as const) {
      const sasl = { mechanism, username: 'alice', password: 'secret, with "quotes"' } as SASLOptions;
      expect(await connects(kafka.saslSsl, { ssl: { ca }, sasl })).toBe(true);
      expect(await connects(kafka.saslPlaintext, { sasl })).toBe(true);
    }
  });

  it('a changed password replaces the one before, also over a restart', async () => {
    await kafka.setUser('bob', 'first');
    await kafka.setUser('bob', 'second');
    await expect(connects(kafka.saslPlaintext, { sasl: scram('bob', 'first') })).rejects.toThrow(/SCRAM/i);
    await kafka.kill();
    await kafka.start();
    expect(await connects(kafka.saslPlaintext, { sasl: scram('bob', 'second') })).toBe(true);
    await kafka.removeUser('bob');
    await expect
      .poll(() => connects(kafka.saslPlaintext, { sasl: scram('bob', 'second') }).catch(String))
      .toMatch(/SCRAM/i);
  });

  it('PLAIN accepts the users that the broker was started with', async () => {
    const plain = (password: string): SASLOptions => ({ mechanism: 'plain', username: 'plain', password });
    expect(await connects(kafka.saslSsl, { ssl: { ca }, sasl: plain('plain "secret"') })).toBe(true);
    await expect(connects(kafka.saslSsl, { ssl: { ca }, sasl: plain('wrong') })).rejects.toThrow(/PLAIN/);
    await kafka.setPlainUsers({ plain: 'changed' });
    expect(await connects(kafka.saslSsl, { ssl: { ca }, sasl: plain('changed') })).toBe(true);
  });

  it('OAUTHBEARER accepts tokens of the issuer, whose secret may change', async () => {
    const sasl = (secret: string): SASLOptions => ({
      mechanism: 'oauthbearer',
      oauthBearerProvider: async () => ({ value: await tokenOf('alice', secret) }),
    });
    expect(await connects(kafka.saslSsl, { ssl: { ca }, sasl: sasl('secret of alice') })).toBe(true);
    issuer.setSecret('alice', 'another');
    await expect(connects(kafka.saslSsl, { ssl: { ca }, sasl: sasl('secret of alice') })).rejects.toThrow(
      /401/,
    );
    expect(await connects(kafka.saslSsl, { ssl: { ca }, sasl: sasl('another') })).toBe(true);
    const forged: SASLOptions = {
      mechanism: 'oauthbearer',
      oauthBearerProvider: async () => ({ value: withoutSignature(await tokenOf('alice', 'another')) }),
    };
    await expect(connects(kafka.saslSsl, { ssl: { ca }, sasl: forged })).rejects.toThrow();
  });

  it('a user has exactly the rights that were granted', async () => {
    await kafka.setUser('carol', 'secret');
    const client = new Kafka({
      brokers: [kafka.saslPlaintext],
      logLevel: logLevel.NOTHING,
      sasl: scram('carol', 'secret'),
      retry: { retries: 0 },
    });
    const admin = client.admin();
    await admin.connect();
    try {
      const create = () => admin.createTopics({ topics: [{ topic: 'orders-1' }, { topic: 'orders-2' }] });
      const rights: Right[] = [
        { resource: 'TOPIC', name: 'orders-', prefix: true, operations: ['CREATE', 'DESCRIBE'] },
      ];
      await expect(create()).rejects.toThrow();
      await kafka.grant('carol', rights);
      await create();
      expect((await admin.listTopics()).sort()).toEqual(['orders-1', 'orders-2']);
      await kafka.revoke('carol', rights);
      expect(await admin.listTopics()).toEqual([]);
    } finally {
      await admin.disconnect();
    }
  });
});

async function tokenOf(client: string, secret: string): Promise<string> {
  const response = await fetch(issuer.tokenUrl, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${client}:${encodeURIComponent(secret)}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  if (!response.ok) throw new Error(`no token: status ${response.status}`);
  // The endpoint of this test answers 200 with a token only.
  return ((await response.json()) as { access_token: string }).access_token;
}

/** The token with a signature of the same length that is none. */
const withoutSignature = (token: string): string => token.replace(/[^.]+$/, (one) => 'A'.repeat(one.length));
