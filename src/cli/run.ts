import { resolve } from 'node:path';
import { aborted } from '../core/async.js';
import { backendsOf, type Config } from '../node/config.js';
import { startNode } from '../node/node.js';
import type { NodeOptions } from '../node/options.js';
import { checkRoles, nameOf, type Roles } from '../node/roles.js';
import { openTracing } from '../node/tracing.js';
import { openLogger } from '../observe/log.js';
import { Metrics } from '../observe/metrics.js';
import { load } from './load.js';
import { abortOnSignal } from './signals.js';
import { WorkerSide } from './workers/worker-side.js';
import { isWorker, Workers } from './workers/workers.js';

/**
 * Runs a process with the given roles until it is stopped, or until a part of it fails for good.
 * @param workers how many gateway processes share the port; with more than one, this process is their primary
 */
export async function run(roles: Roles, workers = 1): Promise<void> {
  const loaded = await load();
  checkRoles(loaded.config, roles, workers);
  const [logger, metrics] = [openLogger(loaded.config.LOG_LEVEL), new Metrics()];
  // Created before the node, so that it is disposed of after it and sends the node's last spans.
  await using tracing = await openTracing(loaded.config, nameOf(roles), { logger, metrics });
  const say = (sentence: string): void => void process.stdout.write(`${sentence}\n`);
  const parts = { ...loaded, logger, metrics, tracer: tracing?.tracer, say };
  const stop = abortOnSignal();
  // Awaited here: `tracing` is disposed of when this function returns.
  if (workers === 1) return await runAlone({ ...parts, roles }, stop);
  if (isWorker()) return await runWorker(parts, stop);
  // ADMIN_PORT belongs to the workers, which answer for all processes.
  const config = { ...parts.config, ADMIN_PORT: undefined };
  return await runPrimary({ ...parts, config, roles: { ...roles, gateway: false } }, workers, stop);
}

type Parts = Omit<NodeOptions, 'roles'> & { readonly metrics: Metrics };

async function runAlone(options: Parts & { readonly roles: Roles }, stop: AbortSignal): Promise<void> {
  await using node = await startNode(options, stop);
  const { log } = backendsOf(options.config);
  const data = log.kind === 'embedded' ? [`data     ${resolve(log.dir)}`] : [];
  printStarted(options.config, node.url, [...node.lines, ...data]);
  await Promise.race([aborted(stop), node.ended]);
}

/** The primary keeps the other roles, and starts the gateways. */
async function runPrimary(
  options: Parts & { readonly roles: Roles },
  count: number,
  stop: AbortSignal,
): Promise<void> {
  await using node = await startNode(options, stop);
  const started = await Workers.start(count, options.logger, options.metrics);
  await using workers = started.workers;
  const { url, lines } = started.first;
  printStarted(options.config, url, [
    ...new Set([...node.lines, ...lines]),
    `workers  ${count}, on one port`,
  ]);
  await Promise.race([aborted(stop), node.ended, workers.ended]);
}

async function runWorker(parts: Parts, stop: AbortSignal): Promise<void> {
  using side = new WorkerSide(parts.metrics);
  const roles: Roles = { gateway: true, relay: false, services: [] };
  // The primary says what it waits for: each of its workers waits for the same.
  const own = { roles, scrape: () => side.scrape(), say: () => undefined };
  await using node = await startNode({ ...parts, ...own }, stop);
  side.started({ url: node.url ?? '', lines: node.lines });
  await Promise.race([aborted(stop), node.ended]);
}

function printStarted({ GRAPHIQL }: Config, url: string | undefined, lines: readonly string[]): void {
  const inBrowser = GRAPHIQL ? '  (GraphiQL in a browser)' : '';
  const first = url === undefined ? [] : [`GraphQL  ${url}/graphql${inBrowser}`];
  process.stdout.write(`${[...first, ...lines].join('\n')}\n`);
}
