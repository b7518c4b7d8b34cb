/** What `work` returns; `undefined` when it throws. For work whose failure says nothing but that. */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
