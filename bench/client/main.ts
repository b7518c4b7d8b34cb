import { createClient as createBareClient } from 'graphql-ws';
import { createClient, memoryStore } from 'millrace-client';
import { WebSocket } from 'ws';
import { serve } from '../call.js';
import { now } from '../clock.js';
import type { ClientApi, Handled, Library, SubscriptionsSpec } from './api.js';

// One client in a process of its own, so that the CPU of the process is the client's: `node main.js LIBRARY`.

interface Said {
  readonly saidIn: { readonly n: number };
}

/** Counts the events of all subscriptions, and checks that those of each one are numbered without a gap. */
class Counter {
  #left = 0;
  #events = 0;
  #firstAt = 0;
  #done: ((handled: Handled) => void) | undefined;
  #fault: string | undefined;

  /** @returns the handler of one subscription */
  subscription(): (said: Said | null | undefined) => void {
    let last: number | undefined;
    return (said) => {
      const n = said?.saidIn.n ?? Number.NaN;
      if (last !== undefined && n !== last + 1) this.#fault ??= `event ${n} after ${last}`;
      last = n;
      this.#count();
    };
  }

  expect(events: number): Promise<Handled> {
    this.#left = events;
    this.#events = events;
    return new Promise((resolve, reject) => {
      this.#done = (handled) =>
        this.#fault === undefined ? resolve(handled) : reject(new Error(this.#fault));
    });
  }

  #count(): void {
    if (this.#left === this.#events) this.#firstAt = now();
    this.#left -= 1;
    if (this.#left === 0) this.#done?.({ tookMs: now() - this.#firstAt, events: this.#events });
  }
}

const counter = new Counter();

/** With a store, a check for duplicates and states, as an application has them. */
function millrace({ url, room, query, count }: SubscriptionsSpec): void {
  const client = createClient({ url, webSocket: WebSocket, transports: ['websocket'], store: memoryStore() });
  const shown: string[] = [];
  for (let i = 0; i < count; i++) {
    const take = counter.subscription();
    const steps = client.subscribe<Said>(query, { variables: { room }, key: String(i) });
    steps.observe({
      next: ({ data }) => take(data),
      state: ({ state }) => {
        shown[i] = state;
      },
    });
  }
}

function bare({ url, room, query, count }: SubscriptionsSpec): void {
  const client = createBareClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket });
  for (let i = 0; i < count; i++) {
    const take = counter.subscription();
    client.subscribe<Said>(
      { query, variables: { room } },
      {
        next: ({ data }) => take(data),
        error: (error) => {
          throw error;
        },
        complete: () => undefined,
      },
    );
  }
}

const subscribe: Readonly<Record<Library, (spec: SubscriptionsSpec) => void>> = {
  'millrace-client': millrace,
  'graphql-ws': bare,
};
// The benchmark starts it with one of the two.
const library = process.argv[2] as Library;

serve<ClientApi>('client', {
  subscribe: subscribe[library],
  handle: (events) => counter.expect(events),
});
