import { type Topic, type TopicId, topicId } from '../../../core/ids.js';
import type { Broker, Decoder } from './internal-types.js';
import { createDecoder, createEncoder, readTopicId, skipTags } from './internals.js';

const METADATA_API_KEY = 3;
/** The first version whose answer has topic ids (KIP-516, brokers from 2.8). kafkajs ends at 6. */
const METADATA_VERSION = 10;
/** Sixteen zero bytes. In a request: the topic is named instead. In an answer: the broker has no id. */
const NO_ID = Buffer.alloc(16);

/** What a broker answers about one topic. */
export interface TopicMetadata {
  readonly error: number;
  readonly name: string;
  readonly id: TopicId | undefined;
  readonly partitions: number;
  /** What this client may do, if that was asked for: a bit for each operation, as Kafka's `AclOperation` numbers them. */
  readonly operations: number;
}

/** Whether a broker can answer `requestMetadata`. */
export const hasTopicIds = ({ versions }: Broker): boolean =>
  (versions?.[METADATA_API_KEY]?.maxVersion ?? 0) >= METADATA_VERSION;

/**
 * Metadata, version 10. In a flexible version (KIP-482) the header ends in tagged fields. kafkajs writes and reads
 * headers without them, so here they are the first byte of the body.
 */
export async function requestMetadata(
  broker: Broker,
  topics: readonly Topic[] | 'ALL',
  withOperations: boolean,
): Promise<readonly TopicMetadata[]> {
  let found: readonly TopicMetadata[] = [];
  await broker.connectionPool.send({
    request: {
      apiKey: METADATA_API_KEY,
      apiVersion: METADATA_VERSION,
      apiName: 'Metadata',
      encode: async () => encodeRequest(topics, withOperations),
    },
    response: {
      decode: async (raw) => {
        found = decodeAnswer(createDecoder(raw));
        return { clientSideThrottleTime: 0 };
      },
      parse: async (data) => data,
    },
  });
  return found;
}

function encodeRequest(topics: readonly Topic[] | 'ALL', withOperations: boolean) {
  const encoder = createEncoder();
  encoder.writeUVarInt(0);
  // A compact array that is null has length 0 (KIP-482): all topics.
  encoder.writeUVarInt(topics === 'ALL' ? 0 : topics.length + 1);
  for (const name of topics === 'ALL' ? [] : topics) {
    encoder.writeBuffer(NO_ID).writeUVarIntString(name).writeUVarInt(0);
  }
  // No automatic creation of topics, no authorised operations of the cluster, perhaps those of the topics.
  return encoder.writeBoolean(false).writeBoolean(false).writeBoolean(withOperations).writeUVarInt(0);
}

function decodeAnswer(decoder: Decoder): readonly TopicMetadata[] {
  skipTags(decoder);
  decoder.readInt32(); // throttle time
  decoder.readUVarIntArray((one) => {
    one.readInt32(); // node id
    one.readUVarIntString(); // host
    one.readInt32(); // port
    one.readUVarIntString(); // rack
    skipTags(one);
  });
  decoder.readUVarIntString(); // cluster id
  decoder.readInt32(); // controller
  return decoder.readUVarIntArray(decodeTopic) ?? [];
}

function decodeTopic(one: Decoder): TopicMetadata {
  const error = one.readInt16();
  const name = one.readUVarIntString() ?? '';
  const id = readTopicId(one);
  one.readInt8(); // internal
  const partitions = one.readUVarIntArray((part) => {
    part.readInt16(); // error
    part.readInt32(); // index
    part.readInt32(); // leader
    part.readInt32(); // leader epoch
    for (let list = 0; list < 3; list++) part.readUVarIntArray((replica) => replica.readInt32());
    skipTags(part);
  });
  const operations = one.readInt32();
  skipTags(one);
  // A cluster in the middle of an upgrade answers without ids.
  const known = id === NO_ID.toString('base64url') ? undefined : topicId(id);
  return { error, name, id: known, partitions: partitions?.length ?? 0, operations };
}
