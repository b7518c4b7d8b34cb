import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlaced, murmur2, PARTITIONERS, partitionOfKey } from '../../src/core/partitioner.js';

// From org.apache.kafka.common.utils.UtilsTest.testMurmur2.
const VECTORS: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

describe('murmur2', () => {
  it.each(VECTORS)("murmur2 returns Kafka's hash for %s", (text, hash) => {
    expect(murmur2(Buffer.from(text, 'utf8'))).toBe(hash);
  });

  it('murmur2 reads only its own part of a shared buffer', () => {
    const shared = Buffer.from('xxxfoobarxxx', 'utf8');
    expect(murmur2(shared.subarray(3, 9))).toBe(-790332482);
  });
});

describe('partitionOfKey', () => {
  it.each(VECTORS)("partitionOfKey clears the hash's sign as Kafka does for %s", (text, hash) => {
    expect(partitionOfKey(text, 12)).toBe((hash & 0x7fffffff) % 12);
  });

  it('partitionOfKey hashes the UTF-8 bytes of a key', () => {
    const hash = murmur2(Uint8Array.of(0xc3, 0xbc, 0xe2, 0x82, 0xac));
    expect(partitionOfKey('ü€', 7)).toBe((hash & 0x7fffffff) % 7);
  });

  it.each(PARTITIONERS)('%s puts any key into an existing partition', (partitioner) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 1000 }), (key, partitions) => {
        const chosen = partitionOfKey(key, partitions, partitioner);
        return Number.isInteger(chosen) && chosen >= 0 && chosen < partitions;
      }),
    );
  });

  it('CRC32 is the unsigned CRC-32 of the UTF-8 bytes (check value of the CRC catalogue)', () => {
    expect(partitionOfKey('123456789', 2 ** 31 - 1, 'CRC32')).toBe(0xcbf43926 % (2 ** 31 - 1));
    expect(partitionOfKey('ü€', 7, 'CRC32')).toBe(crc32(Buffer.from('ü€')) % 7);
  });

  // From the reference vectors of FNV (http://www.isthe.com/chongo/tech/comp/fnv/). Go's `%` has the dividend's sign.
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
    ['fo', 0x6222e842],
  ])('FNV1A takes the hash of %j as a signed number and drops the sign of the remainder', (key, hash) => {
    expect(partitionOfKey(key, 1_000, 'FNV1A')).toBe(Math.abs((hash | 0) % 1_000));
  });

  it('places no empty key with CRC32, because librdkafka puts it anywhere', () => {
    expect(PARTITIONERS.map((partitioner) => isPlaced('', partitioner))).toEqual([true, false, true]);
    expect(isPlaced('k', 'CRC32')).toBe(true);
  });
});
