export interface Postgres {
  readonly port: number;
  /** Runs SQL, and resolves with what it prints. */
  query(sql: string): Promise<string>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts an empty PostgreSQL for one test, with the user and database `postgres`, without a password, on 127.0.0.1.
 * @throws {Error} that says what to install
 */
export function startPostgres(): Promise<Postgres>;
