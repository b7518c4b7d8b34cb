import { addresses, count, type Variable } from './variable.js';

/** How Kafka is reached. */
export const KAFKA_SETTINGS = {
  KAFKA_BROKERS: {
    about: "Kafka's bootstrap servers, comma-separated; when unset, the embedded log is used",
    allowed: 'host:port, several separated by commas',
    schema: addresses.optional(),
  },
  KAFKA_REQUEST_TIMEOUT_MS: count(
    30_000,
    'How long Kafka may take to answer a request before the connection is reopened',
    1_000,
    600_000,
  ),
  KAFKA_SESSION_TIMEOUT_MS: count(
    30_000,
    'The session timeout of consumer groups: how long a relay or service may be silent before its partitions are reassigned',
    1_000,
    1_800_000,
  ),
} satisfies Record<string, Variable<unknown>>;
