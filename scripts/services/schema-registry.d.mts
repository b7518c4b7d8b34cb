/** A running schema registry. */
export interface SchemaRegistry {
  /** With the path of Confluent's API. */
  readonly url: string;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/**
 * Starts a schema registry that keeps everything in memory. It is fetched the first time (about a minute).
 * @throws {Error} that says what to install
 */
export function startSchemaRegistry(): Promise<SchemaRegistry>;
