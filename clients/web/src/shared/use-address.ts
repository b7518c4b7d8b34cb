import { useSearchParams } from 'wouter';

interface Options {
  /** Replaces the entry of the browser's history: Back does not return to a choice of how something is shown. */
  readonly replace?: boolean;
}

/** What a reader has chosen on a page is in its address, so it can be shared, and survives a reload. */
export function useAddress() {
  const [params, setParams] = useSearchParams();
  /** `undefined` removes a parameter. An empty text is a choice like others: the map hides nothing then. */
  const change = (changed: Readonly<Record<string, string | undefined>>, options?: Options): void =>
    setParams((before) => {
      const next = new URLSearchParams(before);
      for (const [name, value] of Object.entries(changed)) {
        if (value === undefined) next.delete(name);
        else next.set(name, value);
      }
      return next;
    }, options);
  return [params, change] as const;
}
