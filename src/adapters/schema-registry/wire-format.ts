/** A value as serialisers with a registry frame it. */
export interface FramedValue {
  /** The number of the schema, or its GUID. */
  readonly schemaId: number | string;
  /** What is encoded with it. For Protobuf, the index of the message comes first. */
  readonly payload: Buffer;
}

const ID_MAGIC = 0;
const GUID_MAGIC = 1;
const ID_BYTES = 4;
const GUID_BYTES = 16;

/**
 * Reads the frame of Confluent's serialisers: a zero and the schema's number (4 bytes), or a one and its GUID (16 bytes),
 * which is in a header where `framedValue` of `core/envelope` has put it in front.
 * @throws {Error} that says what is wrong
 * @see https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html, "Wire format"
 */
export function readFrame(value: Buffer): FramedValue {
  const magic = value[0];
  if (magic === ID_MAGIC && value.length > ID_BYTES)
    return { schemaId: value.readInt32BE(1), payload: value.subarray(1 + ID_BYTES) };
  if (magic === GUID_MAGIC && value.length > GUID_BYTES) {
    const hex = value.toString('hex', 1, 1 + GUID_BYTES);
    const guid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    return { schemaId: guid, payload: value.subarray(1 + GUID_BYTES) };
  }
  throw new Error(
    value.length === 0
      ? 'the value is empty: it does not begin with the id of a schema'
      : `the value begins with the byte ${magic}, not with the id of a schema`,
  );
}

/** Frames a payload with the number of its schema. */
export function frame(schemaId: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(1 + ID_BYTES);
  head.writeInt32BE(schemaId, 1);
  return Buffer.concat([head, payload]);
}
