import type { SchemaCodec } from './schema-codec.js';

/** How the records of a topic say what they are. */
export type TopicFormat =
  /** CloudEvents in Kafka's binary mode: attributes in `ce_` headers, data in the value. */
  (
    | { readonly kind: 'CLOUDEVENTS' }
    /** Plain JSON of producers that know nothing of CloudEvents: every record has this type. */
    | { readonly kind: 'JSON'; readonly type: string }
  ) & {
    /** The fields of the data that events are found by: they travel beside it (C2). */
    readonly indexed?: readonly string[];
    /** Left out: JSON. */
    readonly codec?: SchemaCodec;
  };
