import { internalErrors } from '../../observe/internal-errors.js';
import type { Logger } from '../../observe/log.js';
import type { Metrics } from '../../observe/metrics.js';
import { Access, type AccessRules } from './access.js';
import { openListener } from './listener.js';
import { type Route, router } from './router.js';

export interface SideServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly access: AccessRules;
  /** By exact path, for GET and HEAD. */
  readonly routes: Readonly<Record<string, Route>>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** A second port that serves `routes` and nothing else: for what clients on the public port must not see. */
export interface SideServer extends AsyncDisposable {
  readonly port: number;
}

/** How long scrapes may take to end when the server closes. */
const CLOSE_TIMEOUT_MS = 1_000;

/** @throws {Error} when it cannot listen: the port is in use, or the host is not of this machine */
export async function createSideServer(options: SideServerOptions): Promise<SideServer> {
  const { host, port, routes, access, logger, metrics } = options;
  const report = internalErrors(logger, metrics, 'a request failed');
  const handle = router({ routes, report });
  const listener = await openListener({ host, port, access: new Access(access), report, handle });
  return {
    port: listener.port,
    [Symbol.asyncDispose]: () => listener.close(() => Promise.resolve(), CLOSE_TIMEOUT_MS),
  };
}
