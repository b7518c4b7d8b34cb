import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, InMemoryCache } from '@apollo/client';
import { onTestFinished } from 'vitest';
import { MillraceLink } from '../../src/apollo.js';
import { adapterContract, type Call } from './contract.js';

const codesOf = (error: unknown): readonly unknown[] => {
  if (CombinedGraphQLErrors.is(error)) return error.errors.map(({ extensions }) => extensions?.['code']);
  return error instanceof Error ? [error.message] : [];
};

adapterContract(
  'Apollo Client 4',
  (client) => {
    const link = ApolloLink.from([new MillraceLink(client, { mutations: true })]);
    const apollo = new ApolloClient({ link, cache: new InMemoryCache() });
    onTestFinished(() => apollo.stop());
    const optionsOf = ({ variables = {}, millrace }: Call) => ({
      variables,
      context: { millrace },
      errorPolicy: 'all' as const,
    });
    return {
      subscribe(call, { shows, ends }) {
        const results = apollo.subscribe<unknown>({ query: gql(call.text), ...optionsOf(call) });
        const running = results.subscribe({
          next: ({ data, error }) => shows(data, codesOf(error)),
          complete: ends,
        });
        return () => running.unsubscribe();
      },
      async mutate(call) {
        const { data, error } = await apollo.mutate({ mutation: gql(call.text), ...optionsOf(call) });
        return error === undefined ? data : codesOf(error);
      },
    };
  },
  { sharesEqual: true, showsFieldErrors: true },
);
