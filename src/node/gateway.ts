import { Revocations } from '../auth/revocations.js';
import type { Bindings } from '../binding/bindings.js';
import { openConsole } from '../console/console.js';
import { RedriveRuns } from '../console/dead-letters/redrive-runs.js';
import { CursorCodec } from '../core/cursor.js';
import { RecordDecoder } from '../core/record-decoder.js';
import { RecordEncoder } from '../core/record-encoder.js';
import type { ResourceStack } from '../core/resource-stack.js';
import { GATEWAY_SOURCE } from '../core/sources.js';
import type { TopicFormats } from '../core/topic-format.js';
import { DeadLetters } from '../dead-letters/dead-letters.js';
import { Hub } from '../hub/hub.js';
import type { EventTrail } from '../observe/event-trail.js';
import type { Metrics } from '../observe/metrics.js';
import type { Readiness } from '../observe/readiness.js';
import { SecurityLog } from '../observe/security-log.js';
import { WarningThrottle } from '../observe/warning-throttle.js';
import { GraphQLOperations } from '../operation/graphql-operations.js';
import type { Operations } from '../operation/operations.js';
import type { TopicLayouts } from '../placement/topic-layouts.js';
import { MAX_BATCH_BYTES } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import type { NodeRegistry } from '../ports/node-registry.js';
import type { StateStore } from '../ports/state-store.js';
import type { Project } from '../project/project.js';
import { History } from '../publish/history.js';
import { Idempotency } from '../publish/idempotency.js';
import type { MutationParts } from '../publish/mutation-context.js';
import { Outcomes } from '../publish/outcomes.js';
import { Publisher } from '../publish/publisher.js';
import { followUpOf } from '../subscribe/start/follow-up.js';
import { Subscriptions } from '../subscribe/subscriptions.js';
import { asyncApiOf } from '../topology/async-api.js';
import { topologyOf } from '../topology/topology.js';
import type { GraphQLEndpoint } from '../transport/http/endpoint.js';
import { createHttpServer } from '../transport/http/http-server.js';
import type { SideServer } from '../transport/http/side-server.js';
import { ViewStore } from '../views/view-store.js';
import { Views } from '../views/views.js';
import { authenticates, authentication } from './authentication.js';
import type { Backends } from './backends.js';
import { type Config, ConfigError } from './config.js';
import { deadLetterOffice } from './dead-letter-office.js';
import { gatewayRoutes, httpSettings } from './http.js';
import { mapParts } from './live-map.js';
import type { NodeOptions } from './options.js';
import { CONSOLE_PREFIX, graphiqlPage, pageLines, projectPages, toolPages } from './pages.js';
import { readinessOf } from './readiness.js';
import { ownCursorSecret } from './secrets.js';
import { startSideServer } from './side-server.js';
import { topicNames } from './topics.js';

/** What a gateway runs on. */
export interface GatewayBackends
  extends Pick<Backends, 'log' | 'registry' | 'refusals' | 'openRevocationLog' | 'openConsoleLog'> {
  readonly fanout: Fanout;
  readonly store: StateStore;
  readonly formats: TopicFormats;
  readonly layouts: TopicLayouts;
  readonly metrics: Metrics;
  /** Where the console is on: the nodes, and what this one remembers of events. */
  readonly nodes: NodeRegistry | undefined;
  readonly trail: EventTrail | undefined;
}

/** How long a partition is followed after its last subscriber has left. */
const LINGER_MS = 10_000;

interface StartedGateway {
  /** The origin of its URL. */
  readonly url: string;
  /** The server of ADMIN_PORT. */
  readonly admin: SideServer | undefined;
  readonly readiness: Readiness;
  /** Where its pages are, for the person who starts it. */
  readonly lines: readonly string[];
}

/** Starts what serves clients. `parts` takes over what has to be disposed of. */
export async function startGateway(
  { config, project, bindings, logger, scrape, tracer }: NodeOptions,
  {
    log,
    fanout,
    store,
    registry,
    formats,
    layouts,
    metrics,
    refusals,
    nodes,
    trail,
    ...backends
  }: GatewayBackends,
  parts: ResourceStack,
): Promise<StartedGateway> {
  const secrets = config.CURSOR_SECRET ?? [await ownCursorSecret(config.DATA_DIR)];
  const warnings = parts.use(new WarningThrottle(logger));
  const history = new History({
    log,
    warnings,
    decoder: new RecordDecoder(formats),
    withinMs: config.PUBLISH_DEADLINE_MS,
  });
  const publisher = parts.use(
    new Publisher(
      log,
      {
        history,
        source: GATEWAY_SOURCE,
        encoder: new RecordEncoder(formats),
        deadline: config.PUBLISH_DEADLINE_MS,
        maxWaiting: config.PUBLISH_MAX_WAITING,
        maxWaitingBytes: config.PUBLISH_MAX_WAITING_BYTES,
        maxBatchBytes: MAX_BATCH_BYTES,
        tracer,
        onFailure: (error) =>
          warnings.report('publish', error, 'publishing failed; clients are told what that means to them'),
      },
      metrics,
    ),
  );
  const ring = { events: config.RING_EVENTS, bytes: config.RING_BYTES };
  const hub = parts.use(
    new Hub({ log, fanout, formats, layouts, metrics, logger, ring, lingerMs: LINGER_MS, trail }),
  );
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
    positionIntervalMs: config.POSITION_INTERVAL_MS,
    tracer,
    trail,
    deadLetters: parts.use(
      new DeadLetters({ log, metrics, logger, formats, suffix: config.DEAD_LETTER_SUFFIX }),
    ),
  });
  const mutations: MutationParts = {
    views,
    publisher,
    idempotency: new Idempotency({ store, warnings, ttlMs: config.IDEMPOTENCY_TTL_MS }),
    outcomes: new Outcomes({
      source: hub,
      history,
      maxWaiting: config.PUBLISH_MAX_WAITING,
      followUp: (field, args, identity) => followUpOf(bindings, codec, field, args, identity),
    }),
  };
  const operations = new GraphQLOperations({
    bindings,
    mutations,
    subscriptions,
    logger,
    metrics,
    tracer,
    limits: { maxTokens: config.MAX_TOKENS },
    introspection: config.INTROSPECTION,
    suggestions: config.SUGGESTIONS,
  });
  const securityLog = new SecurityLog(logger, metrics);
  const consoleLog = nodes ? await backends.openConsoleLog() : log;
  const consoleOperations = nodes
    ? openConsole({
        monitor: { registry: nodes, namespace: config.NAMESPACE },
        role: consoleRole(config, project),
        backends: { log: log.description, fanout: fanout.description },
        events: {
          log: consoleLog,
          bindings,
          resolvers: project.resolvers ?? {},
          formats,
          topics: topicNames(bindings, [...(project.services ?? []), ...(project.views ?? [])]),
          deadLetterSuffix: config.DEAD_LETTER_SUFFIX,
        },
        life: {
          log: consoleLog,
          nodes,
          decoder: new RecordDecoder(formats),
          topics: topicNames(bindings, [...(project.services ?? []), ...(project.views ?? [])]),
          suffix: config.DEAD_LETTER_SUFFIX,
          traceUrl: config.TRACE_URL,
        },
        map: mapParts({ config, project, bindings }, { log: consoleLog, formats, nodes }, parts),
        deadLetters: {
          office: deadLetterOffice({ config, project, bindings }, { log: consoleLog, formats }),
          runs: parts.use(new RedriveRuns()),
          log: consoleLog,
          securityLog,
        },
        limits: { maxTokens: config.MAX_TOKENS },
        logger,
        metrics,
      })
    : undefined;
  // Without credentials there is nothing to revoke.
  const revocations = authenticates(config, project)
    ? parts.use(
        await Revocations.open({
          log: await backends.openRevocationLog(),
          onFailure: (cause) => {
            metrics.problems.inc({ kind: 'revocations' });
            warnings.report('revocations', cause, 'revocations cannot be read; new ones are not noticed');
          },
        }),
      )
    : undefined;
  const verification = { metrics, warnings, securityLog, revocations };
  const { authenticate, check } = authentication(config, project, verification);
  const readiness = readinessOf({ log, fanout, store, registry, bindings, check, warnings, refusals });
  metrics.checksNow = () => readiness.flags();
  const scrapeAll = scrape ?? (() => metrics.registry.metrics());
  const admin = await startSideServer({ config, logger, metrics, readiness, scrape: scrapeAll });
  if (admin !== undefined) parts.use(admin);
  const pages = [await toolPages(config), await projectPages(project.pages)];
  const folders = pages.filter((folder) => folder !== undefined);
  const server = parts.use(
    await createHttpServer({
      ...httpSettings(config),
      endpoints: [
        {
          path: '/graphql',
          operations,
          page: await graphiqlPage(config, project),
          count: (connections) => {
            metrics.connectionsNow = () => ({ ...connections() });
          },
        },
        ...(consoleOperations === undefined ? [] : [consoleEndpoint(consoleOperations, metrics)]),
      ],
      folders,
      authenticate,
      revocations,
      securityLog,
      logger,
      metrics,
      routes: gatewayRoutes(config, readiness, scrapeAll, () => asyncApi(bindings, project, config)),
    }),
  );
  const { origin: url } = new URL(server.url);
  return { url, admin, readiness, lines: pageLines(url, folders) };
}

/** Its connections are counted by themselves: those of clients say how the gateway is used. */
function consoleEndpoint(operations: Operations, metrics: Metrics): GraphQLEndpoint {
  return {
    path: `${CONSOLE_PREFIX}graphql`,
    operations,
    count: (connections) => {
      metrics.consoleConnectionsNow = () => ({ ...connections() });
    },
  };
}

/** @throws {ConfigError} when CONSOLE_ROLE is set and nothing verifies credentials */
function consoleRole(config: Config, project: Project): string | undefined {
  const { CONSOLE_ROLE } = config;
  if (CONSOLE_ROLE === undefined || authenticates(config, project)) return CONSOLE_ROLE;
  throw new ConfigError(
    'CONSOLE_ROLE is set, but nothing verifies credentials, so the console would refuse everybody. Set JWT_SECRET or JWT_JWKS_URL, or give the project an `authenticate`.',
  );
}

function asyncApi(
  bindings: Bindings,
  { resolvers = {}, services = [], views = [] }: Project,
  { DEAD_LETTER_SUFFIX: deadLetterSuffix }: Config,
): object {
  const topology = topologyOf({ bindings, services, views, deadLetterSuffix });
  return asyncApiOf({ bindings, resolvers, topology });
}
