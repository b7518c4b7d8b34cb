import type { Metrics } from '../observe/metrics.js';
import type { Readiness } from '../observe/readiness.js';
import { createSideServer } from '../transport/http/side-server.js';
import { accessRules, sideRoutes } from './http.js';
import type { NodeOptions } from './options.js';

type Parts = Pick<NodeOptions, 'config' | 'logger' | 'scrape'> & {
  readonly metrics: Metrics;
  readonly readiness: Readiness;
};

/** Metrics and health on ADMIN_PORT. `undefined`: that is not set. */
export async function startSideServer({ config, logger, scrape, metrics, readiness }: Parts) {
  const { HOST: host, ADMIN_PORT: port } = config;
  if (port === undefined) return undefined;
  const routes = sideRoutes(readiness, scrape ?? (() => metrics.registry.metrics()));
  return createSideServer({ host, port, access: accessRules(config), routes, logger, metrics });
}
