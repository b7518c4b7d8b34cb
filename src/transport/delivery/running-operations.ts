import type { Identity } from '../../core/identity.js';
import type { RunningOperation } from './running-operation.js';

/** The operations that run on one connection, by the ids that its client chose. */
export class RunningOperations {
  readonly #byId = new Map<string, RunningOperation>();

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  add(id: string, operation: RunningOperation): void {
    this.#byId.set(id, operation);
  }

  /** The operation has ended by itself. */
  delete(id: string): void {
    this.#byId.delete(id);
  }

  /** The client completed it. The id is free at once, and nothing more is sent for it. */
  cancel(id: string): void {
    const operation = this.#byId.get(id);
    this.#byId.delete(id);
    operation?.cancel();
  }

  renew(identity: Identity): void {
    // A copy: operations that the new credentials do not allow end, and leave the map.
    for (const operation of [...this.#byId.values()]) operation.renew(identity);
  }

  cancelAll(): void {
    const operations = [...this.#byId.values()];
    this.#byId.clear();
    for (const operation of operations) operation.cancel();
  }

  /**
   * The connection has room again: operations with refused results replay them. The first may fill the
   * connection again, so it goes to the end of the order, and each gets its turn (D8).
   */
  onDrained(): void {
    const refused = [...this.#byId].filter(([, operation]) => operation.hasRefused);
    const [first] = refused;
    if (first === undefined) return;
    this.#byId.delete(first[0]);
    this.#byId.set(...first);
    for (const [, operation] of refused) operation.onDrained();
  }
}
