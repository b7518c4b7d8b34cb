import type { Topic } from './ids.js';

/**
 * How the data of a topic's events are bytes in its records. Inside, all data are JSON; a codec stands between
 * them and the log, in `encodeEvent` and `decodeRecord`, and nowhere else.
 *
 * Both ways are synchronous, because they are on the path of every event: a codec that needs a registry MUST
 * have what it needs before its topic is opened, and MUST throw for a schema that it does not know. What is
 * thrown for a record makes it a dead letter (D10), so it MUST be an `Error` that says what is wrong.
 */
export interface SchemaCodec {
  /** The media type that records say of their value. */
  readonly contentType: string;
  /** Whether a value of this media type is one that `decode` reads. */
  reads(contentType: string): boolean;
  /** @param json a JSON object, as UTF-8 */
  encode(type: string, json: Buffer): Buffer;
  /** @returns a JSON object, as UTF-8, that `encode` was given or that means the same */
  decode(type: string, value: Buffer): Buffer;
}

/** The codec of a topic; `undefined`: JSON. */
export type CodecOf = (topic: Topic) => SchemaCodec | undefined;

/** The bytes as they are: whether they are a JSON object, `decodeRecord` checks of every codec. */
export const JSON_CODEC: SchemaCodec = {
  contentType: 'application/json',
  // RFC 6839 `+json` included.
  reads: (contentType) => /^[^;]*[/+]json\s*(;|$)/i.test(contentType),
  encode: (_type, json) => json,
  decode: (_type, value) => value,
};
