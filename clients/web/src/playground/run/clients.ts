import { type Client, createClient } from 'millrace-client';

export type PageTransport = 'websocket' | 'sse';

interface Shared {
  readonly client: Client;
  users: number;
}

/** A client of the library for each endpoint and set of credentials, open while subscriptions use it. */
export class Clients {
  readonly #transports: readonly PageTransport[];
  readonly #shared = new Map<string, Shared>();

  /** @param transports that the gateway serves, the preferred one first */
  constructor(transports: readonly PageTransport[]) {
    this.#transports = transports;
  }

  /** Whether there is a transport for subscriptions. */
  get canSubscribe(): boolean {
    return this.#transports.length > 0;
  }

  /** @returns the client, and a function that says that it is not needed any more */
  use(
    endpoint: string,
    headers: Readonly<Record<string, string>>,
  ): { readonly client: Client; readonly release: () => void } {
    const key = JSON.stringify([endpoint, headers]);
    const known = this.#shared.get(key);
    const shared = known ?? { client: this.#open(endpoint, headers), users: 0 };
    this.#shared.set(key, shared);
    shared.users += 1;
    const release = (): void => {
      shared.users -= 1;
      if (shared.users > 0) return;
      this.#shared.delete(key);
      shared.client.close();
    };
    return { client: shared.client, release };
  }

  #open(url: string, headers: Readonly<Record<string, string>>): Client {
    return createClient({ url, transports: this.#transports, credentials: () => headers });
  }
}
