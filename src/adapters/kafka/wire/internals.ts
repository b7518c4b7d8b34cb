import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
// As CommonJS: Node does not see this class among the names of the module.
import kafkajs, {
  type AuthenticationProviderArgs,
  type Authenticator,
  type Kafka,
  type Logger,
} from 'kafkajs';

/**
 * The internals of kafkajs that this adapter uses, and the only file that loads them. kafkajs is pinned to exactly
 * 2.2.4, because it promises nothing about them. Its public API cannot keep the port's guarantees:
 *
 * - It reads only within a consumer group.
 * - Its consumer commits with the current generation instead of the batch's, so a member that lost a partition and
 *   rejoined could move another member's progress. While one partition is handled, it fetches no other of the broker.
 * - Its producer reuses sequence numbers after a request with an unknown outcome. The broker may then take the next
 *   batch for a duplicate, and drop it.
 * - It shows aborted records when two aborted transactions are open where a fetch begins.
 *
 * Used here: connections, authentication, the wire protocol, metadata, and the group membership protocol.
 */

/** A connected broker, with the requests that it can send. */
export interface Broker {
  readonly nodeId: number;
  /** The versions that the broker supports, by API key. */
  readonly versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>> | null;
  readonly connectionPool: {
    /** Connects if necessary. */
    getConnection(): Promise<unknown>;
    send(request: ProtocolRequest): Promise<unknown>;
  };
  disconnect(): Promise<void>;
  findGroupCoordinator(of: { groupId: string; coordinatorType: number }): Promise<{
    coordinator: { nodeId: number };
  }>;
  listOffsets(request: {
    isolationLevel: number;
    topics: readonly {
      topic: string;
      partitions: readonly { partition: number; timestamp: number | string }[];
    }[];
  }): Promise<{ responses: { topic: string; partitions: { partition: number; offset: string }[] }[] }>;
  heartbeat(request: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  describeConfigs(request: {
    resources: readonly { type: number; name: string; configNames: readonly string[] }[];
  }): Promise<{
    resources: { configEntries: { configName: string; configValue: string | null }[] }[];
  }>;
  offsetCommit(
    request: { groupId: string; groupGenerationId: number; memberId: string } & Offsets,
  ): Promise<unknown>;
  offsetFetch(request: {
    groupId: string;
    topics: readonly { topic: string; partitions: readonly { partition: number }[] }[];
  }): Promise<{
    responses: {
      topic: string;
      partitions: { partition: number; offset: string; metadata: string | null }[];
    }[];
  }>;
  initProducerId(request: {
    transactionalId?: string;
    transactionTimeout: number;
  }): Promise<{ producerId: string; producerEpoch: number }>;
  addPartitionsToTxn(
    request: Transaction & { topics: readonly { topic: string; partitions: readonly number[] }[] },
  ): Promise<unknown>;
  addOffsetsToTxn(request: Transaction & { groupId: string }): Promise<unknown>;
  txnOffsetCommit(request: Transaction & { groupId: string } & Offsets): Promise<unknown>;
  endTxn(request: Transaction & { transactionResult: boolean }): Promise<unknown>;
}

interface Offsets {
  readonly topics: readonly {
    topic: string;
    partitions: readonly { partition: number; offset: string; metadata: string | null }[];
  }[];
}

interface Transaction {
  readonly transactionalId: string;
  readonly producerId: string;
  readonly producerEpoch: number;
}

interface PartitionMetadata {
  readonly partitionId: number;
  readonly leader: number;
}

/** One connection to a broker. */
export interface BrokerConnection {
  /** How long the broker's session lasts after an authentication, in milliseconds; 0 without a limit. */
  readonly sessionLifetime: { toString(): string };
  /** How long before the end of the session to authenticate again, in milliseconds. */
  reauthenticationThreshold: number;
  connect(): Promise<unknown>;
}

export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  /** The topics whose metadata a refresh requests. A missing one makes it fail. */
  targetTopics: Set<string>;
  refreshMetadata(): Promise<void>;
  findBroker(which: { nodeId: number }): Promise<Broker>;
  findGroupCoordinator(of: { groupId: string; coordinatorType?: number }): Promise<Broker>;
  /** Makes the connections to one broker: two, of which the second is for fetches. */
  readonly connectionPoolBuilder: {
    build(broker?: object): Promise<{ readonly pool: readonly BrokerConnection[] }>;
  };
  readonly brokerPool: {
    readonly metadata: {
      readonly topicMetadata: readonly {
        topic: string;
        partitionMetadata: readonly PartitionMetadata[];
      }[];
    } | null;
    /** The bootstrap server that is connected. */
    readonly seedBroker?: Broker;
    getNodeIds(): string[];
    refreshMetadata(topics: readonly string[]): Promise<void>;
  };
}

/** One member of a consumer group: joining, assignment and heartbeat, without fetching. */
export interface ConsumerGroup {
  readonly generationId: number | null;
  memberId: string | null;
  coordinator: Broker | null;
  joinAndSync(): Promise<void>;
  leave(): Promise<void>;
  assigned(): { topic: string; partitions: number[] }[];
  /** The partitions of each topic that this member knew when it joined. A group's leader assigns these. */
  readonly partitionsPerSubscribedTopic: ReadonlyMap<string, readonly number[]> | null;
}

export interface ProtocolRequest {
  readonly request: unknown;
  readonly response: { decode(raw: Buffer): Promise<unknown>; parse(data: unknown): Promise<unknown> };
  readonly requestTimeout?: number;
}

export interface Decoder {
  readInt8(): number;
  readInt16(): number;
  readInt32(): number;
  readInt64(): { toString(): string };
  readString(): string;
  readBytes(length?: number): Buffer;
  readUVarInt(): number;
  readUVarIntString(): string | null;
  readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null;
  readArray<T>(read: (decoder: Decoder) => T): T[];
}

export interface Encoder {
  writeInt8(value: number): Encoder;
  writeInt16(value: number): Encoder;
  writeString(value: string | null): Encoder;
  writeInt32(value: number): Encoder;
  writeInt64(value: string): Encoder;
  writeBytes(value: Buffer): Encoder;
  writeBuffer(value: Buffer): Encoder;
  writeUVarInt(value: number): Encoder;
  writeUVarIntString(value: string): Encoder;
  writeBoolean(value: boolean): Encoder;
}

/** Decompresses the records of a batch. */
export interface Codec {
  decompress(bytes: Buffer): Promise<Buffer>;
}

type Protocol = { protocol(of: { version: number }): (options: object) => ProtocolRequest };

// Each cast names what the pinned version exports there; the live tests exercise all of them.
const load = createRequire(import.meta.url);
const requests = load('kafkajs/src/protocol/requests').requests as Record<'Produce' | 'Fetch', Protocol>;
export const fetchRequest = requests.Fetch.protocol({ version: 11 });
export const produceRequest = requests.Produce.protocol({ version: 7 });
export const createDecoder = (() => {
  const Class = load('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder;
  return (bytes: Buffer): Decoder => new Class(bytes);
})();
export const createEncoder = (() => {
  const Class = load('kafkajs/src/protocol/encoder') as new () => Encoder;
  return (): Encoder => new Class();
})();
/** The codec that a batch's attributes name; `null` for an uncompressed batch. */
export const codecOf = load('kafkajs/src/protocol/message/compression').lookupCodecByAttributes as (
  attributes: number,
) => Codec | null;
export const crc32c = load('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number;
const createErrorFromCode = load('kafkajs/src/protocol/error').createErrorFromCode as (code: number) => Error;

/** Error codes that kafkajs does not know. */
const NEWER_ERRORS = new Map([
  [100, { type: 'UNKNOWN_TOPIC_ID', message: 'This server does not host this topic id' }],
  [103, { type: 'INCONSISTENT_TOPIC_ID', message: 'The log of the partition has another topic id' }],
]);

export function errorOfCode(code: number): Error {
  const newer = NEWER_ERRORS.get(code);
  if (newer === undefined) return createErrorFromCode(code);
  return new kafkajs.KafkaJSProtocolError(
    Object.assign(new Error(newer.message), { ...newer, code, retriable: false }),
  );
}

/** Skips tagged fields (KIP-482). kafkajs's own method skips one byte too few of each field. */
export function skipTags(decoder: Decoder): void {
  for (let left = decoder.readUVarInt(); left > 0; left--) {
    decoder.readUVarInt();
    const size = decoder.readUVarInt();
    if (size > 0) decoder.readBytes(size);
  }
}

const UUID_BYTES = 16;

export function readTopicId(decoder: Decoder): string {
  return decoder.readBytes(UUID_BYTES).toString('base64url');
}

const ConsumerGroupClass = load('kafkajs/src/consumer/consumerGroup') as new (
  options: object,
) => ConsumerGroup;
const roundRobin = load('kafkajs/src/consumer/assigners/roundRobinAssigner') as (options: object) => unknown;
const Emitter = load('kafkajs/src/instrumentation/emitter') as new () => { emitter: EventEmitter };

type Scram = (credentials: {
  readonly username: string;
  readonly password: string;
}) => (args: AuthenticationProviderArgs) => Authenticator;

export function scramAuthenticator(mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512'): Scram {
  const name = mechanism === 'SCRAM-SHA-256' ? 'scram256' : 'scram512';
  return load(`kafkajs/src/broker/saslAuthenticator/${name}`) as Scram;
}

interface ClusterOptions {
  readonly metadataMaxAge: number;
  /** A request to `broker` (`host:port`), sent at `sentAt` (`Date.now`), timed out. */
  onUnanswered(request: { readonly broker: string; readonly sentAt: number }): void;
}

type CreateCluster = (options: object) => Cluster;

/** Calls `prepare` with every cluster that `kafka` creates, those of its admin clients included. */
export function onClusterCreated(kafka: Kafka, prepare: (cluster: Cluster) => void): void {
  const { holder, key, create } = clusterFactory(kafka);
  holder[key] = (options) => {
    const cluster = create(options);
    prepare(cluster);
    return cluster;
  };
}

/** A cluster with connections of its own and the settings of `kafka`. */
export function createCluster(kafka: Kafka, { metadataMaxAge, onUnanswered }: ClusterOptions): Cluster {
  const instrumentationEmitter = new Emitter();
  // The shape of the library's network/requestQueue/socketRequest.js.
  instrumentationEmitter.emitter.on(
    'network.request_timeout',
    ({ payload }: { payload: { broker: string; sentAt: number } }) => onUnanswered(payload),
  );
  return clusterFactory(kafka).create({
    metadataMaxAge,
    instrumentationEmitter,
    allowAutoTopicCreation: false,
    isolationLevel: READ_COMMITTED,
  });
}

function clusterFactory(kafka: Kafka): {
  holder: Record<symbol, CreateCluster>;
  key: symbol;
  create: CreateCluster;
} {
  const key = Object.getOwnPropertySymbols(kafka).find(
    (symbol) => symbol.description === 'private:Kafka:createCluster',
  );
  // What the pinned version keeps under this symbol; a missing one is refused here.
  const holder = kafka as unknown as Record<symbol, CreateCluster>;
  const create = key === undefined ? undefined : holder[key];
  if (key === undefined || create === undefined)
    throw new Error('The installed kafkajs is not version 2.2.4, which this adapter needs');
  return { holder, key, create };
}

interface ConsumerGroupOptions {
  readonly cluster: Cluster;
  readonly logger: Logger;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
}

export function createConsumerGroup(options: ConsumerGroupOptions): ConsumerGroup {
  const { cluster, logger, groupId, topics } = options;
  return new ConsumerGroupClass({
    ...options,
    topicConfigurations: Object.fromEntries(topics.map((topic) => [topic, { fromBeginning: true }])),
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000 },
    assigners: [roundRobin({ groupId, logger, cluster })],
    instrumentationEmitter: new Emitter(),
    autoCommit: false,
    isolationLevel: READ_COMMITTED,
  });
}

export const READ_COMMITTED = 1;
export const GROUP_COORDINATOR = 0;
export const TRANSACTION_COORDINATOR = 1;
export const TOPIC_RESOURCE = 2;
export const TOPIC_AUTHORIZATION_FAILED = 29;
/** Special timestamps of ListOffsets. */
export const EARLIEST = -2;
export const LATEST = -1;
