/** A running schema registry. */
export interface SchemaRegistry {
  /** With the path of Confluent's API. */
  readonly url: string;
  /** The same over TLS. */
  readonly tlsUrl: string;
  /** The authority, as PEM, that signed its certificate. */
  readonly ca: string;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/**
 * Starts a schema registry that keeps everything in memory. It is fetched the first time (about a minute).
 * @throws {Error} that says what to install
 */
export function startSchemaRegistry(): Promise<SchemaRegistry>;
