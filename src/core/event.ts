import type { EventId, Offset } from './ids.js';

/**
 * A CloudEvents 1.0 event with JSON data. `subject` is the record's key.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export interface Event {
  readonly id: EventId;
  /** Who published it: a URI reference such as `/gateway` or `/services/order`. */
  readonly source: string;
  /** The name of the GraphQL object type that its data has; `UNKNOWN_TYPE` of a tombstone that does not say. */
  readonly type: string;
  readonly subject: string | null;
  /** RFC 3339. */
  readonly time: string;
  /** The same for everything that one mutation set off. */
  readonly correlationId?: string | undefined;
  /** The id of the event that this one reacts to. */
  readonly causationId?: string | undefined;
  /** W3C Trace Context of the span that published it. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  /** Its id is derived from an idempotency key: a second event with this id is the same event. */
  readonly idempotent?: boolean | undefined;
  /**
   * Values of fields of the data, by name, so that it need not be parsed to know whom it concerns (C2). A
   * field that the data does not have is null; one that is not here may be anything.
   */
  readonly indexed?: Readonly<Record<string, Indexed>> | undefined;
  /** JSON text in UTF-8, unparsed; `null` is a tombstone. */
  readonly data: Buffer | null;
}

/** What can be looked up. */
export type Indexed = string | number | boolean | null;

/** The type of a tombstone that says none. No GraphQL type and no CloudEvent has this name. */
export const UNKNOWN_TYPE = '';

/** An event at its place in one partition: what the relay passes on and the hub delivers. */
export interface Relayed {
  readonly offset: Offset;
  /** The log's timestamp, in milliseconds since 1970. */
  readonly timestamp: number;
  readonly event: Event;
}
