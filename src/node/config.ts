import { z } from 'zod';

/** One environment variable: what it is for, what it may be, and how it is read. */
interface Variable<T> {
  readonly about: string;
  /** In words, for the message that a wrong value gets. */
  readonly allowed: string;
  readonly schema: z.ZodType<T, string | undefined>;
  /** Whether the value must not be shown. */
  readonly secret?: boolean;
}

const text = z.string().min(1);
const list = text
  .transform((value) => value.split(',').map((part) => part.trim()))
  .refine((parts) => parts.every(Boolean));
const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().int().min(min).max(max));
const count = (fallback: number, about: string, min = 1, max = 1_000_000_000) => ({
  about: `${about} (${fallback})`,
  allowed: `a whole number from ${min} to ${max}`,
  schema: whole(min, max)
    .optional()
    .transform((value) => value ?? fallback),
});

const VARIABLES = {
  PORT: count(4000, 'The port of HTTP and WebSocket; 0 takes a free one', 0, 65_535),
  HOST: {
    about: 'The address to listen on (127.0.0.1; 0.0.0.0 for all)',
    allowed: 'a host name or an IP address',
    schema: text.regex(/^[\w.:-]+$/).default('127.0.0.1'),
  },
  DATA_DIR: {
    about: "Where the embedded log and this node's own secrets are (.millrace)",
    allowed: 'a path',
    schema: text.default('.millrace'),
  },
  SCHEMA: {
    about: 'The GraphQL files, comma-separated patterns (schema/*.graphql)',
    allowed: 'patterns of files, separated by commas',
    schema: list.optional().transform((value) => value ?? ['schema/*.graphql']),
  },
  KAFKA_BROKERS: {
    about: "Kafka's bootstrap servers, comma-separated; unset: the embedded log",
    allowed: 'host:port, several separated by commas',
    schema: list
      .refine((parts) => parts.every((part) => /^[^\s:]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/i.test(part)))
      .optional(),
  },
  REDIS_URL: {
    about: 'Redis, which carries the fan-out between processes; unset: in-process fan-out',
    allowed: 'a URL that begins with redis:// or rediss://',
    schema: text.refine((value) => /^rediss?:\/\/\S+$/.test(value) && URL.canParse(value)).optional(),
    secret: true,
  },
  CURSOR_SECRET: {
    about:
      'Signs cursors, the same on every gateway; several separated by commas: the first signs, all verify',
    allowed: 'at least 16 characters; several separated by commas',
    schema: list.refine((parts) => parts.every((part) => part.length >= 16)).optional(),
    secret: true,
  },
  JWT_SECRET: {
    about: 'Verifies tokens signed with HS256, HS384 or HS512',
    allowed: 'at least 32 characters',
    schema: text.min(32).optional(),
    secret: true,
  },
  JWT_JWKS_URL: {
    about: 'Where the keys are that verify signed tokens',
    allowed: 'an http or https URL',
    schema: text.refine((value) => /^https?:\/\/\S+$/.test(value) && URL.canParse(value)).optional(),
  },
  JWT_ISSUER: { about: 'The `iss` that tokens must have', allowed: 'a text', schema: text.optional() },
  JWT_AUDIENCE: { about: 'The `aud` that tokens must have', allowed: 'a text', schema: text.optional() },
  LOG_LEVEL: {
    about: 'What is logged to standard error (warn)',
    allowed: 'fatal, error, warn, info, debug, trace or silent',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('warn'),
  },
  TOPIC_CREATE: {
    about: 'Whether missing topics are created at start (true)',
    allowed: 'true or false',
    schema: z
      .enum(['true', 'false'])
      .default('true')
      .transform((value) => value === 'true'),
  },
  TOPIC_PARTITIONS: count(4, 'The partitions of a topic that is created', 1, 10_000),
  TOPIC_REPLICAS: count(1, 'The replicas of a topic that is created', 1, 32),
  RELAY_GROUP: {
    about: 'The consumer group of the relays, and the name space in Redis (millrace)',
    allowed: 'letters, digits, . _ -',
    schema: text.regex(/^[\w.-]+$/).default('millrace'),
  },
  KAFKA_REQUEST_TIMEOUT_MS: count(
    30_000,
    'How long Kafka may leave a request unanswered before the connection is made anew',
    1_000,
    600_000,
  ),
  KAFKA_SESSION_TIMEOUT_MS: count(
    30_000,
    'After how long without a sign of life the partitions of a relay or service go to others',
    1_000,
    1_800_000,
  ),
  WINDOW_EVENTS: count(10_000, 'How many recent events per partition can be replayed without the log'),
  RING_EVENTS: count(5_000, 'How many recent events per partition a node keeps in memory'),
  RING_BYTES: count(16_777_216, 'How many bytes of them at the most'),
  PUBLISH_DEADLINE_MS: count(10_000, 'How long a mutation waits for the log'),
  PUBLISH_MAX_WAITING: count(10_000, 'How many events may wait to be published'),
  PUBLISH_MAX_WAITING_BYTES: count(67_108_864, 'How many bytes of them'),
  IDEMPOTENCY_TTL_MS: count(
    86_400_000,
    'How long the answer to a mutation with an idempotency key is kept',
    1_000,
    31_536_000_000,
  ),
  VIEW_DEADLINE_MS: count(5_000, 'How long a query waits for a view to come to its `minCursor`'),
  MAX_BODY_BYTES: count(1_048_576, 'The largest request body or WebSocket message'),
  MAX_TOKENS: count(5_000, 'The largest GraphQL document, in tokens'),
  MAX_SUBSCRIPTION_CHARS: count(
    65_536,
    'How many characters one subscription may have, with its variables and arguments',
  ),
  MAX_CONNECTIONS: count(20_000, 'How many WebSockets and event streams one gateway takes'),
  MAX_OPERATIONS: count(1_000, 'How many operations one connection may run at once'),
  WS_COMPRESSION: {
    about: 'Whether WebSockets may ask for compression, permessage-deflate (false)',
    allowed: 'true or false',
    schema: z
      .enum(['true', 'false'])
      .default('false')
      .transform((value) => value === 'true'),
  },
  SLOW_BYTES: count(1_048_576, 'How many bytes may wait for one client before it is replayed instead'),
  SLOW_TIMEOUT_MS: count(
    60_000,
    'How long a client for which so much waits may take nothing before it is ended',
    100,
  ),
} satisfies Record<string, Variable<unknown>>;

type Variables = typeof VARIABLES;
type Name = keyof Variables;

/** The environment, checked. Names are those of the variables. */
export type Config = { readonly [N in Name]: z.output<Variables[N]['schema']> };

/** What each variable is for, by name. docs/operating.md shows this table. */
export const ENVIRONMENT: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(VARIABLES).map(([name, { about }]) => [name, about]),
);

/** Which parts of the gateway one process is. */
export interface Roles {
  readonly gateway: boolean;
  readonly relay: boolean;
  /** Names of services; `'all'`: every one of the project. */
  readonly services: readonly string[] | 'all';
}

/** Wrong values or combinations: one line for each, with the name, the value's shape and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the environment. An empty value counts as unset.
 * @throws {ConfigError} naming everything that is wrong at once
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, variable] of Object.entries<Variable<unknown>>(VARIABLES)) {
    const given = environment[name] || undefined;
    const parsed = variable.schema.safeParse(given);
    if (parsed.success) values[name] = parsed.data;
    else faults.push(`${name} is ${shapeOf(given, variable.secret)}; allowed: ${variable.allowed}.`);
  }
  if (environment['REDIS_URL'] && !environment['KAFKA_BROKERS']) {
    faults.push(
      'REDIS_URL is set but KAFKA_BROKERS is not: the embedded log belongs to one process, so there is nobody to reach through Redis. Set KAFKA_BROKERS too, or unset REDIS_URL.',
    );
  }
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  // Every name of VARIABLES was parsed by its own schema above.
  return values as Config;
}

/**
 * @param workers how many gateway processes there are
 * @throws {ConfigError} when these roles cannot run on this configuration
 */
export function checkRoles(config: Config, roles: Roles, workers = 1): void {
  const everything = roles.gateway && roles.relay;
  const faults: string[] = [];
  if (everything && workers > 1 && (config.KAFKA_BROKERS === undefined || config.REDIS_URL === undefined)) {
    faults.push(
      `--workers ${workers} needs KAFKA_BROKERS and REDIS_URL: the embedded log belongs to one process, and workers reach each other through Redis.`,
    );
  }
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  if (everything) return;
  const name = roles.gateway ? 'gateway' : roles.relay ? 'relay' : 'services';
  if (config.KAFKA_BROKERS === undefined) {
    faults.push(
      `KAFKA_BROKERS is not set: \`millrace ${name}\` is one process of several, and the embedded log belongs to one. Set it, or run \`millrace start\`.`,
    );
  }
  if (config.REDIS_URL === undefined && (roles.gateway || roles.relay)) {
    faults.push(`REDIS_URL is not set: \`millrace ${name}\` reaches the other processes through Redis.`);
  }
  if (config.CURSOR_SECRET === undefined && roles.gateway) {
    faults.push(
      'CURSOR_SECRET is not set: a cursor of one gateway has to be good on the others. Give all of them the same, at least 16 characters.',
    );
  }
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
}

function shapeOf(value: string | undefined, secret: boolean | undefined): string {
  if (value === undefined) return 'not set';
  const shape = /^-?\d+$/.test(value) ? 'a number' : 'a text';
  const length = `${shape} of ${value.length} character${value.length === 1 ? '' : 's'}`;
  return secret === true || value.length > 60 ? length : `${JSON.stringify(value)}, ${length}`;
}
