/** What was announced, as a carrier keeps it. */
export interface Announced {
  readonly id: string;
  readonly ageMs: number;
  readonly report: string;
}

/**
 * What a `CarriedNodeRegistry` needs of a backend. Operations reject while it is away, and the registry bounds their wait.
 */
export interface NodeCarrier extends AsyncDisposable {
  /** Why nodes cannot be heard: a sentence about a failure of this carrier. */
  sentenceOf(cause: unknown): string;

  /** Keeps a report for `PRESENT_MS`. @returns whether there was room for the node (`MAX_NODES`) */
  put(id: string, report: string): Promise<boolean>;

  /** What was put less than `PRESENT_MS` ago and was not removed. */
  list(): Promise<readonly Announced[]>;

  remove(id: string): Promise<void>;

  /** Sends to those that listen to `channel` now. */
  send(channel: string, message: string): Promise<void>;

  /** Resolves once everything that is sent from then on is heard, also after the backend was away. */
  listen(channel: string, hear: (message: string) => void): Promise<void>;
}
