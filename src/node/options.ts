import type { Bindings } from '../binding/bindings.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventTracer } from '../observe/tracing/tracer.js';
import type { Project } from '../project/project.js';
import type { Config } from './config.js';
import type { Roles } from './roles.js';

/** What one process is made from. */
export interface NodeOptions {
  readonly config: Config;
  readonly roles: Roles;
  readonly project: Project;
  readonly bindings: Bindings;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** Tells the person who starts the process what the start waits for. Left out: nobody is told. */
  readonly say?: (sentence: string) => void;
  /** Left out: nothing is traced. */
  readonly tracer?: EventTracer | undefined;
  /** What `/metrics` answers; this process's own metrics when left out. */
  readonly scrape?: () => Promise<string>;
}
