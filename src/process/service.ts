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
  /** When it was published (RFC 3339). */
  readonly time: string;
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

export interface ServiceContext {
  /** Aborted when this process loses the event's partition or ends: whatever waits is to stop. */
  readonly signal: AbortSignal;
}

/**
 * Reacts to events with events. Each event acts once: what `handle` returns is published together with
 * the progress past the event, or neither is (D1). It may be *called* more than once for an event, after
 * a crash or a lost partition, so everything it does should be in what it returns.
 */
export interface Service {
  /** Names the consumer group and the source of its events, as in `/services/order`. */
  readonly name: string;
  /** The topics it follows. An event that it publishes to one of them comes back to it. */
  readonly topics: readonly string[];
  /**
   * Called with one event of a partition after the other. Types that do not concern it are answered
   * with nothing. When it throws, the event is tried again after a pause, and its partition waits.
   */
  handle(
    event: ServiceEvent,
    context: ServiceContext,
  ): Promise<readonly OutgoingEvent[]> | readonly OutgoingEvent[];
}
