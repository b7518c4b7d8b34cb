import { openEmbeddedLog } from '../adapters/embedded/log.js';
import { openEmbeddedStateStore } from '../adapters/embedded/state-store.js';
import { type EmbeddedStore, openEmbeddedStore } from '../adapters/embedded/store.js';
import { openKafkaLog } from '../adapters/kafka/kafka.js';
import { openInProcessFanout } from '../adapters/memory/fanout.js';
import { openRedisFanout } from '../adapters/redis/fanout.js';
import { openRedisStateStore } from '../adapters/redis/state-store.js';
import type { Authenticate } from '../auth/authenticate.js';
import { jwtAuthenticate } from '../auth/jwt.js';
import type { Bindings } from '../binding/bindings.js';
import { decodeRecord } from '../core/cloudevent.js';
import { CursorCodec } from '../core/cursor.js';
import { Deadline } from '../core/deadline.js';
import { ANONYMOUS } from '../core/identity.js';
import { type Topic, topic } from '../core/ids.js';
import type { TopicPartition } from '../core/position.js';
import type { LogRecord } from '../core/record.js';
import type { CodecOf } from '../core/schema-codec.js';
import type { TopicFormat } from '../core/topic-format.js';
import { deadLetterTopic } from '../dead-letters/dead-letter.js';
import { DeadLetters } from '../dead-letters/dead-letters.js';
import { Hub } from '../hub/hub.js';
import type { Logger } from '../observe/log.js';
import { Metrics } from '../observe/metrics.js';
import { serviceReports } from '../observe/service-reports.js';
import { Troubles } from '../observe/troubles.js';
import { GraphQLOperations } from '../operation/graphql-operations.js';
import type { EventLog, TopicSpec } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import type { OnProblem } from '../ports/problem.js';
import type { StateStore } from '../ports/state-store.js';
import type { Project } from '../project/project.js';
import { History } from '../publish/history.js';
import { Idempotency } from '../publish/idempotency.js';
import { Mutations } from '../publish/mutations.js';
import { Outcomes } from '../publish/outcomes.js';
import { Publisher } from '../publish/publisher.js';
import type { Rebuild } from '../rebuild/rebuild.js';
import { Relay } from '../relay/relay.js';
import type { AnyService } from '../services/service.js';
import { ServiceRebuild } from '../services/service-rebuild.js';
import { runService } from '../services/service-runner.js';
import { followUpOf } from '../subscribe/start/follow-up.js';
import { Subscriptions } from '../subscribe/subscriptions.js';
import { createHttpServer } from '../transport/http/http.js';
import type { AnyView } from '../views/view.js';
import { ViewRebuild } from '../views/view-rebuild.js';
import { ViewStore } from '../views/view-store.js';
import { ViewWorker } from '../views/view-worker.js';
import { Views } from '../views/views.js';
import { type Config, ConfigError, type Roles } from './config.js';
import { ownCursorSecret } from './secrets.js';

export interface NodeOptions {
  readonly config: Config;
  readonly roles: Roles;
  readonly project: Project;
  readonly bindings: Bindings;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** What `/metrics` answers; this process's own metrics when left out. */
  readonly scrape?: () => Promise<string>;
}

/** One running process of the gateway. Disposing stops it, the newest part first. */
export interface RunningNode extends AsyncDisposable {
  /** Where clients reach it; `undefined` for a process that is no gateway. */
  readonly url: string | undefined;
  /** What it runs on and what runs, a line each. */
  readonly lines: readonly string[];
  readonly metrics: Metrics;
  /** Rejects when a part of it cannot go on. */
  readonly ended: Promise<never>;
}

/** How long the log may take to answer while the process starts. */
const START_DEADLINE = 60_000;

/** Makes one process out of the parts: the only place that knows which adapter stands behind a port. */
export async function startNode(options: NodeOptions, signal: AbortSignal): Promise<RunningNode> {
  const parts = new Parts();
  using deadline = new Deadline(START_DEADLINE);
  try {
    return await compose(options, parts, AbortSignal.any([signal, deadline.signal]));
  } catch (error) {
    await parts[Symbol.asyncDispose]();
    throw error;
  }
}

async function compose(options: NodeOptions, parts: Parts, starting: AbortSignal): Promise<RunningNode> {
  const { config, roles, project, bindings, logger } = options;
  const metrics = options.metrics ?? new Metrics();
  const { log, fanout, store } = await openAdapters(options, metrics, parts);
  const { services, views } = chosen(project, roles.services);
  await log.ensureTopics(
    topicsOf(bindings, [...services, ...views], config),
    { create: config.TOPIC_CREATE },
    starting,
  );

  const lines = [`log      ${log.description}`];
  const running: Promise<void>[] = [];
  const formats = formatsOf(bindings);
  if (fanout !== undefined) lines.push(`fan-out  ${fanout.description}`);
  if (roles.relay && fanout !== undefined) {
    const { RELAY_GROUP: group, WINDOW_EVENTS: windowEvents } = config;
    const relay = parts.own(
      await Relay.start(
        { log, fanout, metrics, logger, formats, group: `${group}-relay`, windowEvents },
        starting,
      ),
    );
    running.push(relay.ended);
  }
  const troubles = parts.own(new Troubles(logger));
  for (const service of services) {
    const work = parts.own(
      await startService(service, { log, formats, metrics, troubles, config }, starting),
    );
    running.push(work.ended);
  }
  if (services.length > 0) lines.push(`services ${services.map(({ name }) => name).join(', ')}`);
  const opened = views.length > 0 || roles.gateway ? parts.own(await store()) : undefined;
  const viewStore = opened && new ViewStore(opened);
  for (const view of views) {
    if (viewStore === undefined) break;
    const group = `${config.RELAY_GROUP}-view-${view.name}`;
    const decode = decoderOf(formats);
    const worker = parts.own(new ViewWorker({ view, log, store: viewStore, group, decode, metrics, logger }));
    running.push(worker.ended);
  }
  if (views.length > 0) lines.push(`views    ${views.map(({ name }) => name).join(', ')}`);
  let url: string | undefined;
  if (roles.gateway && fanout !== undefined && opened !== undefined) {
    url = await startGateway(options, { log, fanout, store: opened, formats, metrics }, parts);
  }
  return {
    url,
    lines,
    metrics,
    ended: failureOf(running),
    [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose](),
  };
}

export interface OpenLog {
  readonly log: EventLog;
  /** Where views are; on Redis it is opened only when it is asked for. */
  readonly store: () => Promise<StateStore>;
}

/** The log alone, for what looks at it and ends. */
export async function openLog(config: Config, logger: Logger): Promise<OpenLog & AsyncDisposable> {
  const parts = new Parts();
  const onProblem = problemsOf(new Metrics(), logger, parts);
  const { log, embedded } = await logOf(config, onProblem, parts);
  return {
    log,
    store: async () => parts.own(await stateStoreOf(config, embedded, onProblem, parts)),
    [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose](),
  };
}

function problemsOf(metrics: Metrics, logger: Logger, parts: Parts): OnProblem {
  const troubles = parts.own(new Troubles(logger));
  return ({ kind, message, cause }) => {
    metrics.problems.inc({ kind });
    // The client library says much that is no news: what matters to us fails one of our own calls, and is told there.
    if (kind === 'kafkajs') logger.debug({ kind, err: cause }, message);
    else troubles.report(kind, cause, message);
  };
}

async function logOf(
  {
    KAFKA_BROKERS: brokers,
    KAFKA_REQUEST_TIMEOUT_MS: requestTimeout,
    KAFKA_SESSION_TIMEOUT_MS: sessionTimeout,
    DATA_DIR: dir,
  }: Config,
  onProblem: OnProblem,
  parts: Parts,
): Promise<{ log: EventLog; embedded: EmbeddedStore | undefined }> {
  if (brokers === undefined) {
    const embedded = parts.own(openEmbeddedStore({ dir }));
    return { log: parts.own(openEmbeddedLog(embedded)), embedded };
  }
  // No signal of the start, which ends by its deadline: the log lives until the node is disposed of.
  const { signal } = new AbortController();
  const options = { brokers, clientId: 'millrace', requestTimeout, sessionTimeout, onProblem };
  return { log: parts.own(await openKafkaLog(options, signal)), embedded: undefined };
}

async function openAdapters(
  { config, roles, logger }: NodeOptions,
  metrics: Metrics,
  parts: Parts,
): Promise<{ log: EventLog; fanout: Fanout | undefined; store: () => Promise<StateStore> }> {
  const onProblem = problemsOf(metrics, logger, parts);
  const { log, embedded } = await logOf(config, onProblem, parts);
  const store = (): Promise<StateStore> => stateStoreOf(config, embedded, onProblem, parts);
  if (!roles.gateway && !roles.relay) return { log, fanout: undefined, store };
  const windowEvents = config.WINDOW_EVENTS;
  const fanout =
    config.REDIS_URL === undefined
      ? openInProcessFanout({ windowEvents })
      : await openRedisFanout({ url: config.REDIS_URL, windowEvents, prefix: config.RELAY_GROUP, onProblem });
  return { log, fanout: parts.own(fanout), store };
}

/** Where answers and views are: in Redis; or in files, beside the embedded log or, on Kafka, by themselves. */
async function stateStoreOf(
  { REDIS_URL: url, RELAY_GROUP: prefix, DATA_DIR: dir }: Config,
  embedded: EmbeddedStore | undefined,
  onProblem: OnProblem,
  parts: Parts,
): Promise<StateStore> {
  if (url !== undefined) return openRedisStateStore({ url, prefix, onProblem });
  return openEmbeddedStateStore(embedded ?? parts.own(openEmbeddedStore({ dir })));
}

async function startGateway(
  { config, project, bindings, logger, scrape }: NodeOptions,
  {
    log,
    fanout,
    store,
    formats,
    metrics,
  }: {
    log: EventLog;
    fanout: Fanout;
    store: StateStore;
    formats: ReadonlyMap<Topic, TopicFormat>;
    metrics: Metrics;
  },
  parts: Parts,
): Promise<string> {
  const secrets = config.CURSOR_SECRET ?? [await ownCursorSecret(config.DATA_DIR)];
  const history = new History({ log, logger, within: config.PUBLISH_DEADLINE_MS });
  const publisher = parts.own(
    new Publisher(
      log,
      {
        history,
        source: '/gateway',
        codecOf: codecsOf(formats),
        deadline: config.PUBLISH_DEADLINE_MS,
        maxWaiting: config.PUBLISH_MAX_WAITING,
        maxWaitingBytes: config.PUBLISH_MAX_WAITING_BYTES,
        maxBatchBytes: 900_000,
      },
      metrics,
    ),
  );
  const ring = { events: config.RING_EVENTS, bytes: config.RING_BYTES };
  const hub = parts.own(new Hub({ log, fanout, formats, metrics, logger, ring, linger: 10_000 }));
  const codec = new CursorCodec(secrets);
  const views = new Views({
    views: project.views ?? [],
    store: new ViewStore(store),
    codec,
    topics: hub.topics,
    deadline: config.VIEW_DEADLINE_MS,
  });
  const subscriptions = new Subscriptions({
    bindings,
    hub,
    codec,
    metrics,
    logger,
    maxCharacters: config.MAX_SUBSCRIPTION_CHARS,
    views,
    deadLetters: parts.own(new DeadLetters({ log, metrics, logger })),
  });
  const mutations = new Mutations({
    views,
    publisher,
    idempotency: new Idempotency({ store, logger, ttl: config.IDEMPOTENCY_TTL_MS }),
    outcomes: new Outcomes({
      source: hub,
      history,
      maxWaiting: config.PUBLISH_MAX_WAITING,
      followUp: (field, args, identity) => followUpOf(bindings, codec, field, args, identity),
    }),
  });
  const operations = new GraphQLOperations({
    bindings,
    mutations,
    subscriptions,
    logger,
    metrics,
    limits: { maxTokens: config.MAX_TOKENS },
  });
  const server = parts.own(
    await createHttpServer({
      host: config.HOST,
      port: config.PORT,
      operations,
      authenticate: authenticator(config, project),
      examples: project.examples ?? [],
      logger,
      metrics,
      compression: config.WS_COMPRESSION,
      limits: {
        bodyBytes: config.MAX_BODY_BYTES,
        operationsPerConnection: config.MAX_OPERATIONS,
        connections: config.MAX_CONNECTIONS,
        highWaterMark: config.SLOW_BYTES,
        slowTimeout: config.SLOW_TIMEOUT_MS,
      },
      routes: {
        '/healthz': (_request, response) => void response.end('ok\n'),
        '/readyz': (_request, response) => void response.end('ok\n'),
        '/metrics': async (_request, response) => {
          response.setHeader('content-type', metrics.registry.contentType);
          response.end(await (scrape ?? (() => metrics.registry.metrics()))());
        },
      },
    }),
  );
  return new URL(server.url).origin;
}

interface ServiceParts {
  readonly log: EventLog;
  readonly formats: ReadonlyMap<Topic, TopicFormat>;
  readonly metrics: Metrics;
  readonly troubles: Troubles;
  readonly config: Config;
}

function startService(
  service: AnyService,
  { log, formats, metrics, troubles, config }: ServiceParts,
  starting: AbortSignal,
) {
  return runService(
    {
      log,
      group: serviceGroup(config, service),
      service,
      stateTopics: { create: config.TOPIC_CREATE, replicas: config.TOPIC_REPLICAS },
      decode: decoderOf(formats),
      codecOf: codecsOf(formats),
      ...serviceReports(service, metrics, troubles),
      onInvalid: (at, kind) => metrics.invalid.inc({ topic: at.topic, kind }),
    },
    starting,
  );
}

const serviceGroup = (config: Config, { name }: AnyService): string =>
  `${config.RELAY_GROUP}-service-${name}`;

const decoderOf = (formats: ReadonlyMap<Topic, TopicFormat>) => (record: LogRecord, at: TopicPartition) =>
  decodeRecord(record, formats.get(at.topic) ?? { kind: 'CLOUDEVENTS' }, at);

const codecsOf =
  (formats: ReadonlyMap<Topic, TopicFormat>): CodecOf =>
  (of) =>
    formats.get(of)?.codec;

/** What of the project has a state that can be built anew. */
export async function rebuildsOf(
  { log, store }: OpenLog,
  { config, project, bindings }: Pick<NodeOptions, 'config' | 'project' | 'bindings'>,
): Promise<readonly Rebuild[]> {
  const decode = decoderOf(formatsOf(bindings));
  const services = (project.services ?? [])
    .filter(({ initial }) => initial !== undefined)
    .map((service) => {
      const group = serviceGroup(config, service);
      return new ServiceRebuild({ log, group, service, decode, replicas: config.TOPIC_REPLICAS });
    });
  const { views = [] } = project;
  if (views.length === 0) return services;
  const viewStore = new ViewStore(await store());
  return [...services, ...views.map((view) => new ViewRebuild({ view, log, store: viewStore, decode }))];
}

/** `JWT_*` wins over the project's own; without either everybody is anonymous. */
function authenticator(config: Config, project: Project): Authenticate {
  const { JWT_SECRET, JWT_JWKS_URL, JWT_ISSUER, JWT_AUDIENCE } = config;
  if (JWT_SECRET !== undefined || JWT_JWKS_URL !== undefined) {
    return jwtAuthenticate({
      ...(JWT_SECRET === undefined ? {} : { secret: JWT_SECRET }),
      ...(JWT_JWKS_URL === undefined ? {} : { jwksUrl: JWT_JWKS_URL }),
      ...(JWT_ISSUER === undefined ? {} : { issuer: JWT_ISSUER }),
      ...(JWT_AUDIENCE === undefined ? {} : { audience: JWT_AUDIENCE }),
    });
  }
  return project.authenticate ?? (() => Promise.resolve(ANONYMOUS));
}

/** What of the project runs here: everything, or what is named. */
function chosen(
  { services = [], views = [] }: Project,
  named: readonly string[] | 'all',
): { readonly services: readonly AnyService[]; readonly views: readonly AnyView[] } {
  if (named === 'all') return { services, views };
  const known = new Set([...services, ...views].map(({ name }) => name));
  for (const name of named) {
    if (known.has(name)) continue;
    const names = [...known].join(', ') || 'none';
    throw new ConfigError(`There is no service or view named ${name}; the project has: ${names}.`);
  }
  const isNamed = ({ name }: { readonly name: string }): boolean => named.includes(name);
  return { services: services.filter(isNamed), views: views.filter(isNamed) };
}

function formatsOf(bindings: Bindings): ReadonlyMap<Topic, TopicFormat> {
  return new Map([...bindings.topics.values()].map(({ topic: name, format }) => [name, format]));
}

/** A service or a view, as far as topics are concerned. */
type Following = Pick<AnyService, 'topics'>;

/** The topics of the schema, and of services and views. */
export function topicNames(bindings: Bindings, services: readonly Following[]): readonly Topic[] {
  const ofServices = services.flatMap((service) => service.topics.map(topic));
  return [...new Set<Topic>([...bindings.topics.keys(), ...ofServices])];
}

function topicsOf(bindings: Bindings, services: readonly Following[], config: Config): readonly TopicSpec[] {
  const spec = { partitions: config.TOPIC_PARTITIONS, replicas: config.TOPIC_REPLICAS, config: {} };
  return topicNames(bindings, services).flatMap((name) => [
    { topic: name, ...spec },
    // One partition: the order of dead letters says more than their throughput.
    { topic: deadLetterTopic(name), ...spec, partitions: 1 },
  ]);
}

/** Rejects with the first failure, and never resolves: a part that left because it was stopped is no news. */
function failureOf(running: readonly Promise<void>[]): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const part of running) part.catch(reject);
  });
}

/** What a process is made of; stopped in the reverse of the order in which it was made. */
class Parts implements AsyncDisposable {
  readonly #owned: (AsyncDisposable | Disposable)[] = [];

  own<T extends AsyncDisposable | Disposable>(part: T): T {
    this.#owned.push(part);
    return part;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of this.#owned.splice(0).reverse()) {
      if (Symbol.asyncDispose in part) await part[Symbol.asyncDispose]();
      else part[Symbol.dispose]();
    }
  }
}
