import type { Transport } from '../../../src/transport/transports.js';
import type { Served } from '../serve.js';

/** What a client has of one operation. */
export interface Seen {
  readonly results: unknown[];
  /** Those that ended the operation. */
  errors?: readonly unknown[];
  /** How the operation ended; `cut`: its connection did, and nobody said that it is over. */
  end?: 'complete' | 'errors' | 'cut';
  /** Everything that came, as text. */
  raw: string;
}

export interface OperationText {
  readonly query: string;
  /** JSON. */
  readonly variables?: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** One operation on a connection of its own. */
export interface DrivenOperation {
  readonly seen: Seen;
  /** Ends the operation as a client does that does not want it any more. */
  stop(): void;
  /** Stops to read the connection. */
  pause(): void;
  resume(): void;
  /** The connection is lost silently. */
  vanish(): void;
}

/** A client of one transport, which shows a test what it gets as it is. */
export interface Driver {
  readonly transport: Transport;
  /** Under what the server counts its connections. */
  readonly countedAs: 'websocket' | 'sse';
  /** How many connections an operation needs to begin. */
  readonly connections: number;
  /** Resolves once the operation is sent. */
  start(served: Served, operation: OperationText, authorization?: string): Promise<DrivenOperation>;
}

/** The request in JSON, with the variables digit for digit. */
export function requestText({ query, variables, extensions }: OperationText): string {
  const rest = JSON.stringify({ query, extensions }).slice(1);
  return variables === undefined ? `{${rest}` : `{"variables":${variables},${rest}`;
}
