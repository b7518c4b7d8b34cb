/** A producer that is not ours: a library of another language, with its default partitioner unless its name says more. */
export type ForeignLibrary =
  | 'confluent-kafka'
  | 'confluent-serializers'
  | 'sarama'
  | 'franz-go'
  | 'cloudevents-python'
  | 'cloudevents-node'
  | 'cloudevents-go'
  /** `JavaPeers.java`: CloudEvents' SDK, Spring Kafka, and Apicurio's serialisers. */
  | 'java';

/**
 * The command line that runs a producer, which is installed or built the first time (about a minute).
 * @throws {Error} that says what is missing and how to get it
 */
export function foreignProducer(library: ForeignLibrary): Promise<readonly [string, ...string[]]>;
