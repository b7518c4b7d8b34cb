import { type Cluster, Command } from 'ioredis';

/** The hash slot of a key or of a sharded channel. */
export function slotOf(key: string): number {
  return new Command('get', [key]).getSlot() ?? 0;
}

/** The master that has the slot, as `host:port`, by the newest answer of the Cluster. `undefined`: not known yet. */
export function slotOwner(cluster: Cluster, slot: number): string | undefined {
  return cluster.slots[slot]?.[0];
}

/** Asks the Cluster again which master has which slots. Resolves when that is known, or cannot be found out now. */
export function refreshSlots(cluster: Cluster): Promise<void> {
  return new Promise((resolve) => cluster.refreshSlotsCache(() => resolve()));
}
