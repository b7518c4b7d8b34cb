import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOfText, isWellFormed, textOfBytes } from '../../src/core/byte-text.js';

const uuid = Buffer.from('f81d4fae7dec11d0a76500a0c91e6bf6', 'hex');
const long = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};

describe('the text of bytes', () => {
  it('becomes the same bytes again, whatever they are', () => {
    const samples = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      // Valid text with some bytes in between that are none.
      fc
        .array(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 4 })))
        .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)))),
    );
    fc.assert(
      fc.property(samples, (sample) => {
        const bytes = Buffer.from(sample);
        expect(bytesOfText(textOfBytes(bytes))).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('differs for different bytes, where decoding as UTF-8 makes them one', () => {
    const keys = [long(200n), long(201n), uuid, Buffer.of(0xff), Buffer.of(0xfe), Buffer.from('\ufffd')];
    expect(new Set(keys.map((key) => textOfBytes(key))).size).toBe(keys.length);
    expect(new Set(keys.map((key) => key.toString('utf8'))).size).toBeLessThan(keys.length);
  });

  it('is what UTF-8 says for valid UTF-8, the replacement character included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(isWellFormed(text));
        expect(textOfBytes(Buffer.from(text, 'utf8'))).toBe(text);
        expect(bytesOfText(text)).toEqual(Buffer.from(text, 'utf8'));
      }),
    );
    expect(textOfBytes(Buffer.from('a \ufffd b'))).toBe('a \ufffd b');
  });

  it('escapes overlong sequences, encoded surrogates and truncated sequences byte by byte', () => {
    for (const hex of ['c080', 'eda080', 'f4908080', 'e282', '80', 'f0']) {
      const bytes = Buffer.from(hex, 'hex');
      expect(textOfBytes(bytes)).toHaveLength(bytes.length);
      expect(bytesOfText(textOfBytes(bytes))).toEqual(bytes);
    }
  });

  it('reads a part of a buffer', () => {
    expect(textOfBytes(Buffer.from('61ff62', 'hex'), 1, 2)).toBe('\udcff');
    expect(textOfBytes(Buffer.from('abc'), 1)).toBe('bc');
  });
});
