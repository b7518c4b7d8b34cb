/** An event as services and views receive it. */
export interface ServiceEvent {
  /** The CloudEvents `id`. */
  readonly id: string;
  readonly topic: string;
  /** Who published it: a URI reference such as `/gateway` or `/services/order`. */
  readonly source: string;
  /** The GraphQL object type of the data; empty for a tombstone that does not name one. */
  readonly type: string;
  /** The record's key, as `@topic(key:)` declares that keys of the topic read. Events of one key are handled in the order in which they were published. */
  readonly key: string | null;
  /** When it was published (RFC 3339), by the publisher's clock. */
  readonly time: string;
  /** The log's timestamp of the record, in milliseconds since 1970. */
  readonly timestamp: number;
  /** The same for all events that follow from one mutation. */
  readonly correlationId: string | undefined;
  /** The parsed data; `null` for a tombstone. Any producer may have written it: check it before use. */
  readonly data: Readonly<Record<string, unknown>> | null;
}

/** An event that a service publishes. Its id, time and trace are added when it is committed. */
export interface OutgoingEvent {
  readonly topic: string;
  /** The GraphQL object type of the data. */
  readonly type: string;
  /** In the form that the topic declares. Chooses the partition; events of one key keep their order. */
  readonly key: string;
  /** Plain JSON in the shape of `type`. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ServiceContext<State = undefined> {
  /** The state of the event's key: what `handle` last returned for it, or else `initial`. It is a copy. */
  readonly state: State;
  /** Aborted when this process loses the event's partition or stops. Pass it to everything that waits. */
  readonly signal: AbortSignal;
}

/**
 * The events to publish, and with `state` also the new state of the key. Without it the key keeps its state. A
 * state that equals `initial` is not stored: such a key costs nothing.
 */
export type Handled<State = undefined> =
  | readonly OutgoingEvent[]
  | { readonly events?: readonly OutgoingEvent[]; readonly state: State };

/**
 * Answers events with events.
 *
 * Each event acts once (D1): what `handle` returns and the progress past the event are committed together, or
 * not at all. But `handle` may be *called* more than once for an event: after a crash, after a lost partition,
 * and when the state is rebuilt from the log, where the events that it returns are discarded. So all of its
 * effects should be in what it returns, and that should follow from the event and the state alone. Take times
 * from `event.time` and ids from `event.id`.
 */
export interface Service<State = undefined> {
  /** Part of the name of the consumer group, and of the source of its events, as in `/services/order`. */
  readonly name: string;
  /** The topics that it follows. It receives its own events too, if it publishes to one of them. */
  readonly topics: readonly string[];
  /**
   * The state of a key before its first event: it gives the service a state for each key of each topic. Plain
   * JSON, as every state is. Left out, the service has no state. All producers of its topics have to use one
   * partitioner (`@topic(partitioner:)`), because the state is kept in the partition of the key.
   */
  readonly initial?: State;
  /**
   * How many keys of a batch are handled at the same time (1: one event after the other). Raise it for a
   * handler that waits for another system. Events of one key keep their order.
   */
  readonly concurrency?: number;
  /**
   * Handles one event. Return `[]` for types that do not concern the service. When it throws, the event is
   * retried after a pause, and its partition waits; after `SERVICE_MAX_ATTEMPTS` it becomes a dead letter, and the
   * state stays as it was. Throw an error with `retry: true` for what passes: it is retried for ever.
   */
  handle(event: ServiceEvent, context: ServiceContext<State>): Handled<State> | Promise<Handled<State>>;
}

/** A service with any type of state. */
export type AnyService = Service<unknown>;
