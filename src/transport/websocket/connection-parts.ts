import type { Authenticate } from '../../auth/authenticate.js';
import type { Identity } from '../../core/identity.js';
import type { Logger } from '../../observe/log.js';
import type { OperationRunner } from '../delivery/run-operation.js';
import type { SlowClientMonitor } from '../delivery/slow-client-monitor.js';
import type { Turns } from '../delivery/turns.js';
import type { WriteCoalescer } from '../delivery/write-coalescer.js';
import type { Compression } from './compression.js';
import type { Subprotocol } from './subprotocol.js';
import type { TemplateCache } from './template-cache.js';

/** What all connections of a node share that speak one subprotocol. */
export interface ConnectionParts extends OperationRunner {
  /** `undefined`: the server does not offer compression. */
  readonly compression?: Compression | undefined;
  readonly authenticate: Authenticate;
  /** Whether credentials were revoked since they were verified. */
  readonly isRevoked: (identity: Identity) => boolean;
  readonly logger: Logger;
  readonly coalescer: WriteCoalescer;
  readonly subprotocol: Subprotocol;
  /** Frames have the words of a subprotocol. */
  readonly templates: TemplateCache;
  readonly slowClients: SlowClientMonitor;
  readonly turns: Turns;
  /** Bytes that may be pending before results are refused. */
  readonly highWaterMark: number;
  readonly operationsPerConnection: number;
  /** Milliseconds between two beats, by which clients that are gone are found. */
  readonly keepAlive: number;
  /** How long a client may take to send `connection_init`. */
  readonly initTimeoutMs: number;
}
