import type { Event } from '../event.js';
import type { JsonObject } from './json-object.js';

/**
 * What stands around the data of an event in a record, `enum Envelope` of schema/directives.graphql.
 *
 * | envelope          | where the data is                                                                      |
 * |-------------------|----------------------------------------------------------------------------------------|
 * | `CLOUDEVENTS`     | the value (binary content mode), or `data` of the JSON in the value (structured mode)   |
 * | `JSON`            | the value                                                                              |
 * | `CONNECT`         | `payload` of the value, as Kafka Connect's JsonConverter writes it with its schemas     |
 * | `DEBEZIUM`        | the value, a change of a row, with or without Connect's schema around it                |
 * | `DEBEZIUM_OUTBOX` | the value, as Debezium's outbox event router writes it: an object, or its text          |
 */
export type Envelope = 'CLOUDEVENTS' | 'JSON' | 'CONNECT' | 'DEBEZIUM' | 'DEBEZIUM_OUTBOX';

/** `kind` groups faults for metrics and logs; `reason` describes the fault of this record. */
export interface DecodeFault {
  readonly ok: false;
  readonly kind: InvalidKind;
  readonly reason: string;
}

export type Decoded =
  /** `leftOut`: names of the record's metadata that are not in the event, or were shortened. */
  | { readonly ok: true; readonly event: Event; readonly leftOut?: readonly string[] | undefined }
  | DecodeFault;

export type InvalidKind =
  | 'batch'
  | 'no-cloudevent'
  | 'specversion'
  | 'content-type'
  | 'data'
  | 'key'
  | 'structured'
  | 'envelope'
  | 'event'
  | 'type';

export function fault(kind: InvalidKind, reason: string): DecodeFault {
  return { ok: false, kind, reason };
}

/** What an envelope of Kafka Connect or Debezium has in it. */
export interface Unwrapped {
  /** `null`: a tombstone. */
  readonly data: JsonObject | null;
  /** The data as JSON, if the record has it so. */
  readonly bytes?: Buffer | undefined;
  /** The name of its type: of Connect's schema, the table, or what the outbox says. */
  readonly typeName?: string | undefined;
  readonly id?: string | undefined;
  /** When the database made it, in milliseconds since 1970. */
  readonly timestamp?: number | undefined;
}
