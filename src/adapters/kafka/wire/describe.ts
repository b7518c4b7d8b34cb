import { type Topic, type TopicId, topic, topicId } from '../../../core/ids.js';
import type { TopicDescription } from '../../../ports/event-log.js';
import { type Connection, isTopicMissing } from './connection.js';
import { retrying } from './failures.js';
import {
  type Broker,
  createDecoder,
  createEncoder,
  type Decoder,
  errorOfCode,
  readTopicId,
  skipTags,
} from './internals.js';

const METADATA_API_KEY = 3;
/** The first version whose answer has topic ids (KIP-516, brokers from 2.8). kafkajs ends at 6. */
const METADATA_VERSION = 10;
/** Sixteen zero bytes. In a request: the topic is named instead. In an answer: the broker has no id. */
const NO_ID = Buffer.alloc(16);

/** Asks a broker for the topics' current ids and partition counts. Topics that do not exist are not in the answer. */
export function describeTopics(
  connection: Connection,
  topics: readonly Topic[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Topic, TopicDescription>> {
  return retrying(async () => {
    const broker = await connection.anyBroker();
    if ((broker.versions?.[METADATA_API_KEY]?.maxVersion ?? 0) < METADATA_VERSION) {
      return describeWithoutIds(connection, topics, signal);
    }
    const found = await requestMetadata(broker, topics);
    for (const [name, { partitions }] of found) connection.observePartitions(name, partitions);
    return found;
  }, signal);
}

async function describeWithoutIds(
  connection: Connection,
  topics: readonly Topic[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Topic, TopicDescription>> {
  const found = new Map<Topic, TopicDescription>();
  for (const name of topics) {
    connection.forget(name);
    try {
      const { leaders } = await connection.layout(name, signal);
      found.set(name, { id: undefined, partitions: leaders.size });
    } catch (error) {
      if (!isTopicMissing(error)) throw error;
    }
  }
  return found;
}

/**
 * Metadata, version 10. In a flexible version (KIP-482) the header ends in tagged fields. kafkajs writes and reads
 * headers without them, so here they are the first byte of the body.
 */
async function requestMetadata(
  broker: Broker,
  topics: readonly Topic[],
): Promise<ReadonlyMap<Topic, TopicDescription>> {
  let found = new Map<Topic, TopicDescription>();
  await broker.connectionPool.send({
    request: {
      apiKey: METADATA_API_KEY,
      apiVersion: METADATA_VERSION,
      apiName: 'Metadata',
      encode: async () => encodeRequest(topics),
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

function encodeRequest(topics: readonly Topic[]) {
  const encoder = createEncoder();
  encoder.writeUVarInt(0);
  encoder.writeUVarInt(topics.length + 1);
  for (const name of topics) {
    encoder.writeBuffer(NO_ID).writeUVarIntString(name).writeUVarInt(0);
  }
  // No automatic creation of topics, no authorised operations of the cluster, none of the topics.
  return encoder.writeBoolean(false).writeBoolean(false).writeBoolean(false).writeUVarInt(0);
}

function decodeAnswer(decoder: Decoder): Map<Topic, TopicDescription> {
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
  const topics = decoder.readUVarIntArray(decodeTopic) ?? [];
  const found = new Map<Topic, TopicDescription>();
  for (const { error, name, id, partitions } of topics) {
    const failure = error === 0 ? undefined : errorOfCode(error);
    if (failure === undefined) found.set(topic(name), { id, partitions });
    else if (!('type' in failure) || failure.type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw failure;
  }
  return found;
}

function decodeTopic(one: Decoder): {
  error: number;
  name: string;
  id: TopicId | undefined;
  partitions: number;
} {
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
  one.readInt32(); // authorised operations
  skipTags(one);
  // A cluster in the middle of an upgrade answers without ids.
  const known = id === NO_ID.toString('base64url') ? undefined : topicId(id);
  return { error, name, id: known, partitions: partitions?.length ?? 0 };
}
