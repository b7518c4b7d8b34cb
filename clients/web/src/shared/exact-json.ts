/** What JSON.parse tells its reviver since ECMAScript 2025: the text of a number. */
interface Context {
  readonly source?: string;
}

/**
 * JSON for the tree. An integer beyond 2^53 becomes the text of its digits: as a number it would be another entity's id.
 * `undefined`: it is not JSON.
 */
export function parseShown(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text, (_name, item: unknown, context?: Context) =>
      typeof item === 'number' && Number.isInteger(item) && !Number.isSafeInteger(item)
        ? (context?.source ?? item)
        : item,
    );
    return { value };
  } catch {
    return undefined;
  }
}
