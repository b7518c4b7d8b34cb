/** A value as it is in a record, with the type of the event that it belongs to. */
export interface EncodedValue {
  readonly type: string;
  readonly value: Buffer;
}

/**
 * How the data of a topic's events is encoded in its records. Inside, all data is JSON; a codec stands between it and
 * the log, in `encodeEvent` and `decodeRecord` only.
 *
 * `encode` and `decode` are on the path of every event, so they are synchronous. A codec that needs a registry does
 * its waiting in `prepareEncode` and `prepareDecode`, which run once for a batch before it is encoded or decoded. A
 * codec without them, such as JSON, is never waited for.
 *
 * The two kinds of failure mean different things:
 * | thrown by                         | meaning                        | what happens                                      |
 * |-----------------------------------|--------------------------------|---------------------------------------------------|
 * | `prepareDecode`                   | not now: the registry is away  | the batch waits and is retried; nothing is skipped |
 * | `decode`                          | never: the value is invalid    | the record becomes a dead letter (D10)            |
 * | `prepareEncode`                   | not now                        | the mutation fails with PUBLISH_FAILED (retry)    |
 * | `encode`                          | never                          | the mutation fails with EVENT_INVALID             |
 *
 * An implementation MUST pass test/contract/schema-codec.ts.
 */
export interface SchemaCodec {
  /** The media type that records state for their value (`content-type`). */
  readonly contentType: string;
  /** Whether `decode` reads values of this media type. */
  reads(contentType: string): boolean;
  /**
   * @param json a JSON object, as UTF-8
   * @throws {Error} that says what is wrong, when the data does not match the schema of `type`
   */
  encode(type: string, json: Buffer): Buffer;
  /**
   * @returns a JSON object, as UTF-8: the one that `encode` was given, or an equal one
   * @throws {Error} that says what is wrong: the value is invalid, or the registry has no such schema
   */
  decode(type: string, value: Buffer): Buffer;
  /** The name of the type that the value says of itself, such as that of its schema: `com.acme.OrderPlaced`. */
  nameOf?(value: Buffer): string | undefined;
  /**
   * Makes ready to encode data of these types, such as by fetching or registering their schemas. What is fetched MUST
   * stay until it was used: `encode` follows at once.
   * @throws when that is not possible at the moment. A type that has no schema is left to `encode`
   */
  prepareEncode?(types: readonly string[], signal: AbortSignal): Promise<void>;
  /**
   * Makes ready to decode these values, such as by fetching the schemas whose ids they begin with. What is fetched
   * MUST stay until it was used: `decode` follows at once.
   * @throws when that is not possible at the moment. A value that is invalid, or whose schema does not exist, is left
   *   to `decode`
   */
  prepareDecode?(values: readonly EncodedValue[], signal: AbortSignal): Promise<void>;
}

/** Passes the bytes on as they are. `decodeRecord` checks the result of every codec to be a JSON object. */
export const JSON_CODEC: SchemaCodec = {
  contentType: 'application/json',
  // With the `+json` suffix of RFC 6839.
  reads: (contentType) => /^[^;]*[/+]json\s*(;|$)/i.test(contentType),
  encode: (_type, json) => json,
  decode: (_type, value) => value,
};
