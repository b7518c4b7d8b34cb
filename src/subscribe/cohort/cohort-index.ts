import type { Indexed } from '../../core/event.js';
import type { Cohort } from './cohort.js';
import type { ParsedEvent } from './parsed-event.js';

/** An equality of a cohort's filter: `event.<field> == <value>`. */
interface IndexKey {
  readonly field: string;
  /** As `textOf` writes it. */
  readonly value: string;
}

/**
 * Cohorts by an equality that their filters require, so that an event's candidates are looked up, however many
 * cohorts there are (C2). A candidate is not yet a match: the filter decides.
 */
export class CohortIndex {
  /** By field, then by the value's text. */
  readonly #byField = new Map<string, Map<string, Set<Cohort>>>();
  /** Cohorts whose filter has no equality: candidates for every event. */
  readonly #unindexed = new Set<Cohort>();

  /** Zero exactly when it is empty. */
  get size(): number {
    return this.#byField.size + this.#unindexed.size;
  }

  add(cohort: Cohort): void {
    const key = indexKeyOf(cohort);
    if (key === undefined) {
      this.#unindexed.add(cohort);
      return;
    }
    const byValue = this.#byField.get(key.field) ?? new Map<string, Set<Cohort>>();
    this.#byField.set(key.field, byValue);
    const cohorts = byValue.get(key.value) ?? new Set();
    byValue.set(key.value, cohorts.add(cohort));
  }

  remove(cohort: Cohort): void {
    const key = indexKeyOf(cohort);
    if (key === undefined) {
      this.#unindexed.delete(cohort);
      return;
    }
    const byValue = this.#byField.get(key.field);
    const cohorts = byValue?.get(key.value);
    cohorts?.delete(cohort);
    if (cohorts?.size === 0) byValue?.delete(key.value);
    if (byValue?.size === 0) this.#byField.delete(key.field);
  }

  *all(): Generator<Cohort> {
    yield* this.#unindexed;
    for (const byValue of this.#byField.values()) for (const cohorts of byValue.values()) yield* cohorts;
  }

  /** The cohorts whose filter the event may match, each once. Hot path (bench: filtered). */
  *candidates(event: ParsedEvent): Generator<Cohort> {
    // A tombstone has no data to look up: every cohort may want it.
    if (event.relayed.event.data === null) return yield* this.all();
    yield* this.#unindexed;
    for (const [field, byValue] of this.#byField) {
      const value = fieldOf(event, field);
      if (value === undefined) continue;
      const cohorts = byValue.get(textOf(value));
      if (cohorts !== undefined) yield* cohorts;
      // An ID may be a number in the data, and then equals an argument with its text.
      const asText = typeof value === 'number' ? byValue.get(textOf(String(value))) : undefined;
      if (asText !== undefined) yield* asText;
    }
  }
}

/** The first equality with a value. A cohort's arguments and claims never change, so `remove` gets the same one. */
function indexKeyOf(cohort: Cohort): IndexKey | undefined {
  const { binding, args, identity } = cohort.plan;
  for (const { field, value } of binding.equalities) {
    const indexed = attempt(() => value({ args, claims: identity.claims }));
    if (isIndexed(indexed)) return { field, value: textOf(indexed) };
  }
  return undefined;
}

/** From the values that travel beside the data, or else from the data, which is then parsed. */
function fieldOf(event: ParsedEvent, field: string): Indexed | undefined {
  const beside = event.relayed.event.indexed?.[field];
  if (beside !== undefined) return beside;
  const value = attempt(() => event.data[field] ?? null);
  // No number equals it exactly, and an ID is looked up by its text.
  if (typeof value === 'bigint') return String(value);
  return isIndexed(value) ? value : undefined;
}

const isIndexed = (value: unknown): value is Indexed =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** Distinct for distinct values: a string has a quote, so that `"1"` and `1` differ. */
const textOf = (value: Indexed): string => (typeof value === 'string' ? `"${value}` : String(value));

/** An expression without a value, such as of an absent claim, cannot be looked up: the filter decides alone. */
function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch {
    return undefined;
  }
}
