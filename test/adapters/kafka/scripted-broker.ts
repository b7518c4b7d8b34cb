import { Access } from '../../../src/adapters/kafka/wire/access.js';
import { writeBatch } from '../../../src/adapters/kafka/wire/batch-writer.js';
import { Connection } from '../../../src/adapters/kafka/wire/connection.js';
import type { Broker, Cluster, ProtocolRequest } from '../../../src/adapters/kafka/wire/internal-types.js';
import { createDecoder, createEncoder, errorOfCode } from '../../../src/adapters/kafka/wire/internals.js';
import { topic } from '../../../src/core/ids.js';

/** One partition of a fetch, as the adapter requested it. */
export interface RequestedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
}

export interface SentRequest {
  readonly name: string;
  readonly body: unknown;
}

type Step = (body: unknown) => unknown;

/** What Kafka answers, by error code. */
export const ERRORS = {
  offsetOutOfRange: 1,
  notLeader: 6,
  notCoordinator: 16,
  illegalGeneration: 22,
  unknownMemberId: 25,
  rebalanceInProgress: 27,
  topicAuthorizationFailed: 29,
  groupAuthorizationFailed: 30,
  invalidProducerEpoch: 47,
  concurrentTransactions: 51,
} as const;

export const fails = (code: number): Step => {
  const error = errorOfCode(code);
  return () => {
    throw error;
  };
};

/** A connection to a cluster in memory, as it is used for reading. */
export function connectionTo(cluster: Cluster, use: 'READ' | 'WRITE' = 'READ'): Connection {
  const connect = (): Connection => connectionTo(cluster);
  const client = { name: 'User test', mechanism: undefined, tls: false };
  // Never closed: a refusal that a test scripts is not asked about before the test has ended.
  const { signal: closed } = new AbortController();
  const access = new Access({ client, connect, closed, onProblem: () => undefined });
  return new Connection(cluster, access, use);
}

/**
 * A cluster of one broker in memory, for one member of one group. Each request has a plausible default answer;
 * a test scripts others. Records are written and fetched in the wire format.
 */
export class ScriptedBroker {
  readonly requests: SentRequest[] = [];
  /** The values of each partition's records, by `topic/partition`. A partition exists if it has an entry. */
  readonly records = new Map<string, string[]>();
  /** The first offset that the log still has, of every partition. */
  earliest = 0;
  /** The group's progress, as the broker has it. */
  committed = -1;
  /** Records a fetch returns at most. */
  batchRecords = 2;
  readonly connection: Connection;
  readonly cluster: Cluster;
  readonly #steps = new Map<string, Step[]>();
  #epoch = 0;
  #generation = 0;

  constructor(...partitions: readonly string[]) {
    for (const name of partitions) this.records.set(name, []);
    this.cluster = this.#createCluster();
    this.connection = connectionTo(this.cluster);
  }

  /** Scripts the next answers to requests of this name, one step each. Later requests get the default answer. */
  script(name: string, ...steps: readonly Step[]): void {
    this.#steps.set(name, [...(this.#steps.get(name) ?? []), ...steps]);
  }

  /** The names of the requests so far, without those that look up topics. */
  get sent(): readonly string[] {
    return this.requests.map(({ name }) => name);
  }

  bodies(name: string): readonly unknown[] {
    return this.requests.filter((one) => one.name === name).map(({ body }) => body);
  }

  /** The offsets that fetches of a partition have asked for. */
  fetchedFrom(partition: string): readonly number[] {
    // `#fetch` records what `decodeFetch` returns.
    const fetches = this.bodies('fetch') as readonly (readonly RequestedPartition[])[];
    return fetches.flat().flatMap((one) => (`${one.topic}/${one.partition}` === partition ? one.from : []));
  }

  async #answer(name: string, body: unknown, byDefault: () => unknown): Promise<unknown> {
    this.requests.push({ name, body });
    const step = this.#steps.get(name)?.shift();
    return step === undefined ? byDefault() : step(body);
  }

  #createCluster(): Cluster {
    const broker = this.#createBroker();
    const topicMetadata = () =>
      [...new Set([...this.records.keys()].map((name) => name.split('/')[0]))].map((name) => ({
        topic: name,
        partitionMetadata: [...this.records.keys()]
          .filter((one) => one.startsWith(`${name}/`))
          .map((_, partitionId) => ({ partitionId, leader: 1 })),
      }));
    const cluster = {
      connect: async () => {},
      disconnect: async () => {},
      refreshMetadata: async () => {},
      findBroker: async () => broker,
      findGroupCoordinator: async () => broker,
      findTopicPartitionMetadata: (name: string) =>
        topicMetadata().find((one) => one.topic === name)?.partitionMetadata ?? [],
      committedOffsets: () => ({}),
      targetTopics: new Set<string>(),
      brokerPool: {
        getNodeIds: () => ['1'],
        refreshMetadata: async ([name]: readonly string[]) => {
          if (name !== undefined && !topicMetadata().some((one) => one.topic === name)) throw errorOfCode(3);
        },
        get metadata() {
          return { topicMetadata: topicMetadata() };
        },
      },
    };
    // The adapter uses nothing else of a cluster.
    return cluster as unknown as Cluster;
  }

  #createBroker(): Broker {
    const empty =
      (name: string) =>
      (body: unknown): Promise<unknown> =>
        this.#answer(name, body, () => ({}));
    const broker = {
      nodeId: 1,
      versions: null,
      disconnect: async () => {},
      connectionPool: {
        getConnection: async () => ({}),
        send: (request: ProtocolRequest) => this.#send(request),
      },
      describeConfigs: async () => ({ resources: [] }),
      joinGroup: (body: unknown) => this.#answer('joinGroup', body, () => this.#joined()),
      syncGroup: (body: { groupAssignment: readonly { memberAssignment: Buffer }[] }) =>
        this.#answer('syncGroup', undefined, () => ({
          memberAssignment: body.groupAssignment[0]?.memberAssignment ?? null,
        })),
      leaveGroup: empty('leaveGroup'),
      heartbeat: empty('heartbeat'),
      addPartitionsToTxn: empty('addPartitionsToTxn'),
      addOffsetsToTxn: empty('addOffsetsToTxn'),
      txnOffsetCommit: empty('txnOffsetCommit'),
      endTxn: empty('endTxn'),
      initProducerId: (body: unknown) =>
        this.#answer('initProducerId', body, () => ({ producerId: '7', producerEpoch: this.#epoch++ })),
      offsetCommit: empty('offsetCommit'),
      offsetFetch: (body: unknown) =>
        this.#answer('offsetFetch', body, () => ({
          responses: [{ partitions: [{ offset: String(this.committed), metadata: null }] }],
        })),
      listOffsets: (body: {
        topics: { topic: string; partitions: { partition: number; timestamp: number }[] }[];
      }) =>
        this.#answer('listOffsets', body, () => {
          const [one] = body.topics;
          const [part] = one?.partitions ?? [];
          const end = this.records.get(`${one?.topic}/${part?.partition}`)?.length ?? 0;
          return {
            responses: [{ partitions: [{ offset: String(part?.timestamp === -2 ? this.earliest : end) }] }],
          };
        }),
    };
    // Each method answers as `wire/internals.ts` declares it; tests that script an answer do the same.
    return broker as unknown as Broker;
  }

  async #send({ request, response }: ProtocolRequest): Promise<unknown> {
    // The requests of kafkajs, and ours, have an API key and can be encoded.
    const { apiKey, encode } = request as { apiKey: number; encode(): Promise<{ buffer: Buffer }> };
    const { buffer } = await encode();
    if (apiKey === 0) {
      const written = decodeProduce(buffer);
      return this.#answer('produce', written, () => this.#produce(written));
    }
    const requested = decodeFetch(buffer);
    const answer = await this.#answer('fetch', requested, () => this.#fetch(requested));
    // A scripted answer is made by `fetchAnswer`, as the default one is.
    return response.decode(answer as Buffer);
  }

  /** The only member of its group, which therefore leads it. */
  #joined(): object {
    this.#generation += 1;
    const generationId = this.#generation;
    const members = [{ memberId: 'me' }];
    return { generationId, leaderId: 'me', memberId: 'me', members, groupProtocol: 'RoundRobinAssigner' };
  }

  #produce(written: readonly { topic: string; partition: number }[]): object {
    const topics = written.map(({ topic: name, partition }) => {
      const records = this.records.get(`${name}/${partition}`) ?? [];
      const baseOffset = String(records.length);
      records.push('written');
      return { topicName: name, partitions: [{ partition, errorCode: 0, baseOffset }] };
    });
    return { topics };
  }

  async #fetch(requested: readonly RequestedPartition[]): Promise<Buffer> {
    // A broker holds a fetch that it cannot answer yet.
    await new Promise((resolve) => setTimeout(resolve, 2));
    return fetchAnswer(
      requested.map((one) => {
        const all = this.records.get(`${one.topic}/${one.partition}`) ?? [];
        const errorCode = one.from < this.earliest || one.from > all.length ? ERRORS.offsetOutOfRange : 0;
        const values = errorCode === 0 ? all.slice(one.from, one.from + this.batchRecords) : [];
        return { ...one, errorCode, values, end: all.length };
      }),
    );
  }
}

/** A Fetch answer, version 11, in the wire format. */
export function fetchAnswer(
  partitions: readonly (RequestedPartition & {
    errorCode: number;
    values: readonly string[];
    end: number;
    /** -1 by default: none. */
    preferredReplica?: number;
  })[],
): Buffer {
  const encoder = createEncoder().writeInt32(0).writeInt16(0).writeInt32(0).writeInt32(partitions.length);
  for (const { topic: name, partition, errorCode, values, from, end, preferredReplica = -1 } of partitions) {
    encoder.writeString(name).writeInt32(1).writeInt32(partition).writeInt16(errorCode);
    encoder.writeInt64(String(end)).writeInt64(String(end)).writeInt64('0');
    encoder.writeInt32(0).writeInt32(preferredReplica).writeBytes(encodeRecords(values, from));
  }
  // kafkajs's encoder has its bytes in `buffer`.
  return (encoder as unknown as { buffer: Buffer }).buffer;
}

function encodeRecords(values: readonly string[], from: number): Buffer {
  if (values.length === 0) return Buffer.alloc(0);
  const records = values.map((value) => ({
    topic: topic('t'),
    key: null,
    headers: {},
    value: Buffer.from(value),
  }));
  const bytes = writeBatch(records, {
    timestamp: 1_700_000_000_000,
    producerId: '-1',
    producerEpoch: -1,
    firstSequence: -1,
    transactional: false,
  });
  bytes.writeBigInt64BE(BigInt(from), 0);
  return bytes;
}

function decodeFetch(buffer: Buffer): readonly RequestedPartition[] {
  const decoder = createDecoder(buffer);
  for (let i = 0; i < 4; i++) decoder.readInt32(); // replica, wait, least and most bytes
  decoder.readInt8(); // isolation level
  decoder.readInt32(); // session id
  decoder.readInt32(); // session epoch
  return decoder
    .readArray((one) => {
      const name = one.readString();
      return one.readArray((part) => {
        const partition = part.readInt32();
        part.readInt32(); // leader epoch
        const from = Number(part.readInt64().toString());
        part.readInt64(); // log start
        part.readInt32(); // most bytes
        return { topic: name, partition, from };
      });
    })
    .flat();
}

function decodeProduce(
  buffer: Buffer,
): readonly { topic: string; partition: number; transactional: boolean }[] {
  const decoder = createDecoder(buffer);
  // A null string is the length -1.
  const transactional = buffer.readInt16BE(0) !== -1;
  decoder.readString();
  decoder.readInt16(); // acknowledgements
  decoder.readInt32(); // timeout
  return decoder
    .readArray((one) => {
      const name = one.readString();
      return one.readArray((part) => {
        const partition = part.readInt32();
        part.readBytes();
        return { topic: name, partition, transactional };
      });
    })
    .flat();
}
