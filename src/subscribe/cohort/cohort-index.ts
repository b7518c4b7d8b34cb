import type { Equality } from '../../binding/bindings.js';
import { own } from '../../core/own.js';
import type { Cohort } from './cohort.js';
import { recordValue } from './event-record.js';
import type { ParsedEvent } from './parsed-event.js';

/** An equality of a cohort's filter: `event.<field> == <value>`, or of a field of its record. */
interface IndexKey {
  readonly equality: Equality;
  /** As `Equality.value` writes it. */
  readonly value: string;
}

/** The cohorts that are looked up by one field of one type. */
interface FieldIndex {
  readonly equality: Equality;
  readonly byValue: Map<string, Set<Cohort>>;
}

/**
 * Cohorts by an equality that their filters require, so that an event's candidates are looked up, however many
 * cohorts there are (C2). A candidate is not yet a match: the filter decides.
 */
export class CohortIndex {
  /** By field and type. */
  readonly #byField = new Map<string, FieldIndex>();
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
    const name = nameOf(key.equality);
    const index = this.#byField.get(name) ?? { equality: key.equality, byValue: new Map() };
    this.#byField.set(name, index);
    const cohorts = index.byValue.get(key.value) ?? new Set();
    index.byValue.set(key.value, cohorts.add(cohort));
  }

  remove(cohort: Cohort): void {
    const key = indexKeyOf(cohort);
    if (key === undefined) {
      this.#unindexed.delete(cohort);
      return;
    }
    const name = nameOf(key.equality);
    const byValue = this.#byField.get(name)?.byValue;
    const cohorts = byValue?.get(key.value);
    cohorts?.delete(cohort);
    if (cohorts?.size === 0) byValue?.delete(key.value);
    if (byValue?.size === 0) this.#byField.delete(name);
  }

  *all(): Generator<Cohort> {
    yield* this.#unindexed;
    for (const { byValue } of this.#byField.values()) for (const cohorts of byValue.values()) yield* cohorts;
  }

  /** The cohorts whose filter the event may match, each once. Hot path (bench: filtered). */
  *candidates(event: ParsedEvent): Generator<Cohort> {
    // A tombstone has no data to look up: every cohort may want it.
    if (event.relayed.event.data === null) return yield* this.all();
    yield* this.#unindexed;
    for (const { equality, byValue } of this.#byField.values()) {
      const value = indexedValueOf(event, equality);
      if (value === INVALID) {
        // D10: every filter that reads the field fails. One of them makes the dead letter; more would say the same.
        yield* firstOf(byValue);
        continue;
      }
      const cohorts = value === undefined ? undefined : byValue.get(value);
      if (cohorts !== undefined) yield* cohorts;
    }
  }
}

/** Marks a value that the field's type cannot have. */
const INVALID = Symbol('invalid');

const nameOf = ({ field, type }: Equality): string =>
  typeof field === 'string' ? `${field}: ${type}` : `record.${field.join('.')}: ${type}`;

/** The first equality with a value. A cohort's arguments and claims never change, so `remove` gets the same one. */
function indexKeyOf(cohort: Cohort): IndexKey | undefined {
  const { binding, args, identity } = cohort.plan;
  for (const equality of binding.equalities) {
    const value = attempt(() => equality.value({ args, claims: identity.claims }));
    // An expression without a value, such as of an absent claim, cannot be looked up: the filter decides alone.
    if (typeof value === 'string') return { equality, value };
  }
  return undefined;
}

/** Of the event, from the values that travel beside the data, or else from the data, which is then parsed. */
function indexedValueOf(event: ParsedEvent, equality: Equality): string | undefined | typeof INVALID {
  const { field } = equality;
  if (typeof field !== 'string') return attempt(() => equality.keyOf(recordValue(event.record, field)));
  const { indexed } = event.relayed.event;
  const beside = indexed && own(indexed, field);
  return attempt(() => equality.keyOf(beside !== undefined ? beside : own(event.data, field)));
}

function* firstOf(byValue: ReadonlyMap<string, ReadonlySet<Cohort>>): Generator<Cohort> {
  for (const cohorts of byValue.values())
    for (const cohort of cohorts) {
      yield cohort;
      return;
    }
}

function attempt<T>(work: () => T): T | typeof INVALID {
  try {
    return work();
  } catch {
    return INVALID;
  }
}
