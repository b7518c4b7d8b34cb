/** An event as a service sees it. */
export interface ServiceEvent {
  /** The CloudEvents `id`. */
  readonly id: string;
  readonly topic: string;
  /** Who published it: a URI reference such as `/gateway` or `/services/order`. */
  readonly source: string;
  /** The name of the GraphQL object type that its data has; empty for a tombstone that does not say. */
  readonly type: string;
  /** The record's key; events of one key are handled in the order in which they were published. */
  readonly key: string | null;
  /** When it was published (RFC 3339), as its publisher says. */
  readonly time: string;
  /** The log's own timestamp of it, in milliseconds since 1970. */
  readonly timestamp: number;
  /** The same for everything that one mutation set off. */
  readonly correlationId: string | undefined;
  /** The parsed data; `null` is a tombstone. It came from outside: check it before use. */
  readonly data: Readonly<Record<string, unknown>> | null;
}

/** What a service has to say about an event. Its id, time and trace are added when it is published. */
export interface OutgoingEvent {
  readonly topic: string;
  /** The name of the GraphQL object type that the data has. */
  readonly type: string;
  /** Chooses the partition; events of one key keep their order. */
  readonly key: string;
  /** Plain JSON of the shape of `type`. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ServiceContext<State = undefined> {
  /** What the event's key has: what `handle` last returned for it, or else `initial`. A copy of one's own. */
  readonly state: State;
  /** Aborted when this process loses the event's partition or ends: whatever waits is to stop. */
  readonly signal: AbortSignal;
}

/**
 * The events that a service says; with `state`, also what the key has from now on. Without it the key keeps
 * what it has. A state that equals `initial` is forgotten: such a key costs nothing.
 */
export type Handled<State = undefined> =
  | readonly OutgoingEvent[]
  | { readonly events?: readonly OutgoingEvent[]; readonly state: State };

/**
 * Reacts to events with events. Each event acts once: what `handle` returns is committed together with the
 * progress past the event, or none of it is (D1). It may be *called* more than once for an event, after
 * a crash or a lost partition, so everything it does should be in what it returns. It is called again as
 * well when its state is built anew from the log, and then what it says is discarded: what it answers is to
 * follow from the event and the state alone. Times come from `event.time`, ids from `event.id`.
 */
export interface Service<State = undefined> {
  /** Names the consumer group and the source of its events, as in `/services/order`. */
  readonly name: string;
  /** The topics it follows. An event that it publishes to one of them comes back to it. */
  readonly topics: readonly string[];
  /**
   * Makes it a service with a state for each key of each of its topics: what a key has before its first
   * event. Plain JSON, as every state is. Without it the service has none.
   */
  readonly initial?: State;
  /**
   * How many keys of one batch are handled at the same time; 1 when left out, and then all events come one
   * after the other. For a handler that waits for the outside. Events of one key keep their order.
   */
  readonly concurrency?: number;
  /**
   * Called with the events of one key one after the other. Types that do not concern it are answered
   * with nothing. When it throws, the event is tried again after a pause, and its partition waits.
   */
  handle(event: ServiceEvent, context: ServiceContext<State>): Handled<State> | Promise<Handled<State>>;
}

/** A service, whatever its state is. */
export type AnyService = Service<unknown>;
