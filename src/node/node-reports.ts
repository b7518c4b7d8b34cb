import { hostname } from 'node:os';
import { NodeReporter } from '../console/monitor/node-reporter.js';
import { packageVersion } from '../console/version.js';
import type { Metrics } from '../observe/metrics.js';
import type { Readiness } from '../observe/readiness.js';
import type { WarningThrottle } from '../observe/warning-throttle.js';
import type { NodeRegistry } from '../ports/node-registry.js';
import type { NodeOptions } from './options.js';

/** Tells the other nodes, and so their consoles, how this process is. */
export function startNodeReporter(
  { roles, scrape }: Pick<NodeOptions, 'roles' | 'scrape'>,
  {
    services,
    readiness,
    ...parts
  }: {
    readonly registry: NodeRegistry;
    readonly metrics: Metrics;
    readonly warnings: WarningThrottle;
    readonly readiness: Readiness;
    /** The services and views that run in it. */
    readonly services: readonly string[];
  },
): NodeReporter {
  const { gateway, relay } = roles;
  const identity = {
    host: hostname(),
    pid: process.pid,
    // Only a worker is asked for the metrics of all of them.
    ...(scrape !== undefined && { workerOf: process.ppid }),
    roles: [
      ...(gateway ? ['gateway'] : []),
      ...(relay ? ['relay'] : []),
      ...(services.length > 0 ? ['services'] : []),
    ],
    services: [...services],
    version: packageVersion(),
  };
  return new NodeReporter({ ...parts, identity, ready: () => readiness.report() });
}
