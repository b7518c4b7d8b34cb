import type { Assignment } from './assignment.js';

/** How long a replica is used before its leader is asked again: another one may be closer by then, or more up to date. */
const PREFERENCE_MAX_AGE_MS = 60_000;

interface Preference {
  readonly nodeId: number;
  readonly asOf: number;
}

/**
 * From which replica each partition is fetched, where that is not its leader (KIP-392). A leader that is told the rack of a
 * client names a replica there in place of records.
 */
export class ReadReplicas {
  readonly #preferences = new Map<Assignment, Preference>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The node to fetch from; `undefined` for the leader. */
  of(assignment: Assignment): number | undefined {
    const preference = this.#preferences.get(assignment);
    if (preference === undefined) return undefined;
    if (this.#now() - preference.asOf < PREFERENCE_MAX_AGE_MS) return preference.nodeId;
    this.#preferences.delete(assignment);
    return undefined;
  }

  prefer(assignment: Assignment, nodeId: number): void {
    this.#preferences.set(assignment, { nodeId, asOf: this.#now() });
  }

  /** The replica failed: the leader knows more. @returns whether there was a preference */
  forget(assignment: Assignment): boolean {
    return this.#preferences.delete(assignment);
  }
}
