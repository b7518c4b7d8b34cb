import { type Offset, offset } from '../../../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../../../core/position.js';
import type { LogRecord } from '../../../core/record.js';
import { FETCH, fetchProtocol, type RawPartition } from './fetch-protocol.js';
import type { Broker } from './internal-types.js';
import { errorOfCode } from './internals.js';
import { type RecordBatch, readBatches } from './record-batch.js';

/** One partition to fetch, and from which offset on. Partitions of one topic have the same `topicId`. */
export interface PartitionFetch extends TopicIdPartition {
  readonly from: Offset;
}

/** A partition's part of the answer to a fetch. */
export interface FetchedPartition extends TopicPartition {
  /** The visible records, from the requested offset on. */
  readonly records: readonly LogRecord[];
  /** The last offset that the answer covers; `undefined` when it holds no batch. */
  readonly last: Offset | undefined;
  /** The last stable offset: nothing at or after it can be read yet. */
  readonly end: Offset;
  /** The node to fetch from instead: closer to this client than the leader. Then there are no records. */
  readonly preferredReplica?: number;
  /** The partition's protocol error, or what decoding its records threw. */
  readonly error: Error | undefined;
}

interface FetchLimits {
  /** How long the broker may wait for a first record, in milliseconds. */
  readonly maxWaitMs: number;
  /** For each partition. */
  readonly maxBytes: number;
  /** Where this client is, as the brokers' `broker.rack` says it. */
  readonly rack?: string;
}

/** How long an answer may take beyond `maxWaitMs`. */
const ANSWER_TIMEOUT_MS = 30_000;
/** For a whole answer, unless one partition alone may take more. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/**
 * Sends one Fetch request for partitions that `broker` leads or follows, without a consumer group.
 *
 * The answer is decoded here, batch by batch. A partition's error affects no other partition, and `last` covers the
 * offsets that have no visible record: those of compacted records, aborted transactions and control records.
 */
export async function fetchFrom(
  broker: Broker,
  requested: readonly PartitionFetch[],
  { maxWaitMs, maxBytes, rack = '' }: FetchLimits,
): Promise<FetchedPartition[]> {
  const topics = [...new Set(requested.map((one) => one.topic))].map((name) => {
    const partitions = requested.filter((one) => one.topic === name);
    return { topic: name, topicId: partitions[0]?.topicId, partitions };
  });
  const parameters = {
    maxWaitMs,
    maxBytes: Math.max(maxBytes, MAX_ANSWER_BYTES),
    maxPartitionBytes: maxBytes,
    rack,
    topics,
  };
  const protocol = fetchProtocol(parameters, broker.versions?.[FETCH]?.maxVersion ?? 0);
  const froms = new Map(requested.map((one) => [partitionName(one), one.from]));
  let fetched: FetchedPartition[] = [];
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
    await broker.connectionPool.send({ request, response, requestTimeout: maxWaitMs + ANSWER_TIMEOUT_MS });
  } catch (error) {
    if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError') await broker.disconnect();
    throw error;
  }
  return fetched;
}

async function decodePartition(raw: RawPartition, from: Offset): Promise<FetchedPartition> {
  const { topic, partition, end, errorCode, aborted, preferredReplica, bytes } = raw;
  const at = { topic, partition, end };
  if (errorCode !== 0) return { ...at, records: [], last: undefined, error: errorOfCode(errorCode) };
  if (preferredReplica >= 0)
    return { ...at, records: [], last: undefined, preferredReplica, error: undefined };
  try {
    return { ...at, ...visible(await readBatches(bytes), aborted, from), error: undefined };
  } catch (error) {
    return { ...at, records: [], last: undefined, error: asError(error) };
  }
}

/**
 * How far an answer to a fetch from `from` reaches; `undefined` when there is nothing to read yet. An answer without
 * any batch covers everything up to the last stable offset: compaction has removed it, or transactions left holes.
 */
export function lastCovered(fetched: FetchedPartition, from: Offset): Offset | undefined {
  if (fetched.last !== undefined) return fetched.last;
  return fetched.end > from ? offset(fetched.end - 1) : undefined;
}

/**
 * Leaves out control records and the records of aborted transactions, as the Java client does
 * (org.apache.kafka.clients.consumer.internals.CompletedFetch.nextFetchedRecord): a producer's transaction is aborted
 * from the `firstOffset` that the broker lists until its next abort marker.
 */
function visible(
  batches: readonly RecordBatch[],
  aborted: readonly { producerId: string; firstOffset: number }[],
  from: Offset,
): { records: LogRecord[]; last: Offset | undefined } {
  const upcoming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<string>();
  const records: LogRecord[] = [];
  let last: Offset | undefined;
  for (const batch of batches) {
    last = offset(batch.last);
    while (upcoming[0] !== undefined && upcoming[0].firstOffset <= batch.last) {
      open.add(upcoming[0].producerId);
      upcoming.shift();
    }
    if (batch.isControl) {
      if (batch.aborts()) open.delete(batch.producerId);
      continue;
    }
    if (batch.isTransactional && open.has(batch.producerId)) continue;
    for (const record of batch.records()) if (record.offset >= from) records.push(record);
  }
  // A batch is answered whole: the requested offset may lie within it, or, after compaction, behind its last record.
  return { records, last: last !== undefined && last < from ? offset(from - 1) : last };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
