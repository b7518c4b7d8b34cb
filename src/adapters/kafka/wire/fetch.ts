import { type Offset, offset } from '../../../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../../../core/position.js';
import type { LogRecord } from '../../../core/record.js';
import { FETCH, fetchProtocol, type RawPartition } from './fetch-protocol.js';
import { type Broker, errorOfCode } from './internals.js';
import { type RecordBatch, readBatches } from './record-batch.js';

/** Those of one topic have the same `topicId`. */
export interface Wanted extends TopicIdPartition {
  readonly from: Offset;
}

/** What one partition answered to a fetch. */
export interface Fetched extends TopicPartition {
  /** The visible records from the wanted offset on. */
  readonly records: readonly LogRecord[];
  /** The last offset that the answer covers; `undefined` when it holds no batch. */
  readonly last: Offset | undefined;
  /** The last stable offset: up to where there was something to read. */
  readonly end: Offset;
  /** The protocol's error of this partition, or records that cannot be decoded. */
  readonly error: Error | undefined;
}

export interface FetchLimits {
  /** How long the broker may wait for a first record, in milliseconds. */
  readonly maxWait: number;
  readonly maxBytes: number;
}

const SLOWEST_ANSWER = 30_000;

/**
 * One Fetch request for partitions that `broker` leads, without any group. Decoded here, batch by batch, so
 * that one partition's error concerns no other and the offsets that compaction, transactions and their
 * markers took are covered by `last`.
 */
export async function fetchFrom(
  broker: Broker,
  wanted: readonly Wanted[],
  { maxWait, maxBytes }: FetchLimits,
): Promise<Fetched[]> {
  const topics = [...new Set(wanted.map((one) => one.topic))].map((name) => {
    const partitions = wanted.filter((one) => one.topic === name);
    return { topic: name, topicId: partitions[0]?.topicId, partitions };
  });
  const question = {
    maxWait,
    maxBytes: Math.max(maxBytes, 8 * 1024 * 1024),
    maxPartitionBytes: maxBytes,
    topics,
  };
  const protocol = fetchProtocol(question, broker.versions?.[FETCH]?.maxVersion ?? 0);
  const froms = new Map(wanted.map((one) => [partitionName(one), one.from]));
  let fetched: Fetched[] = [];
  const response = {
    decode: async (raw: Buffer) => {
      fetched = await Promise.all(
        protocol.decode(raw).map((one) => decodePartition(one, froms.get(partitionName(one)) ?? offset(0))),
      );
      return { clientSideThrottleTime: 0 };
    },
    parse: async (data: unknown) => data,
  };
  const { request } = protocol;
  try {
    await broker.connectionPool.send({ request, response, requestTimeout: maxWait + SLOWEST_ANSWER });
  } catch (error) {
    if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError') await broker.disconnect();
    throw error;
  }
  return fetched;
}

async function decodePartition(raw: RawPartition, from: Offset): Promise<Fetched> {
  const { topic, partition, end, errorCode, aborted, bytes } = raw;
  const at = { topic, partition, end };
  if (errorCode !== 0) return { ...at, records: [], last: undefined, error: errorOfCode(errorCode) };
  try {
    return { ...at, ...visible(await readBatches(bytes), aborted, from), error: undefined };
  } catch (error) {
    return { ...at, records: [], last: undefined, error: asError(error) };
  }
}

/**
 * Leaves out control records and those of aborted transactions, as the Java client does
 * (org.apache.kafka.clients.consumer.internals.CompletedFetch.nextFetchedRecord).
 */
function visible(
  batches: readonly RecordBatch[],
  aborted: readonly { producerId: string; firstOffset: number }[],
  from: Offset,
): { records: LogRecord[]; last: Offset | undefined } {
  const waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<string>();
  const records: LogRecord[] = [];
  let last: Offset | undefined;
  for (const batch of batches) {
    last = offset(batch.last);
    while (waiting[0] !== undefined && waiting[0].firstOffset <= batch.last) {
      open.add(waiting[0].producerId);
      waiting.shift();
    }
    if (batch.isControl) {
      if (batch.aborts()) open.delete(batch.producerId);
      continue;
    }
    if (batch.isTransactional && open.has(batch.producerId)) continue;
    for (const record of batch.records()) if (record.offset >= from) records.push(record);
  }
  return { records, last: last !== undefined && last < from ? offset(from - 1) : last };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
