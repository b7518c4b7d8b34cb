import type { EventMetadata } from './event-metadata.js';
import type { EventId, Offset } from './ids.js';

/**
 * A CloudEvents 1.0 event with JSON data. `subject` is the record's key as its topic declares it (`key-format.ts`).
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export interface Event {
  readonly id: EventId;
  /** The publisher, as a URI reference such as `/gateway` or `/services/order`. */
  readonly source: string;
  /** The name of its data's GraphQL object type. `UNKNOWN_TYPE` for a tombstone that does not specify one. */
  readonly type: string;
  readonly subject: string | null;
  /** RFC 3339. */
  readonly time: string;
  /** Shared by all events that one mutation has caused. */
  readonly correlationId?: string | undefined;
  /** The id of the event that this one reacts to. */
  readonly causationId?: string | undefined;
  /** W3C Trace Context of the span that published it. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  /** Whether the id is derived from an idempotency key. Then another event with this id is a duplicate (D1). */
  readonly idempotent?: boolean | undefined;
  /**
   * Values of the data's indexed fields, by name, so that an event can be routed without parsing its data (C2). Null for a
   * field that the data does not have. A field without an entry may have any value.
   */
  readonly indexed?: Readonly<Record<string, Indexed>> | undefined;
  /** What fields of the schema read of the record's headers and of other attributes. */
  readonly metadata?: EventMetadata | undefined;
  /** JSON text in UTF-8, not parsed. `null`: a tombstone. */
  readonly data: Buffer | null;
}

/** A value that events can be looked up by. */
export type Indexed = string | number | boolean | null;

/** The type of a tombstone that does not specify one. No GraphQL type and no CloudEvent has this name. */
export const UNKNOWN_TYPE = '';

/**
 * The type of the tombstone that Debezium writes behind a delete, so that compaction removes the key. It repeats what the
 * delete said, so nothing shows it. No GraphQL type has this name.
 */
export const REPEATED_DELETE_TYPE = 'debezium.tombstone';

/** Whether a record, or its topic, has named the type of an event. */
export const isNamedType = (type: string): boolean => type !== UNKNOWN_TYPE && type !== REPEATED_DELETE_TYPE;

/** An event and its offset: what the relay publishes and the hub delivers. */
export interface Relayed {
  readonly offset: Offset;
  /** The log's timestamp, in milliseconds since 1970. */
  readonly timestamp: number;
  readonly event: Event;
}
