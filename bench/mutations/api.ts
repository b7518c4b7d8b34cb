/** How mutations reach a server. */
export type MutationTransport = 'http' | 'websocket';

/** A load of mutations. */
export interface MutationLoad {
  /** The HTTP URL of the GraphQL endpoint. */
  readonly url: string;
  readonly transport: MutationTransport;
  /** How many mutations are in flight at any time. */
  readonly inFlight: number;
  /** How long new mutations are started. */
  readonly durationMs: number;
}

/** The figures of a load whose mutations were all answered. */
export interface MutationFigures {
  readonly count: number;
  /** Answers a second. */
  readonly rate: number;
  /** Milliseconds from the request to its answer. */
  readonly p50: number;
  readonly p99: number;
}

/** The API of the process that runs the clients. */
export interface MutatorApi {
  /** @throws when an answer has an error, or is missing */
  run(load: MutationLoad): Promise<MutationFigures>;
}

export interface YogaApi {
  /** Sends each mutation with its own `producer.send`. @returns the URL */
  publishing(options: { readonly brokers: string; readonly topic: string }): Promise<string>;
  /** The same server with a resolver that answers at once. @returns the URL */
  nothing(): Promise<string>;
}

/** Sends mutations to one server. */
export interface MutationClient {
  /** @param body a GraphQL request as JSON @returns the text of its result */
  mutate(body: string): Promise<string>;
  close(): void;
}
