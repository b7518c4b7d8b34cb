import { z } from 'zod';
import { TRANSPORTS, type Transport } from '../transport/transports.js';
import { CLIENT_SETTINGS } from './config/client-settings.js';
import { CONSOLE_SETTINGS, consoleFaults } from './config/console-settings.js';
import { kafkaFaults } from './config/kafka-checks.js';
import { KAFKA_SETTINGS } from './config/kafka-settings.js';
import { fileVariable, InvalidVariable, mayBeFile, readVariable } from './config/read-variable.js';
import { redisFaults } from './config/redis-checks.js';
import { redisServerOf } from './config/redis-server.js';
import { REDIS_SETTINGS } from './config/redis-settings.js';
import { REGISTRY_SETTINGS } from './config/registry-settings.js';
import { TELEMETRY_SETTINGS, telemetryFaults } from './config/telemetry-settings.js';
import {
  count,
  developmentFlag,
  type Environment,
  flag,
  httpUrl,
  list,
  text,
  type ValueOf,
  type Variable,
  whole,
} from './config/variable.js';
import { incomplete, misspelt } from './config-checks.js';

/** As browsers write it in `Origin`: scheme, host and, unless it is the usual one, port. */
function isOrigin(value: string): boolean {
  return value === '*' || value === 'null' || /^[a-z][a-z\d+.-]*:\/\/[^/\s]+$/i.test(value);
}

function isTransport(value: string): value is Transport {
  return TRANSPORTS.some((name) => name === value);
}

const VARIABLES = {
  PORT: count(4000, 'The port of HTTP and WebSocket; 0 picks a free port', 0, 65_535),
  HOST: {
    about: 'The address to listen on (127.0.0.1; 0.0.0.0 for all)',
    allowed: 'a host name or an IP address',
    schema: text.regex(/^[\w.:-]+$/).default('127.0.0.1'),
  },
  DATA_DIR: {
    about: "The folder of the embedded log and of this node's generated secrets (.millrace)",
    allowed: 'a path',
    schema: text.default('.millrace'),
  },
  SCHEMA: {
    about: 'The schema files: glob patterns, comma-separated (schema/*.graphql)',
    allowed: 'glob patterns, separated by commas',
    schema: list.optional().transform((value) => value ?? ['schema/*.graphql']),
  },
  ...KAFKA_SETTINGS,
  ...REDIS_SETTINGS,
  ...REGISTRY_SETTINGS,
  CURSOR_SECRET: {
    about:
      'Signs cursors; the same on every gateway. Several, comma-separated, allow rotation: the first signs, all verify',
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
    about: 'The JSON Web Key Set (JWKS) that verifies signed tokens',
    allowed: 'an http or https URL',
    schema: httpUrl.optional(),
  },
  JWT_ISSUER: { about: 'The `iss` claim that tokens must have', allowed: 'a text', schema: text.optional() },
  JWT_AUDIENCE: {
    about: 'The `aud` claim that tokens must have',
    allowed: 'a text',
    schema: text.optional(),
  },
  AUTH_REQUIRED: flag(false, 'Whether callers without credentials are refused, on every transport'),
  ALLOWED_ORIGINS: {
    about:
      "Other origins whose pages may use the gateway, comma-separated; * for all, which leaves out the console. Pages of the gateway's own origin always may",
    allowed: 'origins such as https://shop.example, separated by commas, or *',
    schema: list
      .refine((parts) => parts.every(isOrigin))
      .optional()
      .transform((value) => value ?? []),
  },
  ALLOWED_HOSTS: {
    about:
      'The host names by which clients may reach the gateway, comma-separated; when unset, any, or those of this machine if HOST is a loopback address',
    allowed: 'host names without ports, separated by commas, or *',
    schema: list.refine((parts) => parts.every((part) => /^(\*|[\w.-]+)$/.test(part))).optional(),
  },
  GRAPHIQL: developmentFlag('Whether a browser gets GraphiQL at /graphql'),
  ...CONSOLE_SETTINGS,
  INTROSPECTION: developmentFlag('Whether clients may ask for the schema'),
  SUGGESTIONS: developmentFlag('Whether error messages suggest names of the schema ("Did you mean …")'),
  METRICS: developmentFlag('Whether /metrics is served on PORT'),
  ADMIN_PORT: {
    about:
      'A port on HOST for operators, in every role: /metrics, /healthz and /readyz, and nothing else; 0 picks a free port',
    allowed: 'a whole number from 0 to 65535',
    schema: whole(0, 65_535).optional(),
  },
  ...TELEMETRY_SETTINGS,
  LOG_LEVEL: {
    about: 'The level of the log on standard error (warn)',
    allowed: 'fatal, error, warn, info, debug, trace or silent',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('warn'),
  },
  TOPIC_CREATE: flag(true, 'Whether missing topics are created at start'),
  TOPIC_PARTITIONS: count(4, 'The partitions of topics that are created', 1, 10_000),
  DEAD_LETTER_SUFFIX: {
    about: "What is appended to a topic's name for its dead-letter topic (.dlt; Spring Kafka's is -dlt)",
    allowed: "1 to 100 of the characters a-z, A-Z, 0-9, '.', '_' and '-'",
    schema: text.regex(/^[\w.-]{1,100}$/).default('.dlt'),
  },
  TOPIC_REPLICAS: count(1, 'The replication factor of topics that are created', 1, 32),
  NAMESPACE: {
    about: 'The prefix of consumer groups, state topics and keys in Redis (millrace)',
    allowed: 'letters, digits, . _ -',
    schema: text.regex(/^[\w.-]+$/).default('millrace'),
  },
  SERVICE_MAX_ATTEMPTS: count(
    10,
    'How often a service or view tries an input that fails before it becomes a dead letter; 0: for ever',
    0,
    1_000_000,
  ),
  WINDOW_EVENTS: count(
    10_000,
    'The window: how many recent events per partition can be replayed without reading the log',
  ),
  RING_EVENTS: count(5_000, 'How many recent events per partition a node keeps in memory'),
  RING_BYTES: count(16_777_216, 'The limit of these events in bytes'),
  PUBLISH_DEADLINE_MS: count(10_000, 'How long a mutation waits for the log'),
  PUBLISH_MAX_WAITING: count(10_000, 'How many events may be queued for publishing'),
  PUBLISH_MAX_WAITING_BYTES: count(67_108_864, 'The limit of queued events in bytes'),
  IDEMPOTENCY_TTL_MS: count(
    86_400_000,
    'How long the answer to a mutation with an idempotency key is kept',
    1_000,
    31_536_000_000,
  ),
  POSITION_INTERVAL_MS: count(
    10_000,
    'How often a subscription without results says how far it is, so that its client resumes there',
    100,
    3_600_000,
  ),
  VIEW_DEADLINE_MS: count(5_000, 'How long a query waits for a view to reach its `minCursor`'),
  MAX_BODY_BYTES: count(1_048_576, 'The largest request body or WebSocket message'),
  MAX_TOKENS: count(5_000, 'The largest GraphQL document, in tokens; it may have 20 characters for each'),
  MAX_SUBSCRIPTION_CHARS: count(
    65_536,
    'The largest subscription, in characters, including variables and arguments',
  ),
  MAX_CONNECTIONS: count(
    20_000,
    'How many WebSockets, event streams and requests one gateway serves at once',
  ),
  MAX_OPERATIONS: count(1_000, 'How many operations one connection may run at once'),
  TRANSPORTS: {
    about: `How clients may get results of subscriptions, comma-separated (${TRANSPORTS.join(',')})`,
    allowed: `a list of ${TRANSPORTS.join(', ')}`,
    schema: list
      .refine((parts): parts is Transport[] => parts.every(isTransport))
      .optional()
      .transform((value): readonly Transport[] => value ?? TRANSPORTS),
  },
  WS_COMPRESSION: flag(false, 'Whether WebSockets may negotiate compression, permessage-deflate'),
  SLOW_BYTES: count(
    1_048_576,
    'How many bytes may be buffered for one client before it is treated as slow and replayed later',
  ),
  HTTP_IDLE_TIMEOUT_MS: count(
    75_000,
    "How long an idle HTTP connection is kept open for its next request; longer than the load balancer's own idle timeout",
    1_000,
    3_600_000,
  ),
  HTTP_HEADERS_TIMEOUT_MS: count(
    80_000,
    'How long a client may take to send the headers of a request, from the connection on; then 408',
    100,
    3_600_000,
  ),
  HTTP_REQUEST_TIMEOUT_MS: count(
    120_000,
    'How long a client may take to send a whole request; then 408',
    100,
    3_600_000,
  ),
  SLOW_TIMEOUT_MS: count(60_000, 'How long a slow client may read nothing before it is disconnected', 100),
  MAX_UNREAD_BYTES: count(
    268_435_456,
    'How many bytes of answers over HTTP may wait for clients that do not read them; beyond it, the longest unread are cut off',
  ),
  ...CLIENT_SETTINGS,
} satisfies Record<string, Variable<unknown>>;

type Variables = typeof VARIABLES;
type Name = keyof Variables;

/** Every name that is read. */
const KNOWN_NAMES = Object.entries<Variable<unknown>>(VARIABLES).flatMap(([name, variable]) =>
  mayBeFile(variable) ? [name, fileVariable(name)] : [name],
);

/** Former names of variables, which are still read. */
const FORMER_NAMES: { readonly [N in Name]?: string } = {
  NAMESPACE: 'RELAY_GROUP',
  ADMIN_PORT: 'METRICS_PORT',
};

/** The environment, checked. Names are those of the variables. */
export type Config = { readonly [N in Name]: ValueOf<Variables[N]> };

/** What each variable is for, by name. docs/operating.md shows this table. */
export const ENVIRONMENT: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries<Variable<unknown>>(VARIABLES).map(([name, variable]) => [
    name,
    mayBeFile(variable) ? `${variable.about}. As a file: \`${fileVariable(name)}\`` : variable.about,
  ]),
);

/** Which adapters stand behind the ports: the one place where the environment chooses them. */
export interface BackendChoice {
  readonly log:
    | { readonly kind: 'kafka'; readonly brokers: readonly string[] }
    | { readonly kind: 'embedded'; readonly dir: string };
  readonly fanout:
    | { readonly kind: 'redis'; readonly server: NonNullable<ReturnType<typeof redisServerOf>> }
    | { readonly kind: 'memory' };
}

export function backendsOf(config: Config): BackendChoice {
  const { KAFKA_BROKERS, DATA_DIR } = config;
  const server = redisServerOf(config);
  return {
    log:
      KAFKA_BROKERS === undefined
        ? { kind: 'embedded', dir: DATA_DIR }
        : { kind: 'kafka', brokers: KAFKA_BROKERS },
    fanout: server === undefined ? { kind: 'memory' } : { kind: 'redis', server },
  };
}

/** Invalid values or combinations: one line each, with the name, the value's shape and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the environment. An empty value counts as unset.
 * @throws {ConfigError} that lists everything that is wrong
 */
export function readConfig(environment: Environment): Config {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, variable] of Object.entries<Variable<unknown>>(VARIABLES)) {
    const former = FORMER_NAMES[name as Name];
    const used = former !== undefined && !environment[name] && environment[former] ? former : name;
    try {
      values[name] = readVariable(used, variable, environment);
    } catch (error) {
      if (!(error instanceof InvalidVariable)) throw error;
      faults.push(error.message);
    }
  }
  // What is set was parsed by its own schema.
  const valid = values as Partial<Config>;
  faults.push(
    ...misspelt(environment, KNOWN_NAMES),
    ...incomplete(environment),
    ...kafkaFaults(environment, valid),
    ...redisFaults(environment, valid.REDIS_URL),
    ...telemetryFaults(environment),
    ...consoleFaults(environment, valid),
  );
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  // Every name of VARIABLES was parsed by its own schema above.
  return values as Config;
}
