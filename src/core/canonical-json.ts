import { stringifyJson } from './exact-json.js';

/**
 * JSON in which the members of every object are sorted by name: equal values make equal text, and different values
 * different text. Not RFC 8785: numbers and strings are as `stringifyJson` writes them.
 */
export function canonicalJson(value: unknown): string {
  return stringifyJson(sorted(value));
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || hasOwnNotation(value)) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const members = Object.entries(value).map(([name, member]) => [name, sorted(member)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Such as a `Date`. */
const hasOwnNotation = (value: object): boolean => 'toJSON' in value && typeof value.toJSON === 'function';
