import type { SchemaCodec } from '../../src/core/schema-codec.js';

/** As registries frame values: a zero, the schema's number in four bytes, and what is encoded with it. */
export const framed: SchemaCodec = {
  contentType: 'application/x-framed',
  reads: (contentType) => contentType === 'application/x-framed',
  encode: (_type, json) => Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.from(json).reverse()]),
  decode(_type, value) {
    if (value.length < 5 || value.readUInt8(0) !== 0 || value.readUInt32BE(1) !== 7)
      throw new Error('the value has no schema that is known');
    return Buffer.from(value.subarray(5)).reverse();
  },
};
