/** An OAuth 2 server for one test alone. The user that Kafka sees is the client's id. */
export interface TokenIssuer {
  /** Where clients get tokens. */
  readonly tokenUrl: string;
  /** Where the broker gets the keys. It needs them at its start too. */
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** How many tokens were issued. */
  readonly issued: number;
  /** The scope of each request for a token. */
  readonly scopes: readonly (string | undefined)[];
  /** Changes a client's secret, or adds a client. */
  setSecret(client: string, secret: string): void;
  stop(): Promise<void>;
}

/** @param options.clients each client's id with its secret */
export function tokenIssuer(options: {
  readonly clients: Readonly<Record<string, string>>;
  readonly lifetimeS?: number;
}): Promise<TokenIssuer>;
