import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SecuredKafka, securedKafka } from '../../scripts/services/secured-kafka.mjs';
import { type TokenIssuer, tokenIssuer } from '../../scripts/services/token-issuer.mjs';
import { expectAll } from '../faults/support/check.js';
import { FaultWorld, type WorldOptions } from '../faults/support/world.js';
import { folderOf } from '../support/gateway-process.js';
import { run } from '../support/run.js';

type Environment = Readonly<Record<string, string>>;

let issuer: TokenIssuer;
let kafka: SecuredKafka;
/** The secrets as files, as an orchestrator mounts them. */
let secrets: AsyncDisposable & { readonly path: string };

beforeAll(async () => {
  issuer = await tokenIssuer({ clients: { olga: 'secret of olga' } });
  kafka = await securedKafka({ plainUsers: { paul: 'secret of paul' }, tokens: issuer });
  await kafka.setUser('sara', 'secret of sara');
  const client = await kafka.authority.issue({ name: 'client' });
  secrets = await folderOf({
    'ca.pem': kafka.authority.certificate,
    'client.pem': client.certificate,
    'client.key': createPrivateKey(client.key)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret of the key' })
      .toString(),
    'client.password': 'secret of the key\n',
    paul: 'secret of paul\n',
    sara: 'secret of sara\n',
    olga: 'secret of olga\n',
  });
}, 300_000);

afterAll(async () => {
  await secrets?.[Symbol.asyncDispose]();
  await kafka?.stop();
  await issuer?.stop();
});

const file = (name: string): string => join(secrets.path, name);

/** Starts a relay and a gateway, and sends events all the way. */
async function sendsEvents(
  brokers: string,
  env: Environment,
  files: WorldOptions['files'] = () => ({}),
): Promise<void> {
  await using world = await FaultWorld.open({ kafka: brokers, env, files });
  await world.relay();
  const gateway = await world.gateway();
  const subscriber = await world.subscriber(gateway);
  for (let n = 0; n < 5; n++) await world.say(gateway);
  await expectAll([subscriber], world.appended);
  expect(subscriber.received).toHaveLength(5);
}

describe('a gateway and a relay on a secured Kafka', { timeout: 120_000 }, () => {
  const sasl = (mechanism: string, user: string): Environment => ({
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SSL_CA_FILE: file('ca.pem'),
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: user,
    KAFKA_SASL_PASSWORD_FILE: file(user),
  });

  it('send events over TLS', async () => {
    await sendsEvents(kafka.ssl, { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CA_FILE: file('ca.pem') });
  });

  it('send events over mutual TLS, with a key that is encrypted', async () => {
    await sendsEvents(kafka.mutualTls, {
      KAFKA_SECURITY_PROTOCOL: 'SSL',
      KAFKA_SSL_CA_FILE: file('ca.pem'),
      KAFKA_SSL_CERTIFICATE_FILE: file('client.pem'),
      KAFKA_SSL_KEY_FILE: file('client.key'),
      KAFKA_SSL_KEY_PASSWORD_FILE: file('client.password'),
    });
  });

  it('send events over TLS to brokers whose certificate has another name, which is set', async () => {
    const issue = (host: string) => kafka.authority.issue({ name: 'broker', hosts: [host] });
    await kafka.useCertificate(await issue('kafka.example'));
    try {
      await sendsEvents(kafka.ssl, {
        KAFKA_SECURITY_PROTOCOL: 'SSL',
        KAFKA_SSL_CA_FILE: file('ca.pem'),
        KAFKA_SSL_SERVER_NAME: 'kafka.example',
      });
    } finally {
      await kafka.useCertificate(await issue('127.0.0.1'));
    }
  });

  it('send events over TLS with SCRAM-SHA-512', async () => {
    await sendsEvents(kafka.saslSsl, sasl('SCRAM-SHA-512', 'sara'));
  });

  it('send events over TLS with SCRAM-SHA-256', async () => {
    await sendsEvents(kafka.saslSsl, sasl('SCRAM-SHA-256', 'sara'));
  });

  it('send events over TLS with PLAIN', async () => {
    await sendsEvents(kafka.saslSsl, sasl('PLAIN', 'paul'));
  });

  it('send events with SCRAM-SHA-512 and without TLS', async () => {
    await sendsEvents(kafka.saslPlaintext, {
      KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'sara',
      KAFKA_SASL_PASSWORD: 'secret of sara',
    });
  });

  it('send events over TLS with tokens of a token endpoint', async () => {
    await sendsEvents(kafka.saslSsl, {
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_SSL_CA_FILE: file('ca.pem'),
      KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
      KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: issuer.tokenUrl,
      KAFKA_SASL_OAUTHBEARER_CLIENT_ID: 'olga',
      KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET_FILE: file('olga'),
      KAFKA_SASL_OAUTHBEARER_SCOPE: 'kafka events',
    });
    // One for each process, which all of its connections share.
    expect(issuer.scopes).toEqual(['kafka events', 'kafka events']);
  });

  /** `config` is a `kafka` block, as TypeScript. */
  const project = (config: string): WorldOptions['files'] => {
    const source = `import { defineGateway } from 'millrace';\nexport default defineGateway({ kafka: ${config} });\n`;
    return () => ({ 'millrace.config.ts': source });
  };

  it('send events over TLS with tokens of the project', async () => {
    const fetched = `fetch('${issuer.tokenUrl}', {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'olga', client_secret: 'secret of olga' }),
    })`;
    const token = `async () => ({ value: (await (await ${fetched}).json()).access_token, extensions: { pool: 'one' } })`;
    await sendsEvents(
      kafka.saslSsl,
      {
        KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
        KAFKA_SSL_CA_FILE: file('ca.pem'),
        KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
      },
      project(`{ oauthBearerToken: ${token} }`),
    );
  });

  it('send events over TLS with a mechanism of the project', async () => {
    const authenticate = "async (exchange) => void (await exchange(Buffer.from('\\0paul\\0secret of paul')))";
    await sendsEvents(
      kafka.saslSsl,
      { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SSL_CA_FILE: file('ca.pem') },
      project(`{ sasl: { name: 'PLAIN', authenticate: ${authenticate} } }`),
    );
  });

  it('are secured in every command that reads Kafka', async () => {
    await using folder = await folderOf({
      'schema/chat.graphql': `
        type Query { ok: Boolean }
        type Mutation { say(text: String!): Published! @publish(topic: "secured", type: "Said", key: "args.text") }
        type Subscription { said: Said! @subscribe(topic: "secured") }
        type Said { text: String! }`,
    });
    const env = { ...sasl('SCRAM-SHA-512', 'sara'), KAFKA_BROKERS: kafka.saslSsl, NAMESPACE: 'secured' };
    const admin = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({
      topics: [{ topic: 'secured' }, { topic: 'secured.dlt' }],
      waitForLeaders: true,
    });
    await admin.disconnect();
    const main = join(import.meta.dirname, '../../dist/cli/main.js');
    for (const command of ['check --live', 'dead-letters list', 'dead-letters retry']) {
      const { code, stderr } = await run(process.execPath, [main, ...command.split(' ')], {
        cwd: folder.path,
        env,
      });
      expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
    }
  });
});
