import { type FetchFunction, type GraphQLResponse, Observable, type SubscribeFunction } from 'relay-runtime';
import { errorsOf, follow, type MillraceOptions, run } from './adapter.js';
import type { Client } from './client.js';

export type { MillraceOptions } from './adapter.js';

/**
 * The subscribe function of Relay's `Network.create(fetch, subscribe)`. Options of an operation are `metadata.millrace` of
 * its `cacheConfig`.
 */
export function millraceSubscribe(client: Client): SubscribeFunction {
  return (request, variables, { metadata }) => observe(follow, client, request, variables, metadata);
}

/**
 * Wraps the fetch function of `Network.create`: the client runs mutations, each with one idempotency key for all its
 * attempts. Queries go to the function.
 */
export function millraceFetch(client: Client, fetchFn: FetchFunction): FetchFunction {
  return (request, variables, cacheConfig, ...more) =>
    request.operationKind === 'mutation'
      ? observe(run, client, request, variables, cacheConfig.metadata)
      : fetchFn(request, variables, cacheConfig, ...more);
}

type Call = Parameters<SubscribeFunction>;

function observe(
  start: typeof follow | typeof run,
  client: Client,
  { text, name }: Call[0],
  variables: Call[1],
  metadata: Call[2]['metadata'],
): Observable<GraphQLResponse> {
  return Observable.create((sink) => {
    if (text === null) {
      const message = `The text of ${name} is missing: Millrace takes no persisted queries. Compile it with its text.`;
      throw new TypeError(message);
    }
    // Relay leaves the types of its metadata to its users.
    const options = (metadata?.['millrace'] ?? {}) as MillraceOptions;
    // Relay demands data or errors, and the client always has one of them.
    const next = (result: object): void => sink.next(result as GraphQLResponse);
    return start(client, { query: text, variables }, options, {
      next,
      error: (error) => {
        const errors = errorsOf(error);
        // For a mutation without data, Relay throws an error that has the server's errors as `source`.
        if (start === run && errors !== undefined) next({ data: null, errors });
        else sink.error(error);
      },
      complete: () => sink.complete(),
    });
  });
}
