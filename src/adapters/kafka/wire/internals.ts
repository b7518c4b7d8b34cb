import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
// As CommonJS: Node does not see this class among the names of the module.
import kafkajs, {
  type AuthenticationProviderArgs,
  type Authenticator,
  type Kafka,
  type Logger,
} from 'kafkajs';
import type { Cluster, Codec, ConsumerGroup, Decoder, Encoder, ProtocolRequest } from './internal-types.js';

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
