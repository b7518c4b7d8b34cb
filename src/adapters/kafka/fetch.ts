import { type Offset, offset } from '../../core/ids.js';
import { type PartitionLife, partitionName, type TopicPartition } from '../../core/position.js';
import type { Headers, LogRecord } from '../../core/record.js';
import { FETCH, fetchProtocol, type RawPartition } from './fetch-protocol.js';
import {
  type Broker,
  createDecoder,
  decodeBatch,
  errorOfCode,
  type RawBatch,
  type RawRecord,
} from './internals.js';

/** Those of one topic have the same `topicId`. */
export interface Wanted extends PartitionLife {
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

/** The fixed part of a record batch before its records, and where its format version stands in it. */
const BATCH_HEADER = 61;
const MAGIC_AT = 16;
const SLOWEST_ANSWER = 30_000;

/**
 * One Fetch request for partitions that `broker` leads, without any group. Decoded here, batch by batch, so that one partition's error concerns no other and the offsets that
 * compaction, transactions and their markers took are covered by `last`.
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
    return { ...at, ...visible(await decodeBatches(bytes), aborted, from), error: undefined };
  } catch (error) {
    return { ...at, records: [], last: undefined, error: asError(error) };
  }
}

async function decodeBatches(bytes: Buffer): Promise<RawBatch[]> {
  const batches: RawBatch[] = [];
  let at = 0;
  // The last batch may be cut off: `maxBytes` counts bytes, not batches.
  while (at + BATCH_HEADER <= bytes.length) {
    const length = 12 + bytes.readInt32BE(at + 8);
    if (at + length > bytes.length) break;
    const magic = bytes.readInt8(at + MAGIC_AT);
    if (magic !== 2) throw new Error(`A record batch of format ${magic}; only format 2 can be read`);
    batches.push(await decodeBatch(createDecoder(bytes.subarray(at, at + length))));
    at += length;
  }
  return batches;
}

/**
 * Leaves out control records and those of aborted transactions, as the Java client does
 * (org.apache.kafka.clients.consumer.internals.CompletedFetch.nextFetchedRecord).
 */
function visible(
  batches: readonly RawBatch[],
  aborted: readonly { producerId: string; firstOffset: number }[],
  from: Offset,
): { records: LogRecord[]; last: Offset | undefined } {
  const waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<string>();
  const records: LogRecord[] = [];
  let last: Offset | undefined;
  for (const batch of batches) {
    const end = Number(batch.firstOffset) + batch.lastOffsetDelta;
    last = offset(end);
    while (waiting[0] !== undefined && waiting[0].firstOffset <= end) {
      open.add(waiting[0].producerId);
      waiting.shift();
    }
    if (batch.isControlBatch) {
      // Its key is version (int16) and type (int16): 0 is an abort.
      if (batch.records[0]?.key?.readInt16BE(2) === 0) open.delete(batch.producerId);
      continue;
    }
    if (batch.inTransaction && open.has(batch.producerId)) continue;
    for (const raw of batch.records) if (Number(raw.offset) >= from) records.push(recordOf(raw));
  }
  return { records, last: last !== undefined && last < from ? offset(from - 1) : last };
}

function recordOf(raw: RawRecord): LogRecord {
  return {
    offset: offset(Number(raw.offset)),
    timestamp: Number(raw.timestamp),
    key: raw.key === null ? null : raw.key.toString('utf8'),
    headers: headersOf(raw),
    value: raw.value,
  };
}

function headersOf({ headers }: RawRecord): Headers {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const one = Array.isArray(value) ? value.at(-1) : value;
    // A header may have no value at all: it is there, and empty.
    result[name] = one === null || one === undefined ? '' : one.toString('utf8');
  }
  return result;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
