import type { Client, ClientError, Document, Step, SubscriptionState } from 'millrace-client';
import { useMemo, useReducer, useSyncExternalStore } from 'react';

/** A subscription that begins with a snapshot. */
interface Source<Data, Variables, State> {
  readonly client: Client;
  readonly document: Document<Data, Variables>;
  readonly variables: Variables;
  /** The state after a result. It is pure, and MUST take a snapshot in place of what it has. */
  readonly fold: (state: State | undefined, step: Step<Data>) => State | undefined;
  /** Where it starts if the field has no snapshot: the document then needs a variable `$since`. */
  readonly from?: Date;
}

export interface Folded<State> {
  /** `undefined`: nothing has arrived yet. */
  readonly value: State | undefined;
  readonly state: SubscriptionState;
  readonly error: ClientError | undefined;
  readonly restart: () => void;
}

/**
 * What a page shows of a subscription: its snapshot, and each event after it. Unlike the newest results that `useEvents`
 * keeps, the state stays whole however many events there are (C4). It runs while its component is mounted, and begins with a
 * new snapshot when it is mounted again, and when events are gone from the log (D5).
 */
export function useFold<Data, Variables extends object, State>(
  source: Source<Data, Variables, State>,
): Folded<State> {
  const [attempt, restart] = useReducer((count: number) => count + 1, 0);
  const identity = JSON.stringify([source.variables, attempt, source.from]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `identity` stands for all that begins another subscription.
  const watch = useMemo(() => watchOf(source, restart), [source.client, source.document, identity]);
  const shown = useSyncExternalStore(watch.subscribe, watch.shown);
  return { ...shown, restart };
}

function watchOf<Data, Variables extends object, State>(
  { client, document, variables, fold, from }: Source<Data, Variables, State>,
  restart: () => void,
) {
  type Shown = Omit<Folded<State>, 'restart'>;
  let shown: Shown = { value: undefined, state: { state: 'starting' }, error: undefined };
  return {
    shown: () => shown,
    subscribe(onChange: () => void) {
      const show = (changed: Partial<Shown>): void => {
        shown = { ...shown, ...changed };
        onChange();
      };
      const steps = client.subscribe<Data, Variables>(document, {
        variables,
        ...(from === undefined ? { snapshot: true } : { from }),
        onGap: restart,
      });
      const stop = steps.observe({
        next: (step) => show({ value: fold(shown.value, step) }),
        state: (state) => show({ state }),
        error: (error) => show({ error }),
      });
      return () => {
        stop();
        // Mounted again, it begins with another snapshot.
        shown = { value: undefined, state: { state: 'starting' }, error: undefined };
      };
    },
  };
}
