/** S4: a reading is given to everybody who asks within `maxAgeMs`, so its cost does not grow with the pages that look. */
export function sharedReading<T>(read: () => Promise<T>, maxAgeMs: number): () => Promise<T> {
  let newest: { readonly atMs: number; readonly reading: Promise<T> } | undefined;
  return () => {
    const atMs = performance.now();
    if (newest === undefined || atMs - newest.atMs >= maxAgeMs) newest = { atMs, reading: read() };
    return newest.reading;
  };
}
