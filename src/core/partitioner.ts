import { bytesOfText } from './byte-text.js';
import { type Partition, partition } from './ids.js';

/** Which of `partitions` partitions holds the records of a key. */
export type KeyPartitioner = (key: string, partitions: number) => Partition;

/**
 * The partition of a key, as Kafka's own default partitioner chooses it:
 * `toPositive(murmur2(utf8(key))) % partitions`
 * (org.apache.kafka.clients.producer.internals.BuiltInPartitioner).
 * Java, Go and librdkafka (`murmur2_random`) producers choose the same one. So a subscription that follows only its
 * key's partition finds their events, too.
 */
export function partitionOfKey(key: string, partitions: number): Partition {
  return partition((murmur2(bytesOfText(key)) & 0x7fffffff) % partitions);
}

/**
 * The partitions that may hold records of `key`: one, or all of them when the key is `undefined` (every key) or the
 * log does not tell (`EventLog.partitionOfKey`).
 */
export function partitionsOfKey(
  partitioner: KeyPartitioner | undefined,
  key: string | undefined,
  partitions: number,
): readonly Partition[] {
  if (key !== undefined && partitioner !== undefined) return [partitioner(key, partitions)];
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
