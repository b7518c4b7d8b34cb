/**
 * What is known to be non-null when an expression has some value: paths such as `event.price`. `'never'`: the
 * expression never has that value, so that everything may be concluded from it.
 */
export type Facts = ReadonlySet<string> | 'never';

export const NOTHING: Facts = new Set();

/** What is known when both are. */
export function both(a: Facts, b: Facts): Facts {
  if (a === 'never' || b === 'never') return 'never';
  return a.size === 0 ? b : new Set([...a, ...b]);
}

/** What is known when one of them is. */
export function either(a: Facts, b: Facts): Facts {
  if (a === 'never') return b;
  if (b === 'never') return a;
  return new Set([...a].filter((path) => b.has(path)));
}

export function allows(facts: Facts, path: string): boolean {
  return facts === 'never' || facts.has(path);
}
