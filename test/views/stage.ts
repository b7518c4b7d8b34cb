import { parse } from 'graphql';
import { onTestFinished } from 'vitest';
import { bindSchema } from '../../src/binding/binding.js';
import { CursorCodec } from '../../src/core/cursor.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { openLogger } from '../../src/observe/log.js';
import type { StateStore } from '../../src/ports/state-store.js';
import { Subscriptions } from '../../src/subscribe/subscriptions.js';
import type { View } from '../../src/views/view.js';
import { ViewStore } from '../../src/views/view-store.js';
import { ViewWorker } from '../../src/views/view-worker.js';
import { Views } from '../../src/views/views.js';
import { Client } from '../subscribe/stage.js';
import { openWorld } from '../support/world.js';

/** How many events a key has had, and the number in its last one. */
export interface Talk {
  readonly count: number;
  readonly n: number;
}

export const talk: View<Talk> = {
  name: 'talk',
  topics: ['said'],
  initial: { count: 0, n: -1 },
  fold: ({ count }, event) => ({ count: count + 1, n: Number(event.data?.['n']) }),
};

const SCHEMA = `
  type Query { talk(key: ID!): Talk @view(name: "talk", key: "args.key") }
  type Subscription {
    said(key: ID!): SaidOrTalk! @subscribe(topic: "said", key: "args.key")
      @view(name: "talk", key: "args.key", type: "Talk")
    all(key: ID!): SaidOrTalk! @subscribe(topic: "said", filter: "event.n >= 0")
      @view(name: "talk", key: "args.key", type: "Talk")
  }
  union SaidOrTalk = Said | Talk
  type Said { n: Int! }
  type Talk { count: Int! n: Int! }`;

/** A store that can lose all of its entries. */
function losing(store: StateStore): StateStore & { lose(): void } {
  let epoch = 0;
  const name = (key: string): string => `${epoch} ${key}`;
  return {
    description: store.description,
    lose: () => {
      epoch += 1;
    },
    get: (key) => store.get(name(key)),
    put: (key, value, ttl) => store.put(name(key), value, ttl),
    putIfAbsent: (key, value, ttl) => store.putIfAbsent(name(key), value, ttl),
    replace: (key, expected, value, ttl) => store.replace(name(key), expected, value, ttl),
    confirm: (key, value) => store.confirm(name(key), value),
    delete: (key) => store.delete(name(key)),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** A view over a real log, relay and hub, in this process. */
export async function openViewStage({ view = talk as View<Talk>, deadline = 10_000, partitions = 2 } = {}) {
  const world = await openWorld({ partitions });
  onTestFinished(() => world[Symbol.asyncDispose]());
  await world.relay();
  const hub = world.hub();
  const codec = new CursorCodec(['secret']);
  const { log, metrics, state } = world;
  const lossy = losing(state);
  const store = new ViewStore(lossy);
  const logger = openLogger('silent');
  const result = bindSchema({ sources: [{ name: 'a.graphql', body: SCHEMA }], views: [view] });
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  const views = new Views({ views: [view], store, codec, topics: hub.topics, deadline });
  const { bindings } = result;
  const parts = { bindings, hub, codec, metrics, logger, views, deadLetters: world.deadLetters };
  const subscriptions = new Subscriptions(parts);
  const decoder = new RecordDecoder();
  return {
    ...world,
    hub,
    store,
    views,
    decoder,
    lose: () => lossy.lose(),
    worker: (): ViewWorker => {
      const options = { view, log, store, group: 'talk', decoder, metrics, logger, maxAttempts: 3 };
      const worker = new ViewWorker(options);
      onTestFinished(() => worker[Symbol.asyncDispose]());
      return worker;
    },
    subscribe(field: string, client = new Client(), after?: string): Client {
      const document = parse(
        `subscription { it: ${field} { __typename ... on Said { n } ... on Talk { count n } } }`,
      );
      const identity = { claims: {}, expiresAt: undefined };
      const request = { document, operationName: undefined, variables: {}, identity };
      client.running = subscriptions.start(request, after, client);
      return client;
    },
  };
}
