/** The connections that a node may have open: one budget for all of its transports (S4). */
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
