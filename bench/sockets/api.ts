import type { Latencies } from '../load/api.js';

/** Clients that come back after a loss, all with one subscription to the same room. */
export interface FleetSpec {
  /** The WebSocket URLs of the nodes. Clients spread over them as a load balancer would spread them. */
  readonly urls: readonly string[];
  /** Has the variables `$room` and `$after`. */
  readonly query: string;
  readonly room: string;
  readonly count: number;
}

/** Drops of single connections, without a close frame, as in a mobile network. */
export interface JitterSpec {
  /** From the return of a client to its next drop, at least; up to `spreadMs` more. */
  readonly everyMs: number;
  readonly spreadMs: number;
  /** From a drop to the first attempt to connect. */
  readonly offlineMs: number;
}

/** What happened to a fleet since the last report. Times are in milliseconds. */
export interface FleetReport {
  /** Clients that are connected and have subscribed. */
  readonly connected: number;
  /** How often a client lost its connection, or was dropped. */
  readonly losses: number;
  /** Attempts to connect that failed. */
  readonly failed: number;
  /** For each return of a client: from the loss to its new subscription. */
  readonly away: readonly number[];
  /** When the last frame arrived, by `now` in clock.ts. */
  readonly last: number;
  readonly frames: number;
  /** From an event's `at` to its frame, over all frames. */
  readonly latencies: Latencies;
  /** The first few faults in words: a missing, doubled or unordered event, or an unexpected message. */
  readonly faults: readonly string[];
}

/** The API of the process that runs the clients. */
export interface FleetApi {
  /** Resolves once every client has subscribed. @throws when one cannot connect */
  open(spec: FleetSpec): Promise<void>;
  /** Resolves once every client has the event with this number. @throws when nothing arrives for a minute */
  reach(n: number): Promise<void>;
  /** Resolves once every client is connected again. @throws after a minute */
  whole(): Promise<void>;
  startJitter(spec: JitterSpec): void;
  stopJitter(): void;
  report(): FleetReport;
  /** The text of the first frame since the last report. */
  sample(): string;
  close(): Promise<void>;
}
