import { readFile } from 'node:fs/promises';

/** The blocks of code of README's "From a page", by their languages: what a reader copies. */
export async function readmeBlocks() {
  const text = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const section = /^## From a page$(.*?)^## /ms.exec(text)?.[1] ?? '';
  const blocks = Object.fromEntries(
    [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, kind, code]) => [kind, code]),
  );
  if (blocks.js === undefined || blocks.jsx === undefined)
    throw new Error('README.md shows no `js` and `jsx` for a page.');
  return blocks;
}

/** The files of the page beside those of Vite's template. `ids`: the orders to follow. */
export async function pageFiles({ ids, gateway }) {
  const { js, jsx } = await readmeBlocks();
  return {
    'vite.config.js': `
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  optimizeDeps: { exclude: ['millrace-client'] },
  server: { host: '127.0.0.1', port: 0, proxy: { '/graphql': { target: '${gateway}', ws: true } } },
});
`,
    // Both blocks as README has them, to the letter.
    'src/plain.js': js,
    'src/Order.jsx': jsx,
    'plain.html':
      '<!doctype html><meta charset="utf-8"><body><script type="module" src="/src/plain.js"></script></body>',
    'src/clients.js': CLIENTS,
    'src/ApolloOrder.jsx': APOLLO,
    'src/UrqlOrder.jsx': URQL,
    'src/RelayOrder.jsx': RELAY,
    'src/App.jsx': appOf(ids),
  };
}

const CLIENTS = `
import { createClient, localStore } from 'millrace-client';

const clients = [];
globalThis.sharing = () => clients.map(({ sharing }) => sharing);

/** A client with a store of its own for each framework. They share a connection. */
export function clientOf(name) {
  const credentials = () => ({ authorization: 'Demo ada' });
  const client = createClient({ url: '/graphql', credentials, store: localStore(name), share: true });
  clients.push(client);
  return client;
}

export const TEXT = 'subscription Order($id: ID!) { orderEvents(orderId: $id) { __typename } }';
`;

const APOLLO = `
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { ApolloProvider, useSubscription } from '@apollo/client/react';
import { MillraceLink } from 'millrace-client/apollo';
import { useState } from 'react';
import { clientOf, TEXT } from './clients.js';

const link = ApolloLink.from([new MillraceLink(clientOf('apollo')), new HttpLink({ uri: '/graphql' })]);
const apollo = new ApolloClient({ link, cache: new InMemoryCache() });
const OrderEvents = gql(TEXT);

function Order({ id }) {
  const [events, setEvents] = useState([]);
  const { error } = useSubscription(OrderEvents, {
    variables: { id },
    context: { millrace: { onGap: () => location.reload() } },
    onData: ({ data: { data } }) => setEvents((before) => [...before, data.orderEvents.__typename]),
  });
  return <p>{error?.message ?? events.join(', ')}</p>;
}

export const ApolloOrder = (props) => <ApolloProvider client={apollo}><Order {...props} /></ApolloProvider>;
`;

const URQL = `
import { millraceExchange } from 'millrace-client/urql';
import { cacheExchange, Client, fetchExchange, gql, Provider, useSubscription } from 'urql';
import { clientOf, TEXT } from './clients.js';

const urql = new Client({
  url: '/graphql',
  exchanges: [cacheExchange, millraceExchange(clientOf('urql')), fetchExchange],
  preferGetMethod: false,
});
const OrderEvents = gql(TEXT);
const add = (before = [], { orderEvents }) => [...before, orderEvents.__typename];

function Order({ id }) {
  const [{ data = [], error }] = useSubscription({ query: OrderEvents, variables: { id } }, add);
  return <p>{error?.message ?? data.join(', ')}</p>;
}

export const UrqlOrder = (props) => <Provider value={urql}><Order {...props} /></Provider>;
`;

const RELAY = `
import { millraceSubscribe } from 'millrace-client/relay';
import { useMemo, useState } from 'react';
import { RelayEnvironmentProvider, useSubscription } from 'react-relay';
import { Environment, Network, RecordSource, Store } from 'relay-runtime';
import { clientOf, TEXT } from './clients.js';

const fetchQuery = async () => ({ data: {} });
const network = Network.create(fetchQuery, millraceSubscribe(clientOf('relay')));
const environment = new Environment({ network, store: new Store(new RecordSource()) });

// What relay-compiler makes of the document.
const argumentDefinitions = [{ kind: 'LocalArgument', name: 'id', defaultValue: null }];
const typename = { kind: 'ScalarField', name: '__typename', alias: null, storageKey: null, args: null };
const selections = [{
  kind: 'LinkedField', name: 'orderEvents', alias: null, storageKey: null, concreteType: null, plural: false,
  args: [{ kind: 'Variable', name: 'orderId', variableName: 'id' }],
  selections: [typename],
}];
const OrderEvents = {
  kind: 'Request',
  fragment: { kind: 'Fragment', name: 'Order', type: 'Subscription', metadata: null, argumentDefinitions, selections },
  operation: { kind: 'Operation', name: 'Order', argumentDefinitions, selections },
  params: { cacheID: 'order', id: null, text: TEXT, name: 'Order', operationKind: 'subscription', metadata: {} },
};

function Order({ id }) {
  const [events, setEvents] = useState([]);
  useSubscription(useMemo(() => ({
    subscription: OrderEvents,
    variables: { id },
    onNext: ({ orderEvents }) => setEvents((before) => [...before, orderEvents.__typename]),
    onError: ({ message }) => setEvents((before) => [...before, message]),
  }), [id]));
  return <p>{events.join(', ')}</p>;
}

export const RelayOrder = (props) => <RelayEnvironmentProvider environment={environment}><Order {...props} /></RelayEnvironmentProvider>;
`;

const appOf = (ids) => `
import { ApolloOrder } from './ApolloOrder.jsx';
import { Order } from './Order.jsx';
import { RelayOrder } from './RelayOrder.jsx';
import { UrqlOrder } from './UrqlOrder.jsx';

const ORDERS = ${JSON.stringify(ids)};
const BY = { 'millrace-client/react': Order, Apollo: ApolloOrder, urql: UrqlOrder, Relay: RelayOrder };

export default () => (
  <table>
    <thead><tr><th />{Object.keys(BY).map((by) => <th key={by}>{by}</th>)}</tr></thead>
    <tbody>
      {ORDERS.map((id) => (
        <tr key={id}>
          <th>{id}</th>
          {Object.entries(BY).map(([by, Order]) => <td key={by} data-order={id} data-by={by}><Order id={id} /></td>)}
        </tr>
      ))}
    </tbody>
  </table>
);
`;
