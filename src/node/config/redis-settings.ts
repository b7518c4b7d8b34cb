import { addresses, flag, text, type Variable } from './variable.js';

const pem = (about: string, allowed: string) => ({
  about,
  allowed,
  schema: text.regex(/-----BEGIN [\s\S]+-----END /).optional(),
  file: true as const,
  reread: true as const,
});
const password = (about: string) => ({
  about,
  allowed: 'a text',
  schema: text.optional(),
  secret: true as const,
  reread: true as const,
});

/** How Redis is reached. */
export const REDIS_SETTINGS = {
  REDIS_URL: {
    about:
      'The Redis that carries the fan-out between processes; without it, REDIS_SENTINELS and REDIS_CLUSTER, the fan-out is in-process',
    allowed: 'a URL that begins with redis:// or rediss:// (TLS)',
    schema: text.refine((value) => /^rediss?:\/\/\S+$/.test(value) && URL.canParse(value)).optional(),
    secret: true,
  },
  REDIS_SENTINELS: {
    about: 'The Sentinels that name the master, instead of REDIS_URL',
    allowed: 'host:port, several separated by commas',
    schema: addresses.optional(),
  },
  REDIS_SENTINEL_MASTER: {
    about: "The Sentinels' name of the master",
    allowed: 'a name without spaces',
    schema: text.regex(/^\S+$/).optional(),
  },
  REDIS_SENTINEL_USERNAME: {
    about: 'The user at the Sentinels, if they ask for one',
    allowed: 'a text',
    schema: text.optional(),
  },
  REDIS_SENTINEL_PASSWORD: password('The password at the Sentinels'),
  REDIS_CLUSTER: {
    about: 'Some nodes of a Redis Cluster, which name the others, instead of REDIS_URL',
    allowed: 'host:port, several separated by commas',
    schema: addresses.optional(),
  },
  REDIS_USERNAME: {
    about: 'The ACL user, instead of one in REDIS_URL',
    allowed: 'a text',
    schema: text.optional(),
  },
  REDIS_PASSWORD: password('The password, instead of one in REDIS_URL'),
  REDIS_TLS: flag(
    false,
    'Whether REDIS_SENTINELS or REDIS_CLUSTER are reached over TLS; with REDIS_URL, rediss:// says so',
  ),
  REDIS_TLS_CA: pem('The authorities that are trusted (those of Node)', 'certificates as PEM'),
  REDIS_TLS_CERTIFICATE: pem("This process's certificate, for mutual TLS", 'a certificate as PEM'),
  REDIS_TLS_KEY: {
    ...pem('The key of that certificate', 'a private key as PEM, not encrypted'),
    secret: true as const,
  },
  REDIS_TLS_SERVER_NAME: {
    about: "The name that Redis's certificate must have, if it is not the host's",
    allowed: 'a host name or an IP address',
    schema: text.regex(/^[\w.:-]+$/).optional(),
  },
} satisfies Record<string, Variable<unknown>>;

/** The settings that replace each other. */
export const REDIS_TOPOLOGIES = ['REDIS_URL', 'REDIS_SENTINELS', 'REDIS_CLUSTER'] as const;
