import pMap from 'p-map';

/**
 * Runs `work` on all items: those of one key one after the other, in order; up to `concurrency` keys at the same
 * time, and with 1 all items in order. Ends when nothing runs any more.
 * @returns the results in the order of the items
 * @throws the first failure, after which no further item is begun; `signal` tells those that are under way
 */
export async function inChains<Item, Result>(
  items: readonly Item[],
  keyOf: (item: Item) => string | null,
  concurrency: number,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result[]> {
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  const results = new Array<Result>(items.length);
  let failure: { readonly error: unknown } | undefined;
  const chains = concurrency === 1 ? [[...items.keys()]] : [...chainsOf(items, keyOf).values()];
  await pMap(
    chains,
    async (chain) => {
      for (const place of chain) {
        if (either.aborted) return;
        try {
          results[place] = await work(items[place] as Item, either);
        } catch (error) {
          failure ??= { error };
          failing.abort(error);
        }
      }
    },
    { concurrency },
  );
  if (failure !== undefined) throw failure.error;
  signal.throwIfAborted();
  return results;
}

function chainsOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string | null,
): Map<string | null, number[]> {
  const chains = new Map<string | null, number[]>();
  for (const [place, item] of items.entries()) {
    const key = keyOf(item);
    const chain = chains.get(key) ?? [];
    chains.set(key, chain);
    chain.push(place);
  }
  return chains;
}
