import { crc32 } from 'node:zlib';
import { bytesOfText } from './byte-text.js';
import { type Partition, partition } from './ids.js';

/** How a producer chooses the partition of a key: `enum Partitioner` of schema/directives.graphql, which says whose each is. */
export type Partitioner = 'MURMUR2' | 'CRC32' | 'FNV1A';

/** What a topic may be declared to have. `NONE`: records of a key may be in any partition. */
export type DeclaredPartitioner = Partitioner | 'NONE';

export const PARTITIONERS: readonly Partitioner[] = ['MURMUR2', 'CRC32', 'FNV1A'];

/** The partitioner of our own producers, and of a topic that declares none. */
export const DEFAULT_PARTITIONER: Partitioner = 'MURMUR2';

/** Which of `partitions` partitions holds the records of a key. */
export type KeyPartitioner = (key: string, partitions: number, partitioner?: Partitioner) => Partition;

/**
 * Where the records of one key are in a topic of `partitions` partitions. `undefined` instead of a placement: in any of
 * its partitions.
 */
export type KeyPlacement = (partitions: number) => Partition;

/**
 * The partition of a key, as a producer with this partitioner chooses it. Each is computed as its library does:
 * - `MURMUR2`: `toPositive(murmur2(key)) % partitions` (org.apache.kafka.clients.producer.internals.BuiltInPartitioner);
 * - `CRC32`: `crc32(key) % partitions`, unsigned (librdkafka's `rd_kafka_msg_partitioner_consistent`);
 * - `FNV1A`: the hash as a signed number, `% partitions`, without its sign (sarama's `NewHashPartitioner`).
 */
export function partitionOfKey(
  key: string,
  partitions: number,
  partitioner: Partitioner = DEFAULT_PARTITIONER,
): Partition {
  switch (partitioner) {
    case 'MURMUR2':
      return partition((murmur2(bytesOfText(key)) & 0x7fffffff) % partitions);
    case 'CRC32':
      return partition(crc32(bytesOfText(key)) % partitions);
    case 'FNV1A':
      return partition(Math.abs(fnv1a(bytesOfText(key))) % partitions);
  }
}

/** Whether the partition of a key follows from it. librdkafka's `consistent_random` puts empty keys anywhere. */
export function isPlaced(key: string, partitioner: Partitioner): boolean {
  return key !== '' || partitioner !== 'CRC32';
}

/** The partitions that may hold the records of a key: one, or all of them without a placement. */
export function partitionsOf(placement: KeyPlacement | undefined, partitions: number): readonly Partition[] {
  if (placement !== undefined) return [placement(partitions)];
  return Array.from({ length: partitions }, (_, number) => partition(number));
}

/** MurmurHash2 with Kafka's seed (org.apache.kafka.common.utils.Utils.murmur2). A signed 32-bit number. */
export function murmur2(bytes: Uint8Array): number {
  const m = 0x5bd1e995;
  const length = bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  let h = 0x9747b28c ^ length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    let k = Math.imul(view.getInt32(i, true), m);
    k = Math.imul(k ^ (k >>> 24), m);
    h = Math.imul(h, m) ^ k;
  }
  const rest = length - i;
  if (rest >= 3) h ^= view.getUint8(i + 2) << 16;
  if (rest >= 2) h ^= view.getUint8(i + 1) << 8;
  if (rest >= 1) h = Math.imul(h ^ view.getUint8(i), m);
  h = Math.imul(h ^ (h >>> 13), m);
  return h ^ (h >>> 15);
}

/** FNV-1a of 32 bits. A signed number. */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 | 0;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
