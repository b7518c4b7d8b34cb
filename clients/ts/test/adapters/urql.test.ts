import {
  type AnyVariables,
  type CombinedError,
  cacheExchange,
  fetchExchange,
  gql,
  Client as UrqlClient,
} from '@urql/core';
import { onEnd, pipe, subscribe } from 'wonka';
import { millraceExchange } from '../../src/urql.js';
import { adapterContract, type Call } from './contract.js';

const codesOf = (error: CombinedError | undefined): readonly unknown[] => {
  if (error?.networkError !== undefined) return [error.networkError.message];
  return error?.graphQLErrors.map(({ extensions }) => extensions['code']) ?? [];
};

adapterContract(
  'urql 5',
  (client) => {
    const urql = new UrqlClient({
      url: 'http://127.0.0.1:1/graphql',
      exchanges: [cacheExchange, millraceExchange(client, { mutations: true }), fetchExchange],
      preferGetMethod: false,
    });
    return {
      subscribe: ({ text, variables = {}, millrace }: Call, { shows, ends }) =>
        pipe(
          urql.subscription<unknown, AnyVariables>(gql(text), variables, { millrace }),
          onEnd(ends),
          subscribe(({ data, error }) => shows(data, codesOf(error))),
        ).unsubscribe,
      async mutate({ text, variables = {}, millrace }) {
        const { data, error } = await urql.mutation(gql(text), variables, { millrace });
        return error === undefined ? data : codesOf(error);
      },
    };
  },
  { sharesEqual: true, showsFieldErrors: true },
);
