import { MillraceError } from '../../core/errors.js';

/**
 * The connections that a node may have open: one budget for all of its transports (S4). A plain request is one until
 * its answer is read.
 */
export class ConnectionSlots {
  readonly #limit: number;
  #inUse = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @returns `false` when all slots are in use */
  acquire(): boolean {
    if (this.#inUse >= this.#limit) return false;
    this.#inUse += 1;
    return true;
  }

  /** Call it once for each successful `acquire`. */
  release(): void {
    this.#inUse -= 1;
  }
}

export function noFreeConnections(): MillraceError {
  return new MillraceError(
    'OVERLOADED',
    'This node has no free connections. Nothing was run. Try again later.',
  );
}
