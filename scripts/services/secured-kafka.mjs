import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { certificateAuthority } from './certificates.mjs';
import { prepareJars } from './kafka.mjs';
import { grant, revoke } from './kafka-acls.mjs';
import { kafkaJars } from './kafka-jars.mjs';
import { untilKafkaReady } from './kafka-ready.mjs';
import { allowedUrls, keyStore, LISTENERS, securitySettings, WITH_TLS } from './kafka-security.mjs';
import { freePorts, untilReady } from './machine.mjs';
import { SMALL_JAVA } from './private.mjs';
import { removeScramUser, setScramUser } from './scram-users.mjs';

const LOOPBACK = '127.0.0.1';

/**
 * A Kafka for one test alone with every way to connect, each at its own port of 127.0.0.1.
 * @returns {Promise<import('./secured-kafka.d.mts').SecuredKafka>}
 */
export async function securedKafka(options = {}) {
  const { authorizer = false, settings = {}, host = LOOPBACK, tokens, java: machine = SMALL_JAVA } = options;
  const authority = options.authority ?? (await certificateAuthority());
  const certificate = options.certificate ?? (await authority.issue({ name: 'broker', hosts: [host] }));
  let plainUsers = options.plainUsers ?? {};
  const [port, controllerPort, ...ports] = await freePorts(2 + Object.keys(LISTENERS).length);
  const own = Object.keys(LISTENERS).map((name, i) => [name, ports[i]]);
  const libs = process.env.KAFKA_LIBS || (await kafkaJars());
  const all = () => ({
    ...securitySettings({
      port,
      controllerPort,
      own,
      host,
      certificate,
      authority,
      plainUsers,
      tokens,
      authorizer,
    }),
    ...settings,
  });
  const java = [...machine, ...allowedUrls(tokens)];
  const voters = [`${LOOPBACK}:${controllerPort}`];
  const prepared = await prepareJars(libs, { port, voters, java, more: all() });
  const address = `${LOOPBACK}:${port}`;
  const at = Object.fromEntries(own.map(([name, p]) => [name, `${host}:${p}`]));
  let server;

  const start = async () => {
    server = prepared.start();
    try {
      await untilKafkaReady(address, server.assertRunning);
    } catch (error) {
      await server.stop();
      throw error;
    }
  };
  const withAdmin = async (use) => {
    const { Kafka, logLevel } = (await import('kafkajs')).default;
    const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin();
    try {
      await admin.connect();
      return await use(admin);
    } finally {
      await admin.disconnect();
    }
  };

  await start();
  return {
    address,
    ssl: at.SSL,
    mutualTls: at.MUTUAL_TLS,
    saslSsl: at.SASL_SSL,
    saslPlaintext: at.SASL_PLAINTEXT,
    authority,
    setUser: async (user, password) => {
      await setScramUser(address, user, password);
      await untilReady(`the user ${user}`, () => logIn(at.SASL_PLAINTEXT, user, password));
    },
    removeUser: (user) => removeScramUser(address, user),
    setPlainUsers: async (users) => {
      plainUsers = users;
      await server.end();
      prepared.configure(all());
      await start();
    },
    grant: (user, rights) => withAdmin((admin) => grant(admin, user, rights)),
    revoke: (user, rights) => withAdmin((admin) => revoke(admin, user, rights)),
    useCertificate: (next) => withAdmin((admin) => useCertificate(admin, next, own)),
    kill: () => server.kill(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    start,
    stop: () => server.stop(),
  };
}

/** A user without any right may log in, which is all that this asks for. */
async function logIn(address, username, password) {
  const { Kafka, logLevel } = (await import('kafkajs')).default;
  const admin = new Kafka({
    brokers: [address],
    logLevel: logLevel.NOTHING,
    sasl: { mechanism: 'scram-sha-512', username, password },
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
  } finally {
    await admin.disconnect();
  }
}

/** Changes the certificate of every listener while the broker runs, and resolves once each one shows it. */
async function useCertificate(admin, certificate, own) {
  const { ConfigResourceTypes } = (await import('kafkajs')).default;
  const entries = WITH_TLS.flatMap((listener) => Object.entries(keyStore(listener, certificate)));
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: ConfigResourceTypes.BROKER,
        name: '1',
        configEntries: entries.map(([name, value]) => ({ name, value })),
      },
    ],
  });
  const { fingerprint256 } = new X509Certificate(certificate.certificate);
  for (const [listener, port] of own.filter(([name]) => WITH_TLS.includes(name))) {
    await untilReady(`the certificate of ${listener}`, async () => {
      const shown = await shownCertificate(port);
      if (shown.fingerprint256 !== fingerprint256) throw new Error('it shows the certificate before');
    });
  }
}

function shownCertificate(port) {
  return new Promise((resolve, reject) => {
    // Any certificate is accepted: this reads which one there is.
    const socket = connect({ host: LOOPBACK, port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
