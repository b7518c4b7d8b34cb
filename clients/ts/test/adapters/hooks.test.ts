import { ApolloClient, gql, InMemoryCache, type TypedDocumentNode } from '@apollo/client';
import { ApolloProvider, useSubscription as useApollo } from '@apollo/client/react';
import { createElement, type FunctionComponent, type ReactNode, StrictMode, useMemo, useState } from 'react';
import { RelayEnvironmentProvider, useSubscription as useRelay } from 'react-relay';
import { Environment, Network, RecordSource, Store } from 'relay-runtime';
import { Provider, Client as UrqlClient, useSubscription as useUrql } from 'urql';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { TcpProxy } from '../../../../test/faults/support/proxy.js';
import { openPage } from '../../../../test/support/react-page.js';
import { serveGateway } from '../../../../test/transport/gateway.js';
import { WAIT } from '../../../../test/transport/serve.js';
import { MillraceLink } from '../../src/apollo.js';
import { type Client, createClient, memoryStore } from '../../src/index.js';
import { millraceSubscribe } from '../../src/relay.js';
import { millraceExchange } from '../../src/urql.js';
import { compiled } from './compiled.js';

const TEXT = 'subscription Above($least: Int!) { above(least: $least) { n } }';

interface Above {
  readonly above: { readonly n: number };
}

interface EventsProps {
  readonly least: number;
}

const shown = (events: readonly number[]) => createElement('p', null, `${events.join()};`);

const APOLLO_DOCUMENT: TypedDocumentNode<Above, { least: number }> = gql(TEXT);

function ApolloEvents({ least }: EventsProps) {
  const [events, setEvents] = useState<readonly number[]>([]);
  useApollo(APOLLO_DOCUMENT, {
    variables: { least },
    onData: ({ data: { data } }) => {
      if (data !== undefined) setEvents((before) => [...before, data.above.n]);
    },
  });
  return shown(events);
}

const add = (before: readonly number[] = [], { above }: Above): readonly number[] => [...before, above.n];

function UrqlEvents({ least }: EventsProps) {
  const [{ data = [] }] = useUrql<Above, readonly number[]>({ query: TEXT, variables: { least } }, add);
  return shown(data);
}

const RELAY_DOCUMENT = compiled(TEXT);

function RelayEvents({ least }: EventsProps) {
  const [events, setEvents] = useState<readonly number[]>([]);
  const config = useMemo(
    () => ({
      subscription: RELAY_DOCUMENT,
      variables: { least },
      // The compiler would have made a type of the document.
      onNext: (data: unknown) => setEvents((before) => [...before, (data as Above).above.n]),
    }),
    [least],
  );
  useRelay(config);
  return shown(events);
}

/** A component that shows all events with the hook of a framework, and what has to be around it. */
interface Page {
  readonly Events: FunctionComponent<EventsProps>;
  /** @returns a function, because what is around stays the same at each rendering */
  readonly around: (client: Client) => (children: ReactNode) => ReactNode;
  /** What the keys of its subscriptions end in: Relay does not share equal ones. */
  readonly keys: readonly string[];
}

const PAGES: readonly (readonly [string, Page])[] = [
  [
    'Apollo Client',
    {
      Events: ApolloEvents,
      keys: [''],
      around(client) {
        const apollo = new ApolloClient({ link: new MillraceLink(client), cache: new InMemoryCache() });
        onTestFinished(() => apollo.stop());
        return (children) => createElement(ApolloProvider, { client: apollo, children });
      },
    },
  ],
  [
    'urql',
    {
      Events: UrqlEvents,
      keys: [''],
      around(client) {
        const exchanges = [millraceExchange(client)];
        const urql = new UrqlClient({ url: '/graphql', exchanges, preferGetMethod: false });
        return (children) => createElement(Provider, { value: urql, children });
      },
    },
  ],
  [
    'Relay',
    {
      Events: RelayEvents,
      keys: ['', ' #2'],
      around(client) {
        const noQueries = () => Promise.reject(new Error('There are no queries.'));
        const network = Network.create(noQueries, millraceSubscribe(client));
        const environment = new Environment({ network, store: new Store(new RecordSource()) });
        return (children) => createElement(RelayEnvironmentProvider, { environment, children });
      },
    },
  ],
];

describe.each(PAGES)('the hook of %s', (_name, { Events, around, keys }) => {
  it('D3 D4 shows each event once in two components in StrictMode, over a lost connection, and follows its variables', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const served = await serveGateway();
    await using proxy = await TcpProxy.open({ target: served.server.url });
    const store = memoryStore();
    const started = new Set<string>();
    const set = (key: string, cursor: string) => {
      started.add(key);
      return store.set(key, cursor);
    };
    const url = `http://${proxy.address}/graphql`;
    const client = createClient({ url, webSocket: WebSocket, store: { ...store, set } });
    onTestFinished(() => client.close());
    const inside = around(client);
    const page = await openPage();
    const show = (least: number) => {
      const both = ['a', 'b'].map((key) => createElement(Events, { key, least }));
      page.root.render(createElement(StrictMode, null, inside(both)));
    };
    const isFollowed = async (least: number) => {
      for (const end of keys)
        await expect.poll(() => started, WAIT).toContain(`Above {"least":${least}}${end}`);
    };
    show(5);
    await isFollowed(5);
    await served.say('k', [4, 5, 6]);
    await expect.poll(page.text, WAIT).toBe('5,6;5,6;');
    proxy.refuse();
    await expect.poll(served.live, WAIT).toBe(0);
    await served.say('k', [7, 3]);
    proxy.pass();
    await expect.poll(page.text, WAIT).toBe('5,6,7;5,6,7;');
    show(100);
    await isFollowed(100);
    await served.say('k', [99, 101]);
    await expect.poll(page.text, WAIT).toBe('5,6,7,101;5,6,7,101;');
    page.root.unmount();
    await expect.poll(served.live, WAIT).toBe(0);
  });
});
