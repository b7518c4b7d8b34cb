/** What one client may use of a node (S4). */
export interface TransportLimits {
  /** Bytes of one request body or one WebSocket message. */
  readonly bodyBytes: number;
  /** Operations that run at once on one WebSocket. */
  readonly operationsPerConnection: number;
  /** WebSockets and event streams that are open at once on this node. */
  readonly connections: number;
  /** Bytes that may wait for one client before what its subscriptions bring is not taken (D8). */
  readonly highWaterMark: number;
  /** Milliseconds that a client for which more than this waits may take nothing, before it is ended (D8). */
  readonly slowTimeout: number;
}

export const DEFAULT_LIMITS: TransportLimits = {
  bodyBytes: 1_048_576,
  operationsPerConnection: 100,
  connections: 20_000,
  highWaterMark: 1_048_576,
  slowTimeout: 60_000,
};

/** Places for open connections: one number for all transports of a node. */
export class Places {
  readonly #limit: number;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @returns `false` when all are taken */
  take(): boolean {
    if (this.#taken >= this.#limit) return false;
    this.#taken += 1;
    return true;
  }

  giveBack(): void {
    this.#taken -= 1;
  }
}
