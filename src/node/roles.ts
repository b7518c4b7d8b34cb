import { backendsOf, type Config, ConfigError } from './config.js';

/** The roles of one process. */
export interface Roles {
  readonly gateway: boolean;
  readonly relay: boolean;
  /** Names of services and views; `'all'` for all of the project's. */
  readonly services: readonly string[] | 'all';
}

/** The command that runs these roles. */
export function nameOf({ gateway, relay }: Roles): string {
  if (gateway && relay) return 'start';
  return gateway ? 'gateway' : relay ? 'relay' : 'services';
}

/**
 * @param workers how many gateway processes there are
 * @throws {ConfigError} when these roles cannot run on this configuration
 */
export function checkRoles(config: Config, roles: Roles, workers = 1): void {
  const { log, fanout } = backendsOf(config);
  const everything = roles.gateway && roles.relay;
  const faults: string[] = [];
  if (everything) {
    if (workers > 1 && (log.kind === 'embedded' || fanout.kind === 'memory')) {
      faults.push(
        `--workers ${workers} needs KAFKA_BROKERS and REDIS_URL. The embedded log belongs to one process, and workers reach each other through Redis.`,
      );
    }
  } else {
    const name = nameOf(roles);
    if (log.kind === 'embedded') {
      faults.push(
        `KAFKA_BROKERS is not set. \`millrace ${name}\` is one of several processes, and the embedded log belongs to one process. Set KAFKA_BROKERS, or run \`millrace start\`.`,
      );
    }
    if (fanout.kind === 'memory' && (roles.gateway || roles.relay)) {
      faults.push(`REDIS_URL is not set. \`millrace ${name}\` reaches the other processes through Redis.`);
    }
    if (config.CURSOR_SECRET === undefined && roles.gateway) {
      faults.push(
        "CURSOR_SECRET is not set. All gateways have to accept each other's cursors: give all of them the same secret of at least 16 characters.",
      );
    }
  }
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
}
