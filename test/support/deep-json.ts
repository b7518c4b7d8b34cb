/** A list within a list, 200,000 levels deep, as JSON. `JSON.parse` of every Node reads it. */
export const DEEP_JSON = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

/** Whether this Node's `JSON.stringify` can write what `JSON.parse` has read: that of Node 26 needs no stack for it. */
export function canWriteDeepJson(): boolean {
  try {
    JSON.stringify(JSON.parse(DEEP_JSON));
    return true;
  } catch {
    return false;
  }
}
