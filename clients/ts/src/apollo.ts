import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { ApolloLink } from '@apollo/client/link';
import { print } from '@apollo/client/utilities';
import { Observable } from 'rxjs';
import { type AdapterOptions, errorsOf, type Failure, follow, type MillraceOptions, run } from './adapter.js';
import type { Client } from './client.js';

export type { AdapterOptions, MillraceOptions } from './adapter.js';

declare module '@apollo/client' {
  interface DefaultContext {
    /** Options of this operation for `MillraceLink`. */
    millrace?: MillraceOptions | undefined;
  }
}

/**
 * A link of Apollo Client 4 that runs subscriptions with a client of Millrace, and mutations if it is told to. Everything
 * else goes to the next link.
 */
export class MillraceLink extends ApolloLink {
  readonly #client: Client;
  readonly #mutations: boolean;

  constructor(client: Client, { mutations = false }: AdapterOptions = {}) {
    super();
    this.#client = client;
    this.#mutations = mutations;
  }

  override request(
    operation: ApolloLink.Operation,
    forward: ApolloLink.ForwardFunction,
  ): Observable<ApolloLink.Result> {
    const type: string = operation.operationType;
    const start = type === 'subscription' ? follow : type === 'mutation' && this.#mutations ? run : undefined;
    if (start === undefined) return forward(operation);
    const { query, variables } = operation;
    // Printed: Apollo adds `__typename` to the document, but leaves its source text unchanged.
    const request = { query: print(query), variables };
    return new Observable((observer) =>
      start(this.#client, request, operation.getContext()['millrace'] ?? {}, {
        next: (result) => observer.next(result),
        error: (error) => observer.error(asApollo(error)),
        complete: () => observer.complete(),
      }),
    );
  }
}

/** Errors of the server in Apollo's form; those of the client as they are. */
function asApollo(error: Failure): Error {
  const errors = errorsOf(error);
  return errors === undefined ? error : new CombinedGraphQLErrors({ errors });
}
