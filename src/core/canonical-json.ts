/**
 * JSON in which the members of every object are sorted by name: equal values make equal text. Not RFC 8785: numbers
 * and strings are as `JSON.stringify` writes them. A bigint is written as a string, as GraphQL clients send it.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) => {
    if (typeof inner === 'bigint') return String(inner);
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
