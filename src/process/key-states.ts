import type { Offset } from '../core/ids.js';

/**
 * The states of one partition's keys, as JSON: in memory, as they are in the state topic once the next
 * commit has added its changes. One copy for each key whose state is not the initial one.
 */
export class KeyStates {
  readonly #kept: Map<string, string>;
  readonly #initial: string;
  /** Keys whose state is kept here and not yet in the topic. */
  readonly #unsaved = new Set<string>();
  readonly #pending = new Map<string, string>();
  /** Where the rebuilt generation ended, until the topic says that it is in use. */
  rebuiltUntil: Offset | undefined;

  constructor(
    /** Of which generation they are. */
    readonly generation: string,
    kept: Map<string, string>,
    initial: unknown,
  ) {
    this.#kept = kept;
    this.#initial = JSON.stringify(initial);
  }

  /** @returns a copy of the key's state */
  get(key: string): unknown {
    return JSON.parse(this.#pending.get(key) ?? this.#kept.get(key) ?? this.#initial) as unknown;
  }

  /** What the key has once this batch is committed. */
  set(key: string, state: unknown): void {
    this.#pending.set(key, JSON.stringify(state));
  }

  /** What a commit has to add to the topic, by key; `null` for the initial state. */
  changes(): Map<string, string | null> {
    const changes = new Map<string, string | null>();
    for (const key of this.#unsaved) changes.set(key, this.#kept.get(key) ?? null);
    for (const [key, state] of this.#pending) {
      if ((this.#kept.get(key) ?? this.#initial) !== state || this.#unsaved.has(key))
        changes.set(key, state === this.#initial ? null : state);
    }
    return changes;
  }

  /** The changes are in the topic. */
  saved(): void {
    this.fold();
    this.#unsaved.clear();
    this.rebuiltUntil = undefined;
  }

  /** What was set stays, and is to be saved with the next commit. */
  fold(): void {
    for (const [key, state] of this.#pending) {
      this.#unsaved.add(key);
      if (state === this.#initial) this.#kept.delete(key);
      else this.#kept.set(key, state);
    }
    this.#pending.clear();
  }

  /** What was set since the last commit is forgotten. */
  drop(): void {
    this.#pending.clear();
  }
}
