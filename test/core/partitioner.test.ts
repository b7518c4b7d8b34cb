import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { murmur2, partitionOfKey } from '../../src/core/partitioner.js';

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

  it('partitionOfKey returns an existing partition for any key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 1000 }), (key, partitions) => {
        const chosen = partitionOfKey(key, partitions);
        return Number.isInteger(chosen) && chosen >= 0 && chosen < partitions;
      }),
    );
  });
});
