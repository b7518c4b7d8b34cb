import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { OperationLimits } from '../operation/document-validator.js';
import type { Operations } from '../operation/operations.js';
import { type DeadLettersParts, deadLettersPage } from './dead-letters/dead-letters.js';
import { type EventsParts, eventsPage } from './events/events.js';
import { gatewayPage } from './gateway/gateway.js';
import { type LifeParts, lifePage } from './life/life.js';
import { type MapParts, mapPage } from './map/map.js';
import { type MonitorParts, monitorPage } from './monitor/monitor.js';
import { ConsoleOperations } from './operations.js';
import { consoleSchema, consoleSources } from './schema.js';

/** What the pages of the console are made from. */
interface ConsoleParts {
  /** The role that callers need; `undefined`: none. */
  readonly role: string | undefined;
  /** In words. */
  readonly backends: { readonly log: string; readonly fanout: string };
  readonly events: EventsParts;
  readonly life: LifeParts;
  readonly map: MapParts;
  readonly deadLetters: DeadLettersParts;
  readonly monitor: MonitorParts;
  readonly limits: OperationLimits;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The console's GraphQL: the schema of all pages, which `schema/console/` declares. */
export function openConsole(parts: ConsoleParts): Operations {
  const { role, backends, events, life, map, monitor, deadLetters, ...shared } = parts;
  const pages = [
    gatewayPage({ ...backends, role }),
    mapPage(map),
    lifePage(life),
    monitorPage(monitor),
    eventsPage(events),
    deadLettersPage(deadLetters),
  ];
  return new ConsoleOperations({ ...shared, role, schema: consoleSchema(consoleSources(), pages) });
}
