import { own } from '../own.js';
import type { LogRecord } from '../record.js';
import type { JsonObject } from './json-object.js';

/** Where records name the type of their event, and which GraphQL type each name stands for. */
export interface TypeNames {
  /** `envelope`: where the envelope has it, such as `ce_type`. `field`: a field of the data. */
  readonly source:
    | { readonly kind: 'envelope' }
    | { readonly kind: 'header'; readonly name: string }
    | { readonly kind: 'field'; readonly name: string };
  /** GraphQL types by the name in the record. It comes before the rule. */
  readonly table: ReadonlyMap<string, string>;
  /** How other names are read. `EXACT`: the name is the GraphQL type's. */
  readonly rule: 'EXACT' | 'LAST_NAME';
}

/** The envelope names a type as GraphQL does. */
export const BY_NAME: TypeNames = { source: { kind: 'envelope' }, table: new Map(), rule: 'EXACT' };

/** The GraphQL type that a name in a record stands for. */
export function typeNamed(name: string, names: TypeNames | undefined): string {
  if (names === undefined) return name;
  return names.table.get(name) ?? (names.rule === 'LAST_NAME' ? lastName(name) : name);
}

/** The name to write for a GraphQL type: the first of the table that stands for it, or its own. */
export function nameOfType(type: string, names: TypeNames | undefined): string {
  for (const [name, graphQLType] of names?.table ?? []) if (graphQLType === type) return name;
  return type;
}

/** The name that a header or a field of the data has. `undefined`: the envelope has it, or nothing does. */
export function namedBy(
  { source }: TypeNames,
  { headers }: Pick<LogRecord, 'headers'>,
  data: JsonObject | null,
): string | undefined {
  if (source.kind === 'header') return headers[source.name] || undefined;
  if (source.kind !== 'field' || data === null) return undefined;
  const value = own(data, source.name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const VERSION = /[./:_-]v\d+(?:\.\d+)*$/i;

/**
 * The last part of a qualified name, without a version and in Pascal case: `OrderPlaced` of
 * `com.acme.order.OrderPlaced.v1`, `com.acme.Orders$OrderPlaced` and `order-placed`.
 */
export function lastName(name: string): string {
  const unversioned = name.replace(VERSION, '');
  const last = unversioned.slice(1 + Math.max(...SEPARATORS.map((mark) => unversioned.lastIndexOf(mark))));
  return last
    .split(/[-_ ]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
}

const SEPARATORS = ['.', '/', ':', '$', '#'];
