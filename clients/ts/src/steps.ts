import type { ClientError, ShownError } from './client-error.js';
import type { SubscriptionState } from './subscription-state.js';

/** Where an event came from: `extensions.event` of a result of Millrace. */
export interface EventContext {
  readonly id: string;
  readonly type?: string;
  readonly key?: string;
  readonly time: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly correlationId?: string;
  readonly traceparent?: string;
}

/** One result of a subscription. */
export interface Step<Data> {
  /** `null`: a non-null field failed, for example on a tombstone; `errors` says why. */
  readonly data: Data | null;
  readonly errors: readonly ShownError[] | undefined;
  /** `undefined`: the server has no cursors. */
  readonly cursor: string | undefined;
  readonly event: EventContext | undefined;
  /** Whether it was in the log before the subscription started or resumed: the subscription was catching up. */
  readonly replayed: boolean;
  /** Whether it is the state that the subscription begins with. */
  readonly snapshot: boolean;
  /** Moves the position to its cursor now, not only when the handler returns or the loop asks for the next step. */
  ack(): void;
}

export interface Gap {
  readonly reason: string;
  /** The cursor from which the subscription continues: everything that the log still has follows it. */
  readonly earliest: string;
}

export interface Observer<Data> {
  /** If it returns a promise, the next step and the position wait until it resolves. If it throws, the subscription ends. */
  next(step: Step<Data>): unknown;
  state?(state: SubscriptionState): void;
  /** Called last. Without it, `state` has the error. */
  error?(error: ClientError): void;
  /** Called last. */
  complete?(): void;
}

/** A running subscription: read it in a loop, or observe it. */
export interface Steps<Data> extends AsyncIterable<Step<Data>> {
  readonly state: SubscriptionState;
  /** The position up to which everything is handled. */
  readonly cursor: string | undefined;
  /** Whether it can resume after a lost connection. `false` until the server has sent a cursor; some servers send none. */
  readonly resumable: boolean;
  /** @returns `stop` */
  observe(observer: Observer<Data>): () => void;
  stop(): void;
}

/** Turns an observation into a loop: the handler of a step returns when the loop asks for the next step. */
export function iterate<Data>(steps: Steps<Data>): AsyncIterator<Step<Data>> {
  type Asked = { resolve(result: IteratorResult<Step<Data>>): void; reject(error: unknown): void };
  let shown: { readonly step: Step<Data>; readonly release: () => void; isTaken: boolean } | undefined;
  let asked: Asked | undefined;
  let ending: ((asked: Asked) => void) | undefined;
  const end = (how: (asked: Asked) => void): void => {
    ending = how;
    if (asked !== undefined) how(asked);
    asked = undefined;
  };
  const done = (): void => end(({ resolve }) => resolve({ done: true, value: undefined }));
  steps.observe({
    next: (step) =>
      new Promise<void>((release) => {
        shown = { step, release, isTaken: asked !== undefined };
        asked?.resolve({ done: false, value: step });
        asked = undefined;
      }),
    error: (error) => end(({ reject }) => reject(error)),
    complete: done,
  });
  return {
    next: () =>
      new Promise((resolve, reject) => {
        if (shown !== undefined && !shown.isTaken) {
          shown.isTaken = true;
          resolve({ done: false, value: shown.step });
          return;
        }
        const before = shown;
        shown = undefined;
        if (ending !== undefined) ending({ resolve, reject });
        else asked = { resolve, reject };
        before?.release();
      }),
    return: async () => {
      steps.stop();
      return { done: true, value: undefined };
    },
  };
}
