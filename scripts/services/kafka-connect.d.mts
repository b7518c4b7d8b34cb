/**
 * Starts a standalone worker of Kafka Connect for one test, with the connectors for files and Debezium's for PostgreSQL on its class
 * path, and waits until the tasks of all connectors run. They use JsonConverter with its schemas unless they say otherwise. It is
 * fetched the first time (about a minute).
 * @param options.connectors the settings of each, by its name
 * @throws {Error} that says what to install, or why a task failed
 */
export function startKafkaConnect(options: {
  readonly brokers: readonly string[];
  readonly connectors: Readonly<Record<string, Readonly<Record<string, string>>>>;
}): Promise<{ stop(): Promise<void> }>;
