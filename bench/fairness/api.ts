import type { MutationTransport } from '../mutations/api.js';

/** Clients that each send a query now and then, over a connection of their own. */
export interface QuerySpec {
  /** The HTTP URL of the GraphQL endpoint. */
  readonly url: string;
  readonly transport: MutationTransport;
  readonly clients: number;
  /** Milliseconds between two queries of one client. */
  readonly intervalMs: number;
}

/** Milliseconds from when a query was due to its answer. */
export interface QueryLatencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The API of the process that runs these clients. */
export interface QuerierApi {
  connect(spec: QuerySpec): Promise<void>;
  /** @throws when an answer has an error, or is missing */
  run(durationMs: number): Promise<QueryLatencies>;
  close(): void;
}

/** One connection that subscribes all the time, each time with another document. */
export interface PipelineSpec {
  /** The URL of the WebSocket. */
  readonly url: string;
  readonly pairsPerSecond: number;
  /** Milliseconds from `subscribe` to its `complete`; 0: both in one write. */
  readonly lifetimeMs: number;
}

export interface PipelineResult {
  /** Pairs that were due, and pairs that the gateway has read. */
  readonly due: number;
  readonly read: number;
  readonly faults: readonly string[];
}

/** The API of the process that runs this connection. */
export interface PipelinerApi {
  start(spec: PipelineSpec): Promise<void>;
  stop(): Promise<PipelineResult>;
}
