import {
  commitMutation,
  Environment,
  Network,
  RecordSource,
  requestSubscription,
  Store,
} from 'relay-runtime';
import { millraceFetch, millraceSubscribe } from '../../src/relay.js';
import { compiled } from './compiled.js';
import { adapterContract, type Call } from './contract.js';

/** Relay makes an error of its own of a result without data, which has the server's errors as `source`. */
interface RelayError extends Error {
  readonly code?: string;
  readonly source?: { readonly errors: readonly { readonly extensions?: { readonly code?: unknown } }[] };
}

const codesOf = ({ source, code, message }: RelayError): readonly unknown[] =>
  source?.errors.map(({ extensions }) => extensions?.code) ?? [code ?? message];

adapterContract(
  'Relay 21',
  (client) => {
    const noQueries = () => Promise.reject(new Error('The contract has no queries.'));
    const network = Network.create(millraceFetch(client, noQueries), millraceSubscribe(client));
    const environment = new Environment({ network, store: new Store(new RecordSource()) });
    const optionsOf = ({ variables = {}, millrace }: Call) => ({
      variables,
      cacheConfig: { metadata: { millrace } },
    });
    return {
      subscribe(call, { shows, ends }) {
        const running = requestSubscription(environment, {
          ...optionsOf(call),
          subscription: compiled(call.text),
          onNext: (data) => shows(data, []),
          onError: (error) => {
            shows(undefined, codesOf(error));
            ends();
          },
          onCompleted: ends,
        });
        return () => running.dispose();
      },
      mutate: (call) =>
        new Promise((resolve) => {
          commitMutation(environment, {
            ...optionsOf(call),
            mutation: compiled(call.text),
            onCompleted: resolve,
            onError: (error) => resolve(codesOf(error)),
          });
        }),
    };
  },
  { sharesEqual: false, showsFieldErrors: false },
);
