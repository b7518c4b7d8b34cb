/** An operation that `count` subscribers run. */
export interface OperationSpec {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly count: number;
}

export interface CrowdSpec {
  /** The URL of the WebSocket. */
  readonly url: string;
  readonly operations: readonly OperationSpec[];
  /** How many operations one connection carries. */
  readonly perConnection: number;
  /** `distinct`: every operation has its own id. `perConnection`: ids repeat on each connection. */
  readonly ids: 'distinct' | 'perConnection';
}

/** Percentiles in milliseconds; NaN where there is none. */
export interface Latencies {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What arrived since the last `mark`. Times are those of `now` in clock.ts. */
export interface ReceivedFrames {
  readonly frames: number;
  readonly first: number;
  readonly last: number;
  /** Frames of each operation, in the order of the operations. */
  readonly counts: readonly number[];
  /** Milliseconds from an event's `at` to its frame, over all frames; NaN unless they were requested. */
  readonly latencies: Latencies;
  /** The first few faults in words: disorder, frames for unknown ids, errors. */
  readonly faults: readonly string[];
}

export interface ChurnSpec {
  readonly url: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly connections: number;
  /** How many operations start, and how many end, each second. */
  readonly perSecond: number;
  readonly lifetimeMs: number;
}

export interface ChurnResult {
  readonly begun: number;
  readonly frames: number;
  readonly faults: readonly string[];
}

/** The API of the process that runs the clients. */
export interface LoadApi {
  /** Connects and subscribes a crowd. Resolves once every subscription is sent. */
  connect(spec: CrowdSpec): Promise<void>;
  /** Resets the counts. */
  mark(options: { readonly latencies: boolean }): void;
  /**
   * Resolves once `frames` frames have arrived since the mark. Ids, counts and order are checked.
   * @throws when no frame arrives for a minute
   */
  received(frames: number): Promise<ReceivedFrames>;
  /** The highest event number that every operation has reached; -1 while one has none. */
  reached(): number;
  /** The text of the first frame since the mark. */
  sample(): string;
  startChurn(spec: ChurnSpec): Promise<void>;
  stopChurn(): Promise<ChurnResult>;
  close(): Promise<void>;
}
