import type { Envelope } from './envelope/envelope.js';
import type { RecordMapping } from './envelope/mapping.js';
import type { TypeNames } from './envelope/type-names.js';
import type { MetadataNames } from './event-metadata.js';
import type { Topic } from './ids.js';
import type { KeyFormat } from './key-format.js';
import type { DeclaredPartitioner } from './partitioner.js';
import type { SchemaCodec } from './schema-codec.js';

/** How values are encoded with a schema of a registry: `enum ValueFormat` of schema/directives.graphql, without JSON. */
export type Encoding = 'AVRO' | 'PROTOBUF' | 'JSON_SCHEMA';

/** How the records of a topic represent events: `@topic` of schema/directives.graphql. */
export interface TopicFormat {
  readonly kind: Envelope;
  /** The type of its events, where records do not name one. */
  readonly type?: string;
  /** Where records name the type of their event, and which GraphQL type each name stands for. */
  readonly typeNames?: TypeNames;
  /** Where its records have the parts of their event, where that is not where their envelope has them. */
  readonly mapping?: RecordMapping;
  /** Fields of the data that events are looked up by. Their values travel beside the data (C2). */
  readonly indexed?: readonly string[];
  /** What fields read of the headers and attributes of its records. Left out: nothing, and its events carry nothing of it. */
  readonly carried?: MetadataNames;
  /** How the topic's producers choose the partition of a key. Left out: `MURMUR2` is assumed, and checked. */
  readonly partitioner?: DeclaredPartitioner;
  /** How its keys read. Left out: as text where they are UTF-8, and otherwise as their bytes. */
  readonly key?: KeyFormat;
  /** Encodes and decodes the keys, if it takes a schema registry. */
  readonly keyCodec?: SchemaCodec;
  /** How the values are encoded, if it takes a schema registry. */
  readonly encoding?: Encoding;
  /** Left out: JSON. */
  readonly codec?: SchemaCodec;
}

export type TopicFormats = ReadonlyMap<Topic, TopicFormat>;

/** The format of a topic for which none is declared. */
export const DEFAULT_FORMAT: TopicFormat = { kind: 'CLOUDEVENTS' };
