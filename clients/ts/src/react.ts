import { useCallback, useMemo, useReducer, useRef, useSyncExternalStore } from 'react';
import { subscribeBeside } from './adapter.js';
import type { Client, SubscribeOptions } from './client.js';
import type { ClientError } from './client-error.js';
import { canonical, type Document, textOf } from './document.js';
import type { Gap, Step, Steps } from './steps.js';
import type { SubscriptionState } from './subscription-state.js';

export interface HookOptions<Variables> extends Omit<SubscribeOptions<Variables>, 'onGap'> {
  /** What to reload when events are gone. Without it the subscription ends with the error. */
  readonly onGap?: (gap: Gap) => unknown;
  /** `true`: does not subscribe. */
  readonly skip?: boolean;
}

interface Shown {
  readonly state: SubscriptionState;
  /** How many offsets the server is ahead while the subscription catches up. */
  readonly behind: number;
  /** The last gap. */
  readonly gap: Gap | undefined;
  readonly error: ClientError | undefined;
}

export interface SubscriptionResult<Data> extends Shown {
  /** The data of the newest result. `undefined`: there is none yet. `null`: a non-null field failed. */
  readonly data: Data | null | undefined;
  /** Subscribes again, also after an error. */
  readonly restart: () => void;
}

export interface EventsResult<Data> extends Shown {
  /** The newest results, the oldest first. */
  readonly events: readonly Step<Data>[];
  readonly restart: () => void;
}

/** The newest result of a subscription. On a server it does not subscribe, and has no result. */
export function useSubscription<Data, Variables extends object>(
  client: Client,
  document: Document<Data, Variables>,
  options: HookOptions<Variables> = {},
): SubscriptionResult<Data> {
  const { events, ...shown } = useEvents(client, document, { ...options, limit: 1 });
  return { ...shown, data: events.at(-1)?.data };
}

/**
 * The newest results of a subscription, at most `limit` (100). A different document, variables or start begin another
 * subscription, with an empty list.
 */
export function useEvents<Data, Variables extends object>(
  client: Client,
  document: Document<Data, Variables>,
  { limit = 100, skip = false, ...options }: HookOptions<Variables> & { readonly limit?: number } = {},
): EventsResult<Data> {
  const [attempt, restart] = useReducer((count: number) => count + 1, 0);
  const latest = useRef(options);
  latest.current = options;
  const { variables, from, snapshot, key } = options;
  const identity = canonical({
    text: textOf(document),
    variables,
    from,
    snapshot,
    key,
    limit,
    skip,
    attempt,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `identity` stands for all that begins another subscription.
  const watch = useMemo(
    () => new Watch(skip ? undefined : subscribeTo(client, document, latest), limit),
    [client, identity],
  );
  const shown = useSyncExternalStore(watch.subscribe, watch.shown, watch.atStart);
  return { ...shown, restart: useCallback(() => restart(), []) };
}

/** @param cursor where to resume; `undefined`: where the options say */
type Subscribe<Data> = (onGap: (gap: Gap) => void, cursor: string | undefined) => Steps<Data>;

/** Reads `onGap` only when there is a gap, because a component passes another function at each render. */
function subscribeTo<Data, Variables extends object>(
  client: Client,
  document: Document<Data, Variables>,
  latest: { readonly current: HookOptions<Variables> },
): Subscribe<Data> {
  return (onGap, cursor) => {
    const { onGap: given, ...options } = latest.current;
    return subscribeBeside(client, document, {
      ...options,
      ...(cursor !== undefined && { from: { cursor } }),
      ...(given !== undefined && {
        onGap: (gap: Gap) => {
          onGap(gap);
          return latest.current.onGap?.(gap);
        },
      }),
    });
  };
}

type Shows<Data> = Shown & { readonly events: readonly Step<Data>[] };

const START: Shows<never> = {
  events: [],
  state: { state: 'starting' },
  behind: 0,
  gap: undefined,
  error: undefined,
};

/** What a component shows of a subscription. It runs while the component is mounted. */
class Watch<Data> {
  readonly #start: Subscribe<Data> | undefined;
  readonly #limit: number;
  #shows: Shows<Data> = START;
  #onChange: (() => void) | undefined;
  /** Where to resume: StrictMode, and a tree that React hides and shows again, unmount and remount the component. */
  #cursor: string | undefined;

  constructor(start: Subscribe<Data> | undefined, limit: number) {
    this.#start = start;
    this.#limit = limit;
  }

  readonly atStart = (): Shows<Data> => START;
  readonly shown = (): Shows<Data> => this.#shows;

  readonly subscribe = (onChange: () => void): (() => void) => {
    if (this.#start === undefined) return () => undefined;
    this.#onChange = onChange;
    const steps = this.#start((gap) => this.#show({ gap }), this.#cursor);
    steps.observe({
      next: (step) => this.#show({ events: [...this.#shows.events, step].slice(-this.#limit) }),
      state: (state) => this.#show({ state, behind: state.state === 'replaying' ? state.behind : 0 }),
      error: (error) => this.#show({ error }),
    });
    return () => {
      this.#onChange = undefined;
      // A mount that ends before its position is loaded has none: that of the mount before it still holds.
      this.#cursor = steps.cursor ?? this.#cursor;
      steps.stop();
    };
  };

  #show(changed: Partial<Shows<Data>>): void {
    if (this.#onChange === undefined) return;
    this.#shows = { ...this.#shows, ...changed };
    this.#onChange();
  }
}
