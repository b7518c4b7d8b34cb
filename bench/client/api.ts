/** Subscriptions to one room, all on one client. */
export interface SubscriptionsSpec {
  /** `http://host:port/graphql`. */
  readonly url: string;
  readonly room: string;
  readonly query: string;
  readonly count: number;
}

/** What a client handled of one burst. */
export interface Handled {
  /** Milliseconds from its first event to its last. */
  readonly tookMs: number;
  readonly events: number;
}

/** The API of a process that has one client. */
export interface ClientApi {
  subscribe(spec: SubscriptionsSpec): void;
  /** Resolves once `events` further events were handled, over all subscriptions. @throws when one is missing or out of order */
  handle(events: number): Promise<Handled>;
}

export type Library = 'millrace-client' | 'graphql-ws';
