import { openEmbeddedLog } from '../adapters/embedded/log.js';
import { openFileRevocationLog } from '../adapters/embedded/revocation-log.js';
import { openEmbeddedStateStore } from '../adapters/embedded/state-store.js';
import { type EmbeddedStore, openEmbeddedStore } from '../adapters/embedded/store.js';
import { openKafkaLog } from '../adapters/kafka/kafka.js';
import { openInProcessFanout } from '../adapters/memory/fanout.js';
import { InProcessNodes } from '../adapters/memory/node-registry.js';
import { openRedisFanout } from '../adapters/redis/fanout.js';
import { openRedisNodeRegistry } from '../adapters/redis/node-registry.js';
import { openRedisRevocationLog } from '../adapters/redis/revocation-log.js';
import type { RedisServer } from '../adapters/redis/server.js';
import { openRedisStateStore } from '../adapters/redis/state-store.js';
import type { RegistryClient } from '../adapters/schema-registry/registry-client.js';
import { SchemaCache } from '../adapters/schema-registry/schema-cache.js';
import { refusalIn } from '../core/refusal.js';
import { ResourceStack } from '../core/resource-stack.js';
import { ActiveRefusals } from '../observe/active-refusals.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import { WarningThrottle } from '../observe/warning-throttle.js';
import type { EventLog } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import type { NodeRegistry } from '../ports/node-registry.js';
import type { OnProblem } from '../ports/problem.js';
import type { RevocationLog } from '../ports/revocation-log.js';
import type { StateStore } from '../ports/state-store.js';
import type { Project } from '../project/project.js';
import { DirectFanout } from '../relay/direct-fanout.js';
import { backendsOf, type Config } from './config.js';
import { kafkaSecurity } from './kafka.js';
import type { NodeOptions } from './options.js';
import { redisServer } from './redis.js';
import { registryClient } from './schema-registry.js';

/** The schema registry. It connects when it is asked. */
export interface SchemaRegistry {
  readonly client: RegistryClient;
  readonly schemas: SchemaCache;
  /** Whether publishing may register the first schema of a subject. */
  readonly registers: boolean;
}

/** The log, and what can be opened beside it. Disposing closes all of it. */
export interface Backends extends AsyncDisposable {
  readonly log: EventLog;
  /** What any of them refuses this process. */
  readonly refusals: ActiveRefusals;
  readonly registry: SchemaRegistry | undefined;
  /** @param hearsOwnRelay whether the process has the relay whose events its gateway follows */
  openFanout(options: { readonly hearsOwnRelay: boolean }): Promise<Fanout>;
  /** Opens the state store of views and idempotency keys. */
  openStateStore(): Promise<StateStore>;
  openRevocationLog(): Promise<RevocationLog>;
  /**
   * Opens the log for the console, with connections of its own: what people look at waits for nothing that clients wait for,
   * and a right that only the console lacks does not make the node unready.
   */
  openConsoleLog(): Promise<EventLog>;
  /** Opens what the nodes say to each other: in Redis, or within this process. */
  openNodeRegistry(): Promise<NodeRegistry>;
}

/**
 * Opens the log that the configuration chooses. Only this file knows which adapter stands behind a port.
 * @throws {MillraceError} `LOG_UNAVAILABLE` when Kafka cannot be reached
 * @throws {ConfigError} when connections to Kafka cannot be secured as the environment and the project say
 */
export async function openBackends(
  { config, project }: Pick<NodeOptions, 'config' | 'project'>,
  metrics: Metrics,
  logger: Logger,
): Promise<Backends> {
  const parts = new ResourceStack();
  try {
    const refusals = new ActiveRefusals(logger, metrics);
    const onProblem = problemReporter(metrics, logger, refusals, parts);
    const { log, embedded } = await openLog(config, project, onProblem, parts);
    const openConsoleLog = async (): Promise<EventLog> => {
      if (embedded !== undefined) return log;
      const own = { ...config, KAFKA_CLIENT_ID: `${config.KAFKA_CLIENT_ID}-console` };
      return (await openLog(own, project, consoleProblems(metrics, logger, parts), parts)).log;
    };
    // Once for all connections, and only for a process that has some.
    let redis: Promise<RedisServer | undefined> | undefined;
    const server = (): Promise<RedisServer | undefined> => {
      redis ??= redisServer(config, project, onProblem, parts);
      return redis;
    };
    return {
      log,
      refusals,
      registry: openRegistry(config, onProblem, parts),
      openFanout: async ({ hearsOwnRelay }) =>
        parts.use(await openFanout(config, { server: await server(), hearsOwnRelay, onProblem })),
      openStateStore: async () =>
        parts.use(await openStateStore(config, await server(), { embedded, onProblem, parts })),
      openConsoleLog,
      openNodeRegistry: async () => parts.use(await openNodeRegistry(config, await server(), onProblem)),
      openRevocationLog: async () => parts.use(await revocationLogAt(config, await server(), onProblem)),
      [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose](),
    };
  } catch (error) {
    await parts[Symbol.asyncDispose]();
    throw error;
  }
}

/** Opens the log of revocations alone, for a command that needs no other backend. `parts` closes it. */
export async function openRevocationLog(
  { config, project }: Pick<NodeOptions, 'config' | 'project'>,
  onProblem: OnProblem,
  parts: ResourceStack,
): Promise<RevocationLog> {
  const server = await redisServer(config, project, onProblem, parts);
  return parts.use(await revocationLogAt(config, server, onProblem));
}

/** In Redis; or in a file of this machine, which other processes may write too. */
async function revocationLogAt(
  { NAMESPACE, DATA_DIR }: Config,
  server: RedisServer | undefined,
  onProblem: OnProblem,
): Promise<RevocationLog> {
  if (server === undefined) return openFileRevocationLog(DATA_DIR, onProblem);
  return openRedisRevocationLog({ server, prefix: NAMESPACE, onProblem });
}

/** Counts the adapters' background failures, and logs each kind once while it lasts. */
function problemReporter(
  metrics: Metrics,
  logger: Logger,
  refusals: ActiveRefusals,
  parts: ResourceStack,
): OnProblem {
  const warnings = parts.use(new WarningThrottle(logger));
  return ({ kind, message, cause }) => {
    metrics.problems.inc({ kind });
    const refusal = refusalIn(cause);
    if (refusal !== undefined) return refusals.report(refusal);
    // kafkajs logs much that needs no action: a failure that matters fails one of our own calls, and is reported there.
    if (kind === 'kafkajs') logger.debug({ kind, err: cause }, message);
    else warnings.report(kind, cause, message);
  };
}

/** As `problemReporter`, for what only the console needs: a page says what is refused, and whoever looks may mend it. */
function consoleProblems(metrics: Metrics, logger: Logger, parts: ResourceStack): OnProblem {
  const warnings = parts.use(new WarningThrottle(logger));
  return ({ kind, message, cause }) => {
    metrics.problems.inc({ kind });
    if (kind === 'kafkajs') logger.debug({ kind, err: cause }, message);
    else warnings.report(`console-${kind}`, cause, message);
  };
}

async function openLog(
  config: Config,
  project: Project,
  onProblem: OnProblem,
  parts: ResourceStack,
): Promise<{ log: EventLog; embedded: EmbeddedStore | undefined }> {
  const { log } = backendsOf(config);
  if (log.kind === 'embedded') {
    const embedded = parts.use(openEmbeddedStore({ dir: log.dir }));
    return { log: parts.use(openEmbeddedLog(embedded)), embedded };
  }
  // Not the signal of the start, which aborts at its deadline: the log lives until the process ends.
  const { signal } = new AbortController();
  const options = {
    brokers: log.brokers,
    clientId: config.KAFKA_CLIENT_ID,
    security: kafkaSecurity(config, project),
    ...(config.KAFKA_CLIENT_RACK === undefined ? {} : { rack: config.KAFKA_CLIENT_RACK }),
    maxInflatedBytes: config.KAFKA_MAX_INFLATED_BYTES,
    requestTimeout: config.KAFKA_REQUEST_TIMEOUT_MS,
    sessionTimeout: config.KAFKA_SESSION_TIMEOUT_MS,
    onProblem,
  };
  return { log: parts.use(await openKafkaLog(options, signal)), embedded: undefined };
}

function openRegistry(
  config: Config,
  onProblem: OnProblem,
  parts: ResourceStack,
): SchemaRegistry | undefined {
  const client = registryClient(config, onProblem);
  if (client === undefined) return undefined;
  const registers = config.SCHEMA_REGISTRY_AUTO_REGISTER;
  return { client: parts.use(client), schemas: new SchemaCache(client), registers };
}

async function openFanout(
  { WINDOW_EVENTS: windowEvents, NAMESPACE: prefix }: Config,
  {
    server,
    hearsOwnRelay,
    onProblem,
  }: { server: RedisServer | undefined; hearsOwnRelay: boolean; onProblem: OnProblem },
): Promise<Fanout> {
  if (server === undefined) return openInProcessFanout({ windowEvents });
  const fanout = await openRedisFanout({ server, windowEvents, prefix, onProblem });
  return hearsOwnRelay ? new DirectFanout(fanout, onProblem) : fanout;
}

function openNodeRegistry(
  { NAMESPACE }: Config,
  server: RedisServer | undefined,
  onProblem: OnProblem,
): Promise<NodeRegistry> | NodeRegistry {
  if (server === undefined) return new InProcessNodes().open(onProblem);
  return openRedisNodeRegistry({ server, prefix: NAMESPACE, onProblem });
}

/** Redis; or files beside the embedded log; or, on Kafka without Redis, files alone. */
async function openStateStore(
  config: Config,
  server: RedisServer | undefined,
  {
    embedded,
    onProblem,
    parts,
  }: { embedded: EmbeddedStore | undefined; onProblem: OnProblem; parts: ResourceStack },
): Promise<StateStore> {
  if (server !== undefined) return openRedisStateStore({ server, prefix: config.NAMESPACE, onProblem });
  return openEmbeddedStateStore(embedded ?? parts.use(openEmbeddedStore({ dir: config.DATA_DIR })));
}
