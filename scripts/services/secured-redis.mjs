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

/**
 * A Redis for one test alone that speaks only TLS, and knows an ACL user with exactly Millrace's rights.
 * @returns {Promise<import('./secured-redis.d.mts').SecuredRedis>}
 */
export async function securedRedis({ namespace, user, password, mutual = false }) {
  const [port] = await freePorts(1);
  const authority = await certificateAuthority();
  const hosts = ['localhost', '127.0.0.1'];
  const [own, client] = await Promise.all([
    authority.issue({ name: 'redis', hosts }),
    authority.issue({ name: 'millrace' }),
  ]);
  const tls = { ca: authority.certificate, cert: client.certificate, key: client.key };
  const server = redisServer(
    port,
    {
      port: '0',
      'tls-port': String(port),
      'tls-auth-clients': mutual ? 'yes' : 'no',
      user: [
        'default off',
        `${ADMIN.username} on ${hashOf(ADMIN.password)} ~* &* +@all`,
        `${user} on ${hashOf(password)} ${rightsIn(namespace).join(' ')}`,
      ],
    },
    {
      client: { ...ADMIN, tls },
      files: { cert: own.certificate, key: own.key, 'ca-cert': authority.certificate },
    },
  );
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
