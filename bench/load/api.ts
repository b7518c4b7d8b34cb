/** One operation of a subscriber; `count`: so many subscribers have the same. */
export interface Asked {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly count: number;
}

export interface CrowdSpec {
  /** Where the WebSocket is. */
  readonly url: string;
  readonly operations: readonly Asked[];
  /** How many operations one connection carries. */
  readonly perConnection: number;
  /** Whether each operation has an id of its own; otherwise only within its connection. */
  readonly ids: 'distinct' | 'perConnection';
}

/** What came since the last `mark`. Times are those of `now` in clock.ts. */
export interface Received {
  readonly frames: number;
  readonly first: number;
  readonly last: number;
  /** Frames of each operation, in the order of the operations. */
  readonly counts: readonly number[];
  /** Milliseconds from an event's `at` to its frame, of all frames. Empty unless they were wanted. */
  readonly latencies: { readonly p50: number; readonly p99: number; readonly max: number };
  /** An order that was not kept, a frame for an id that is not there, an error: the first few in words. */
  readonly faults: readonly string[];
}

export interface ChurnSpec {
  readonly url: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly connections: number;
  /** How many operations begin and how many end in a second. */
  readonly perSecond: number;
  /** How many milliseconds one lives. */
  readonly life: number;
}

export interface Churned {
  readonly begun: number;
  readonly frames: number;
  readonly faults: readonly string[];
}

/** What the process that is the clients can be asked for. */
export interface LoadApi {
  /** Connects and subscribes all of a crowd. Resolves once every subscription is sent. */
  connect(spec: CrowdSpec): Promise<void>;
  /** Counts from here on. */
  mark(wanted: { readonly latencies: boolean }): void;
  /**
   * Resolves once so many frames came since the mark, and checked ids, counts and order.
   * @throws when no frame comes for a minute
   */
  received(frames: number): Promise<Received>;
  /** The number of the event that every operation has got; -1 while one has none. */
  reached(): number;
  /** The text of the newest frame. */
  sample(): string;
  startChurn(spec: ChurnSpec): Promise<void>;
  stopChurn(): Promise<Churned>;
  close(): Promise<void>;
}
