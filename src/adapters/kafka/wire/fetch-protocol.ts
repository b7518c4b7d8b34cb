import {
  type Offset,
  offset,
  type Partition,
  partition,
  type Topic,
  type TopicId,
  topic,
  topicId,
} from '../../../core/ids.js';
import type { Decoder, Encoder } from './internal-types.js';
import {
  createDecoder,
  createEncoder,
  errorOfCode,
  fetchRequest,
  READ_COMMITTED,
  readTopicId,
  skipTags,
} from './internals.js';

/** The parameters of one Fetch request. */
interface FetchParameters {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
  /** Where this client is (KIP-392): the leader may name a replica that is closer. */
  readonly rack: string;
  readonly topics: readonly {
    readonly topic: Topic;
    readonly topicId: TopicId | undefined;
    readonly partitions: readonly { readonly partition: Partition; readonly from: Offset }[];
  }[];
}

/** A partition's part of an answer, with its record batches still encoded. */
export interface RawPartition {
  readonly topic: Topic;
  readonly partition: Partition;
  readonly errorCode: number;
  /** The last stable offset. */
  readonly end: Offset;
  /** The aborted transactions in `bytes`. */
  readonly aborted: readonly { producerId: string; firstOffset: number }[];
  /** The node to fetch from instead, by the rack of the request; then there are no records. -1 for none. */
  readonly preferredReplica: number;
  readonly bytes: Buffer;
}

/** A request, and how to decode its answer. */
interface FetchProtocol {
  readonly request: unknown;
  decode(raw: Buffer): RawPartition[];
}

export const FETCH = 1;
/** The first version that names topics by id (KIP-516, brokers from 3.1). kafkajs ends at 11. */
const TOPIC_ID_VERSION = 13;

/**
 * Names topics by id when the broker supports it and every id is known. A recreated topic then answers with an error
 * (D5); by name, it would answer with its own records, as if they continued those of the old topic.
 */
export function fetchProtocol(parameters: FetchParameters, maxVersion: number): FetchProtocol {
  const idsKnown = parameters.topics.every(({ topicId: id }) => id !== undefined);
  return maxVersion >= TOPIC_ID_VERSION && idsKnown ? fetchById(parameters) : fetchByName(parameters);
}

/** Version 11 (brokers from 2.3). */
function fetchByName({
  maxWaitMs,
  maxBytes,
  maxPartitionBytes,
  rack,
  topics,
}: FetchParameters): FetchProtocol {
  const { request } = fetchRequest({
    isolationLevel: READ_COMMITTED,
    maxWaitTime: maxWaitMs,
    minBytes: 1,
    maxBytes,
    topics: topics.map(({ topic: name, partitions }) => ({
      topic: name,
      partitions: partitions.map((one) => ({
        partition: one.partition,
        fetchOffset: String(one.from),
        maxBytes: maxPartitionBytes,
      })),
    })),
    rackId: rack,
  });
  const decode = (raw: Buffer): RawPartition[] => {
    const decoder = createDecoder(raw);
    readHead(decoder);
    const found = decoder.readArray((one) => {
      const name = topic(one.readString());
      return one.readArray((part) => {
        const fixed = readFixed(part);
        const aborted = part.readArray(readAborted);
        const preferredReplica = part.readInt32();
        const size = part.readInt32();
        return { topic: name, ...fixed, aborted, preferredReplica, bytes: readRecords(part, size) };
      });
    });
    return found.flat();
  };
  return { request, decode };
}

/** Version 13. A flexible version (KIP-482): see `describe.ts` about its header. */
function fetchById({ maxWaitMs, maxBytes, maxPartitionBytes, rack, topics }: FetchParameters): FetchProtocol {
  const names = new Map(topics.map((one) => [one.topicId, one.topic]));
  const encode = async (): Promise<Encoder> => {
    const encoder = createEncoder();
    encoder.writeUVarInt(0);
    encoder.writeInt32(-1).writeInt32(maxWaitMs).writeInt32(1).writeInt32(maxBytes).writeInt8(READ_COMMITTED);
    encoder.writeInt32(0).writeInt32(-1); // no fetch session
    encoder.writeUVarInt(topics.length + 1);
    for (const { topicId: id, partitions } of topics) {
      encoder.writeBuffer(Buffer.from(id ?? '', 'base64url')).writeUVarInt(partitions.length + 1);
      for (const { partition: number, from } of partitions) {
        encoder.writeInt32(number).writeInt32(-1); // any leader epoch
        encoder.writeInt64(String(from)).writeInt32(-1).writeInt64('-1');
        encoder.writeInt32(maxPartitionBytes).writeUVarInt(0);
      }
      encoder.writeUVarInt(0);
    }
    return encoder.writeUVarInt(1).writeUVarIntString(rack).writeUVarInt(0);
  };
  const decode = (raw: Buffer): RawPartition[] => {
    const decoder = createDecoder(raw);
    skipTags(decoder);
    readHead(decoder);
    const found = decoder.readUVarIntArray((one) => {
      const id = topicId(readTopicId(one));
      const partitions = one.readUVarIntArray((part) => {
        const fixed = readFixed(part);
        const aborted = part.readUVarIntArray((entry) => {
          const read = readAborted(entry);
          skipTags(entry);
          return read;
        });
        const preferredReplica = part.readInt32();
        const bytes = readRecords(part, part.readUVarInt() - 1);
        skipTags(part);
        return { ...fixed, aborted: aborted ?? [], preferredReplica, bytes };
      });
      skipTags(one);
      const name = names.get(id);
      // A broker answers only for the requested topics; anything else is ignored.
      return name === undefined ? [] : (partitions ?? []).map((read) => ({ topic: name, ...read }));
    });
    return (found ?? []).flat();
  };
  return { request: { apiKey: FETCH, apiVersion: TOPIC_ID_VERSION, apiName: 'Fetch', encode }, decode };
}

function readHead(decoder: Decoder): void {
  decoder.readInt32(); // throttle time
  const errorCode = decoder.readInt16();
  if (errorCode !== 0) throw errorOfCode(errorCode);
  decoder.readInt32(); // session
}

function readFixed(part: Decoder): { partition: Partition; errorCode: number; end: Offset } {
  const number = partition(part.readInt32());
  const errorCode = part.readInt16();
  part.readInt64(); // high watermark
  const end = offset(Number(part.readInt64().toString()));
  part.readInt64(); // log start
  return { partition: number, errorCode, end };
}

function readAborted(one: Decoder): { producerId: string; firstOffset: number } {
  return { producerId: one.readInt64().toString(), firstOffset: Number(one.readInt64().toString()) };
}

const readRecords = (part: Decoder, size: number): Buffer =>
  size > 0 ? part.readBytes(size) : Buffer.alloc(0);
