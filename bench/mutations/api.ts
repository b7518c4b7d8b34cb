/** How mutations reach a server. */
export type Way = 'http' | 'websocket';

export interface Asking {
  /** Of the GraphQL endpoint, over HTTP. */
  readonly url: string;
  readonly way: Way;
  /** How many are under way at any time. */
  readonly inFlight: number;
  /** For so many milliseconds new ones are begun. */
  readonly during: number;
}

/** Every mutation that was begun was answered. */
export interface Asked {
  readonly count: number;
  /** Answers a second. */
  readonly rate: number;
  /** Milliseconds from the request to its answer. */
  readonly p50: number;
  readonly p99: number;
}

/** What the process that is the clients can be asked for. */
export interface AskersApi {
  /** @throws when an answer has an error, or does not come */
  ask(asking: Asking): Promise<Asked>;
}

export interface YogaApi {
  /** One `producer.send` for each mutation. @returns where it listens */
  publishing(options: { readonly brokers: string; readonly topic: string }): Promise<string>;
  /** The same server, whose resolver answers at once. @returns where it listens */
  nothing(): Promise<string>;
}
