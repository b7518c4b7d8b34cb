import type { Indexed } from '../../core/event.js';
import type { Cohort } from './cohort.js';
import type { ParsedEvent } from './parsed-event.js';

/**
 * Cohorts by what their filters ask to be equal: those that an event may concern are looked up, however
 * many there are (C2). What is looked up is a candidate; the filter decides.
 */
export class CohortIndex {
  /** By field, and by the text of its value. */
  readonly #byField = new Map<string, Map<string, Set<Cohort>>>();
  /** Those that every event may concern. */
  readonly #others = new Set<Cohort>();

  get size(): number {
    return this.#byField.size + this.#others.size;
  }

  add(cohort: Cohort): void {
    const place = placeOf(cohort);
    if (place === undefined) {
      this.#others.add(cohort);
      return;
    }
    const byValue = this.#byField.get(place.field) ?? new Map<string, Set<Cohort>>();
    this.#byField.set(place.field, byValue);
    const same = byValue.get(place.value) ?? new Set();
    byValue.set(place.value, same.add(cohort));
  }

  remove(cohort: Cohort): void {
    const place = placeOf(cohort);
    if (place === undefined) {
      this.#others.delete(cohort);
      return;
    }
    const byValue = this.#byField.get(place.field);
    const same = byValue?.get(place.value);
    same?.delete(cohort);
    if (same?.size === 0) byValue?.delete(place.value);
    if (byValue?.size === 0) this.#byField.delete(place.field);
  }

  *all(): Generator<Cohort> {
    yield* this.#others;
    for (const byValue of this.#byField.values()) for (const same of byValue.values()) yield* same;
  }

  /** Each cohort once that the event may concern. Hot path (bench: filtered). */
  *candidates(event: ParsedEvent): Generator<Cohort> {
    // A tombstone has no data that could be equal to anything: it concerns all of them.
    if (event.relayed.event.data === null) return yield* this.all();
    yield* this.#others;
    for (const [field, byValue] of this.#byField) {
      const value = fieldOf(event, field);
      if (value === undefined) continue;
      const same = byValue.get(textOf(value));
      if (same !== undefined) yield* same;
      // An ID may be written as a number, and is equal to its text.
      const asText = typeof value === 'number' ? byValue.get(textOf(String(value))) : undefined;
      if (asText !== undefined) yield* asText;
    }
  }
}

function placeOf(cohort: Cohort): { field: string; value: string } | undefined {
  const { binding, args, identity } = cohort.plan;
  for (const { field, value } of binding.equalities) {
    const indexed = attempt(() => value({ args, claims: identity.claims }));
    if (isIndexed(indexed)) return { field, value: textOf(indexed) };
  }
  return undefined;
}

/** What travels beside the data, or else what is in it. */
function fieldOf(event: ParsedEvent, field: string): Indexed | undefined {
  const beside = event.relayed.event.indexed?.[field];
  if (beside !== undefined) return beside;
  const value = attempt(() => event.data[field] ?? null);
  return isIndexed(value) ? value : undefined;
}

const isIndexed = (value: unknown): value is Indexed =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const textOf = (value: Indexed): string => (typeof value === 'string' ? `"${value}` : String(value));

/** What has no value, such as a claim that is not there, cannot be looked up: the filter is asked. */
function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch {
    return undefined;
  }
}
