import { FetchedPassword } from '../adapters/redis/fetched-password.js';
import type { RedisServer } from '../adapters/redis/server.js';
import type { ExpiringPassword } from '../core/expiring-password.js';
import type { ResourceStack } from '../core/resource-stack.js';
import type { OnProblem } from '../ports/problem.js';
import type { Project } from '../project/project.js';
import { backendsOf, type Config, ConfigError } from './config.js';

/**
 * How the project fetches the password of Redis; `undefined`: it does not.
 * @throws {ConfigError} for a combination that cannot work
 */
export function redisPassword(
  config: Config,
  { redis }: Pick<Project, 'redis'>,
): (() => Promise<ExpiringPassword>) | undefined {
  const fetch = redis?.password;
  const { fanout } = backendsOf(config);
  if (fetch === undefined) {
    if (config.REDIS_USERNAME === undefined || config.REDIS_PASSWORD !== undefined) return undefined;
    throw new ConfigError(
      'REDIS_USERNAME is set, but REDIS_PASSWORD is not, and millrace.config has no `redis.password`.',
    );
  }
  // The project also runs without Redis, such as on the embedded log.
  if (fanout.kind === 'memory') return undefined;
  const { topology } = fanout.server;
  const given =
    config.REDIS_PASSWORD !== undefined
      ? 'REDIS_PASSWORD is set'
      : topology.kind === 'single' && /^\w+:\/\/[^/]*@/.test(topology.url)
        ? 'REDIS_URL has a user or password'
        : undefined;
  if (given === undefined) return fetch;
  throw new ConfigError(`millrace.config has \`redis.password\`, and ${given} too. Use one of them.`);
}

/** Where Redis is, with the password that the project fetches. `parts` ends the fetching. */
export async function redisServer(
  config: Config,
  project: Pick<Project, 'redis'>,
  onProblem: OnProblem,
  parts: ResourceStack,
): Promise<RedisServer | undefined> {
  const { fanout } = backendsOf(config);
  if (fanout.kind === 'memory') return undefined;
  const fetch = redisPassword(config, project);
  if (fetch === undefined) return fanout.server;
  const { current: password } = parts.use(await FetchedPassword.open(fetch, onProblem));
  return { ...fanout.server, password };
}
