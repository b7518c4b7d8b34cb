import type { Bindings } from '../../../src/binding/bindings.js';
import { own } from '../../../src/core/own.js';
import { bound, diagnosticsOf } from '../schema.js';

type Json = Readonly<Record<string, unknown>>;

/** What a filter is written over. */
interface Surroundings {
  /** Fields of the event type. */
  readonly fields: string;
  /** Arguments of the field, in parentheses. */
  readonly args?: string;
  /** Further types. */
  readonly more?: string;
}

function schemaOf(filter: string, { fields, args = '', more = '' }: Surroundings): string {
  return `type Query { hello: String } ${more}
    type Event { ${fields} }
    type Subscription { s${args}: Event @subscribe(topic: "t", filter: ${JSON.stringify(filter)}) }`;
}

/** The binding of a field with this filter. @throws with the diagnostics when it has some */
export function fieldWith(filter: string, surroundings: Surroundings) {
  const field = bound(schemaOf(filter, surroundings)).subscribes.get('s');
  if (field?.filter === undefined) throw new Error('The field has no filter');
  return { ...field, filter: field.filter };
}

/** Whether a filter is true for an event. @throws when it has no value */
export function filterWith(surroundings: Surroundings) {
  return (filter: string, event: Json, args: Json = {}, claims: Json = {}): boolean =>
    fieldWith(filter, surroundings).filter({ event, args, claims });
}

/** The diagnostics of a filter, without their locations. */
export function problemsWith(surroundings: Surroundings) {
  return (filter: string): readonly string[] =>
    diagnosticsOf(schemaOf(filter, surroundings)).map((one) => one.replace(/^\S+ +/, ''));
}

/** Whether routing would offer an event to a subscription with these arguments. */
export function isCandidate(
  { equalities }: Pick<ReturnType<Bindings['subscribes']['get']> & object, 'equalities'>,
  event: Json,
  args: Json,
): boolean {
  const [first] = equalities;
  if (typeof first?.field !== 'string') return true;
  return first.keyOf(own(event, first.field)) === first.value({ args, claims: {} });
}
