import type { Topic } from './ids.js';
import type { KeyFormat } from './key-format.js';
import type { DeclaredPartitioner } from './partitioner.js';
import type { SchemaCodec } from './schema-codec.js';

/** How the records of a topic represent events. */
export type TopicFormat = (
  | /** CloudEvents in Kafka's binary content mode: attributes in `ce_` headers, data in the value. */
  { readonly kind: 'CLOUDEVENTS' }
  /** Plain JSON, from producers that know nothing of CloudEvents. Every record is an event of this type. */
  | { readonly kind: 'JSON'; readonly type: string }
) & {
  /** Fields of the data that events are looked up by. Their values travel beside the data (C2). */
  readonly indexed?: readonly string[];
  /** How the topic's producers choose the partition of a key. Left out: `MURMUR2` is assumed, and checked. */
  readonly partitioner?: DeclaredPartitioner;
  /** How its keys read. Left out: as text where they are UTF-8, and otherwise as their bytes. */
  readonly key?: KeyFormat;
  /** Left out: JSON. */
  readonly codec?: SchemaCodec;
};

export type TopicFormats = ReadonlyMap<Topic, TopicFormat>;

/** The format of a topic for which none is declared. */
export const DEFAULT_FORMAT: TopicFormat = { kind: 'CLOUDEVENTS' };
