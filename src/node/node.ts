import { answerTrailQuestions } from '../console/life/deliveries.js';
import { withSignal } from '../core/async.js';
import { Deadline } from '../core/deadline.js';
import { partition, type Topic } from '../core/ids.js';
import { ResourceStack } from '../core/resource-stack.js';
import type { TopicFormats } from '../core/topic-format.js';
import { EventTrail } from '../observe/event-trail.js';
import { Metrics } from '../observe/metrics.js';
import { WarningThrottle } from '../observe/warning-throttle.js';
import { TopicLayouts } from '../placement/topic-layouts.js';
import type { EventLog } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import type { NodeRegistry } from '../ports/node-registry.js';
import { Relay } from '../relay/relay.js';
import { type Backends, openBackends } from './backends.js';
import { startGateway } from './gateway.js';
import { relayGroup } from './groups.js';
import { logUse } from './log-use.js';
import { startNodeReporter } from './node-reports.js';
import type { NodeOptions } from './options.js';
import { type ReadinessParts, readinessOf } from './readiness.js';
import { selectServices, startService, startView } from './services.js';
import { startSideServer } from './side-server.js';
import { StartWaits } from './start-waits.js';
import { requiredTopics, topicFormats } from './topics.js';

/** One running process of the gateway. Disposing stops it, the newest part first. */
export interface RunningNode extends AsyncDisposable {
  /** The origin that clients connect to; `undefined` for a process without the gateway role. */
  readonly url: string | undefined;
  /** A summary for the person who starts it: backends and parts, one line each. */
  readonly lines: readonly string[];
  readonly metrics: Metrics;
  /** Rejects when a part fails for good. Never resolves. */
  readonly ended: Promise<never>;
}

/** How long the log may take to answer while the process starts. */
const START_DEADLINE_MS = 60_000;
/** How long the start waits for the first answer of Redis, which may be away: only a refusal ends the start. */
const FIRST_ANSWER_TIMEOUT_MS = 2_000;

/**
 * Starts one process with the given roles.
 * @throws {ConfigError} for a service that the project does not have
 * @throws {MillraceError} when a backend cannot be reached or a topic is missing
 */
export async function startNode(options: NodeOptions, signal: AbortSignal): Promise<RunningNode> {
  const parts = new ResourceStack();
  using deadline = new Deadline(START_DEADLINE_MS);
  const refused = new AbortController();
  try {
    const metrics = options.metrics ?? new Metrics();
    const backends = parts.use(await openBackends(options, metrics, options.logger));
    // What is refused at the start is a mistake in the configuration, in whichever part it shows first.
    backends.refusals.starting();
    void backends.refusals.first.then((refusal) => refused.abort(refusal));
    const starting = AbortSignal.any([signal, deadline.signal, refused.signal]);
    const running = await compose(options, { ...backends, metrics }, parts, starting);
    backends.refusals.started();
    return running;
  } catch (error) {
    await parts[Symbol.asyncDispose]();
    // A part that was aborted may have failed in a way of its own.
    refused.signal.throwIfAborted();
    throw error;
  }
}

/** The order matters twice: topics exist before anything reads them, and parts are disposed of in reverse. */
async function compose(
  options: NodeOptions,
  backends: Backends & { readonly metrics: Metrics },
  parts: ResourceStack,
  starting: AbortSignal,
): Promise<RunningNode> {
  const { config, roles, project, bindings, logger, tracer } = options;
  const { log, metrics, refusals, registry } = backends;
  const fanout =
    roles.gateway || roles.relay
      ? await backends.openFanout({ hearsOwnRelay: roles.gateway && roles.relay })
      : undefined;
  const { services, views } = selectServices(project, roles.services);
  const store =
    views.length > 0 || roles.gateway || roles.relay ? await backends.openStateStore() : undefined;
  const { nodes, trail } = await openTrail(options, backends, parts);
  const topics = requiredTopics(bindings, [...services, ...views], config);
  // Kafka may be slow or away: what Redis refuses is told all the same.
  const answered = firstAnswers(topics[0]?.topic, { fanout, store, registry });
  const waits = new StartWaits(options.say);
  const prepared = log.ensureTopics(topics, { create: config.TOPIC_CREATE }, starting);
  await waits.for(
    `${log.description} to ${config.TOPIC_CREATE ? 'find or create' : 'find'} topics`,
    prepared,
  );
  const use = logUse({ roles, bindings, project, config, services, views });
  await waits.for(`${log.description} to tell what this process may do`, log.checkAccess(use, starting));

  const formats = topicFormats(bindings, project, registry);
  const running: Promise<void>[] = [];
  const layouts = store && new TopicLayouts(store, formats, log);
  if (roles.relay && fanout !== undefined && layouts !== undefined) {
    const relay = await waits.for(
      `${log.description} to start the relay`,
      startRelay(options, { log, fanout, formats, layouts, metrics, trail }, starting),
    );
    running.push(parts.use(relay).ended);
  }
  const warnings = parts.use(new WarningThrottle(logger));
  const shared = { log, bindings, formats, metrics, logger, config, tracer };
  for (const service of services) {
    const work = await waits.for(
      `the service ${service.name} to be ready`,
      startService(service, { ...shared, warnings }, starting),
    );
    running.push(parts.use(work).ended);
  }
  if (store !== undefined) {
    for (const view of views) {
      const worker = parts.use(startView(view, { ...shared, store }));
      running.push(worker.ended);
      await waits.for(`the view ${view.name} to be ready`, withSignal(worker.tried, starting));
    }
  }
  await withSignal(answered, starting);
  const gateway =
    roles.gateway && fanout !== undefined && store !== undefined && layouts !== undefined
      ? await startGateway(options, { ...backends, fanout, store, formats, layouts, nodes, trail }, parts)
      : undefined;
  starting.throwIfAborted();
  const { admin, readiness } =
    gateway ??
    (await startAdmin(options, { log, fanout, store, registry, bindings, warnings, refusals }, metrics));
  if (gateway === undefined && admin !== undefined) parts.use(admin);
  if (nodes !== undefined) {
    const running = [...services, ...views].map(({ name }) => name);
    const shown = { registry: nodes, metrics, warnings, readiness, services: running };
    parts.use(startNodeReporter(options, shown));
  }
  return {
    url: gateway?.url,
    lines: [
      ...(gateway?.lines ?? []),
      `log      ${log.description}`,
      ...(fanout === undefined ? [] : [`fan-out  ${fanout.description}`]),
      ...(services.length === 0 ? [] : [`services ${names(services)}`]),
      ...(views.length === 0 ? [] : [`views    ${names(views)}`]),
      ...(admin === undefined ? [] : [`admin    http://${config.HOST}:${admin.port}/metrics`]),
    ],
    metrics,
    ended: firstFailure(running),
    [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose](),
  };
}

/** Metrics and health of a process without the gateway role. */
async function startAdmin(options: NodeOptions, parts: Omit<ReadinessParts, 'check'>, metrics: Metrics) {
  const readiness = readinessOf({ ...parts, check: undefined });
  metrics.checksNow = () => readiness.flags();
  return { admin: await startSideServer({ ...options, metrics, readiness }), readiness };
}

/** Asks what connects in the background, so that a refusal shows while the process starts. */
async function firstAnswers(
  topic: Topic | undefined,
  { fanout, store, registry }: Pick<ReadinessParts, 'fanout' | 'store' | 'registry'>,
): Promise<void> {
  using deadline = new Deadline(FIRST_ANSWER_TIMEOUT_MS);
  const questions = [
    topic === undefined ? undefined : fanout?.newest([{ topic, partition: partition(0) }]),
    store?.get('start'),
    registry?.client.ping(deadline.signal),
  ];
  // Redis may be away when a process starts: it connects later.
  await withSignal(Promise.allSettled(questions), deadline.signal).catch(() => undefined);
}

/** The other nodes, and what this one remembers of events, which they ask it. Only where a console may ask. */
async function openTrail(
  { config, roles }: NodeOptions,
  backends: Backends,
  parts: ResourceStack,
): Promise<{ readonly nodes: NodeRegistry | undefined; readonly trail: EventTrail | undefined }> {
  if (!config.CONSOLE) return { nodes: undefined, trail: undefined };
  const nodes = await backends.openNodeRegistry();
  if (!roles.gateway && !roles.relay) return { nodes, trail: undefined };
  const trail = new EventTrail();
  parts.use(answerTrailQuestions(nodes, trail));
  return { nodes, trail };
}

function startRelay(
  { config, logger, bindings, tracer }: NodeOptions,
  backends: {
    readonly log: EventLog;
    readonly fanout: Fanout;
    readonly formats: TopicFormats;
    readonly layouts: TopicLayouts;
    readonly metrics: Metrics;
    readonly trail: EventTrail | undefined;
  },
  starting: AbortSignal,
): Promise<Relay> {
  const { WINDOW_EVENTS: windowEvents, DEAD_LETTER_SUFFIX: deadLetterSuffix } = config;
  const group = relayGroup(config);
  // A topic without types is declared for services only: no node follows it.
  const used = [...backends.formats].filter(([topic]) => bindings.topics.get(topic)?.types.size !== 0);
  const formats = new Map(used);
  const types = new Map([...bindings.topics].map(([name, binding]) => [name, binding.types]));
  return Relay.start(
    { ...backends, formats, types, logger, group, windowEvents, deadLetterSuffix, tracer },
    starting,
  );
}

const names = (named: readonly { readonly name: string }[]): string =>
  named.map(({ name }) => name).join(', ');

/** Rejects with the first failure, and never resolves: a part that was stopped has not failed. */
function firstFailure(running: readonly Promise<void>[]): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const part of running) part.catch(reject);
  });
}
