import {
  type Exchange,
  makeErrorResult,
  makeOperation,
  makeResult,
  type Operation,
  type OperationResult,
  stringifyDocument,
  type Client as UrqlClient,
} from '@urql/core';
import { filter, make, merge, mergeMap, pipe, type Source, takeUntil } from 'wonka';
import { type AdapterOptions, errorsOf, follow, type MillraceOptions, run } from './adapter.js';
import type { Client } from './client.js';

export type { AdapterOptions, MillraceOptions } from './adapter.js';

declare module '@urql/core' {
  interface OperationContext {
    /** Options of this operation for `millraceExchange`. */
    millrace?: MillraceOptions | undefined;
  }
}

/**
 * An exchange of urql that runs subscriptions with a client of Millrace, and mutations if it is told to. Everything else goes
 * to the next exchange. Unlike `subscriptionExchange` it keeps no error of one result on later ones.
 */
export function millraceExchange(client: Client, { mutations = false }: AdapterOptions = {}): Exchange {
  const isOurs = ({ kind }: Operation): boolean =>
    kind === 'subscription' || (mutations && kind === 'mutation');
  return ({ client: urql, forward }) =>
    (operations) => {
      const results = pipe(
        operations,
        filter(isOurs),
        mergeMap((operation) => {
          const isEnd = ({ kind, key }: Operation): boolean => kind === 'teardown' && key === operation.key;
          return pipe(resultsOf(client, urql, operation), takeUntil(pipe(operations, filter(isEnd))));
        }),
      );
      return merge([
        results,
        pipe(
          operations,
          filter((operation) => !isOurs(operation)),
          forward,
        ),
      ]);
    };
}

function resultsOf(client: Client, urql: UrqlClient, operation: Operation): Source<OperationResult> {
  const { kind, query, variables, context } = operation;
  return make(({ next, complete }) => {
    const request = { query: stringifyDocument(query), variables: variables ?? undefined };
    return (kind === 'subscription' ? follow : run)(client, request, context['millrace'] ?? {}, {
      next: (result) => next(makeResult(operation, result)),
      error: (error) => {
        const errors = errorsOf(error);
        const end = errors && makeResult(operation, { errors, hasNext: false });
        next(end ?? makeErrorResult(operation, error));
        complete();
      },
      complete: () => {
        // urql would take a last result for another event, so it is told in the way in which a user ends a subscription.
        if (kind === 'subscription') urql.reexecuteOperation(makeOperation('teardown', operation, context));
        complete();
      },
    });
  });
}
