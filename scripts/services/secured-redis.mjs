import { createHash } from 'node:crypto';
import { certificateAuthority } from './certificates.mjs';
import { freePorts } from './machine.mjs';
import { redisServer, startAll } from './redis-servers.mjs';

const ADMIN = { username: 'admin', password: 'the password of the admin' };

/**
 * The rights of Millrace's user, exactly: docs/operating.md has this list. Some are for what its scripts call.
 * @param {string} namespace
 */
export const rightsIn = (namespace) =>
  [
    `~${namespace}:*`,
    `&${namespace}:*`,
    ...['ping', 'info', 'client|setname', 'eval', 'evalsha', 'time', 'get', 'set', 'del', 'wait'],
    ...['hget', 'hmget', 'hset', 'hdel', 'xadd', 'xtrim', 'xrange', 'publish', 'subscribe', 'unsubscribe'],
  ].map((right) => (/^[~&]/.test(right) ? right : `+${right}`));

/** What it needs besides on a Cluster, and what a user of the Sentinels needs there: docs/operating.md has these lists too. */
const ON_CLUSTER = [
  'ssubscribe',
  'sunsubscribe',
  'spublish',
  'cluster|slots',
  'cluster|info',
  'asking',
  'readonly',
];
export const CLUSTER_RIGHTS = [...ON_CLUSTER, 'readwrite'].map((right) => `+${right}`);
const AT_SENTINELS = ['get-master-addr-by-name', 'sentinels', 'replicas'].map((one) => `sentinel|${one}`);
export const SENTINEL_RIGHTS = [
  '&*',
  ...['ping', 'client|setname', 'subscribe', ...AT_SENTINELS].map((one) => `+${one}`),
];

/**
 * What servers need to speak only TLS with each other and with clients, and to know an ACL user with these rights.
 * @returns {Promise<import('./secured-redis.d.mts').RedisSecurity>}
 */
export async function redisSecurity({ user, password, rights, mutual = false, authority: given }) {
  const authority = given ?? (await certificateAuthority());
  const hosts = ['localhost', '127.0.0.1'];
  const [own, client] = await Promise.all([
    authority.issue({ name: 'redis', hosts }),
    authority.issue({ name: 'millrace' }),
  ]);
  const tls = { ca: authority.certificate, cert: client.certificate, key: client.key };
  return {
    authority,
    client,
    admin: ADMIN,
    settings: (port) => ({
      port: '0',
      'tls-port': String(port),
      'tls-auth-clients': mutual ? 'yes' : 'no',
      'tls-replication': 'yes',
      user: [
        'default off',
        `${ADMIN.username} on ${hashOf(ADMIN.password)} ~* &* +@all`,
        `${user} on ${hashOf(password)} ${rights.join(' ')}`,
      ],
    }),
    /** Of servers that replicate each other. */
    replication: { masteruser: ADMIN.username, masterauth: `"${ADMIN.password}"` },
    options: {
      client: { ...ADMIN, tls },
      files: { cert: own.certificate, key: own.key, 'ca-cert': authority.certificate },
    },
  };
}

/**
 * A Redis for one test alone that speaks only TLS, and knows an ACL user with exactly Millrace's rights.
 * @returns {Promise<import('./secured-redis.d.mts').SecuredRedis>}
 */
export async function securedRedis({ namespace, user, password, mutual = false }) {
  const [port] = await freePorts(1);
  const security = await redisSecurity({ user, password, rights: rightsIn(namespace), mutual });
  const { authority, client } = security;
  const server = redisServer(port, security.settings(port), security.options);
  await startAll([server]);
  return {
    host: '127.0.0.1',
    port,
    authority,
    client,
    ask: server.ask,
    async reissue(certificate) {
      server.file('cert.pem', certificate.certificate);
      server.file('key.pem', certificate.key);
      // Redis reads the files again when one of these settings is set.
      await server.ask(
        'CONFIG',
        'SET',
        'tls-cert-file',
        server.path('cert.pem'),
        'tls-key-file',
        server.path('key.pem'),
      );
    },
    async setPassword(next) {
      await server.ask('ACL', 'SETUSER', user, 'resetpass', `>${next}`);
    },
    async dropConnections() {
      await server.ask('CLIENT', 'KILL', 'USER', user);
    },
    stop: () => server.stop(),
  };
}

/** As a configuration file has passwords, which may contain spaces. */
const hashOf = (password) => `#${createHash('sha256').update(password).digest('hex')}`;
