import { ApolloClient, gql, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient as createUrqlClient, subscriptionExchange } from '@urql/core';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient, type Sink } from 'graphql-ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { resuming } from '../../clients/ts/src/resuming.js';
import { TcpProxy } from '../faults/support/proxy.js';
import { serveGateway } from '../transport/gateway.js';
import { WAIT } from '../transport/serve.js';

const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 20));

/** Subscribes to a query. @returns what ends it */
type Subscribe = (query: string, onData: (data: unknown) => void) => () => void;
/** @param onResult called for everything that the server sends as a result */
type OpenClient = (url: string, onResult: () => void) => Subscribe;

/** A graphql-ws client as docs/clients.md says. */
function openGraphqlWs(url: string, onResult: () => void) {
  const client = createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    shouldRetry: () => true,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: soon,
    on: { message: ({ type }) => void (type === 'next' && onResult()) },
  });
  onTestFinished(() => client.terminate());
  return resuming(client);
}

const UNUSED = { error: () => undefined, complete: () => undefined };

/** Every client of others that is told to resume keeps this. */
const CLIENTS: readonly (readonly [string, OpenClient])[] = [
  [
    'graphql-ws',
    (url, onResult) => {
      const client = openGraphqlWs(url, onResult);
      return (query, onData) => client.subscribe({ query }, { next: ({ data }) => onData(data), ...UNUSED });
    },
  ],
  ...[false, true].map((singleConnection): readonly [string, OpenClient] => [
    `graphql-sse${singleConnection ? ' in single connection mode' : ''}`,
    (url, onResult) => {
      const on = { message: ({ event }: { event: string }) => void (event === 'next' && onResult()) };
      const client = resuming(
        createSseClient({ url, on, singleConnection, retryAttempts: Number.POSITIVE_INFINITY, retry: soon }),
      );
      onTestFinished(() => client.dispose());
      return (query, onData) => client.subscribe({ query }, { next: ({ data }) => onData(data), ...UNUSED });
    },
  ]),
  [
    'Apollo Client over graphql-ws',
    (url, onResult) => {
      const link = new GraphQLWsLink(openGraphqlWs(url, onResult));
      const client = new ApolloClient({ link, cache: new InMemoryCache() });
      onTestFinished(() => client.stop());
      return (query, onData) => {
        const observable = client.subscribe({ query: gql(query), fetchPolicy: 'no-cache' });
        const running = observable.subscribe(({ data }) => onData(data));
        return () => running.unsubscribe();
      };
    },
  ],
  [
    'urql over graphql-ws',
    (url, onResult) => {
      const socket = openGraphqlWs(url, onResult);
      const exchange = subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({
            // Its type of results has no absent `data`, which is only exactOptionalPropertyTypes.
            unsubscribe: socket.subscribe(
              { query, variables: variables as Record<string, unknown> },
              sink as Sink,
            ),
          }),
        }),
      });
      const client = createUrqlClient({ url, exchanges: [exchange], preferGetMethod: false });
      return (query, onData) =>
        client.subscription(query, {}).subscribe(({ data }) => data !== undefined && onData(data))
          .unsubscribe;
    },
  ],
];

describe.each(CLIENTS)('%s', (_name, open) => {
  it('D3 D4 resumes where it was, also before its first result, and is shown nothing else', async () => {
    const served = await serveGateway();
    await using proxy = await TcpProxy.open({ target: served.server.url });
    const shown: unknown[] = [];
    let results = 0;
    const subscribe = open(`http://${proxy.address}/graphql`, () => {
      results += 1;
    });
    const stop = subscribe('subscription { said { n } }', (data) => shown.push(data));
    onTestFinished(stop);
    await expect.poll(served.live, WAIT).toBe(1);
    // It has been told where it starts.
    await expect.poll(() => results, WAIT).toBe(1);
    for (const n of [1, 2, 3]) {
      proxy.refuse();
      await expect.poll(served.live, WAIT).toBe(0);
      await served.say('k', [n]);
      proxy.pass();
      await expect.poll(() => shown.at(-1), WAIT).toMatchObject({ said: { n } });
    }
    expect(shown).toMatchObject([1, 2, 3].map((n) => ({ said: { n } })));
  });
});
