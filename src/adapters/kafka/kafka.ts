import { setMaxListeners } from 'node:events';
import { Kafka, type KafkaConfig, type Mechanism } from 'kafkajs';
import { withSignal } from '../../core/async.js';
import { Deadline } from '../../core/deadline.js';
import type { Offset, Partition, Topic } from '../../core/ids.js';
import { partitionOfKey } from '../../core/partitioner.js';
import type { Position } from '../../core/position.js';
import type { LogBatch, NewRecord } from '../../core/record.js';
import type { GroupHandler, GroupMember } from '../../ports/consumer-groups.js';
import type { Bounds, EventLog, LogUse, Range, TopicDescription, TopicSpec } from '../../ports/event-log.js';
import type { LogInspection } from '../../ports/log-inspection.js';
import type { OnProblem } from '../../ports/problem.js';
import type {
  TransactionalBatch,
  TransactionalCommit,
  TransactionalSubscription,
} from '../../ports/transactional-commit.js';
import { KafkaGroupMember } from './group/member.js';
import { KafkaInspection } from './inspect/inspection.js';
import { Writer } from './produce/writer.js';
import { readRange } from './read.js';
import { rightsFor } from './rights-for.js';
import { clientOf } from './security/client.js';
import { saslOption } from './security/sasl.js';
import type { KafkaSecurity } from './security/security.js';
import { tlsOptions } from './security/tls.js';
import { ensureTopics } from './topics.js';
import { Access } from './wire/access.js';
import { bootstrapAddress } from './wire/bootstrap-address.js';
import { allBounds, offsetAtTime } from './wire/bounds.js';
import { prepareConnections } from './wire/broker-connections.js';
import { registerCodecs } from './wire/compression.js';
import { Connection } from './wire/connection.js';
import { describeTopics } from './wire/describe.js';
import { createCluster, onClusterCreated } from './wire/internals.js';
import { kafkajsLog } from './wire/kafkajs-log.js';
import { Sockets } from './wire/sockets.js';

interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly security?: KafkaSecurity;
  /** Where this client is, as the brokers' `broker.rack` says it: groups fetch from replicas there (KIP-392). */
  readonly rack?: string;
  /** After this many milliseconds without a heartbeat, a group member's partitions go to others. Default 30,000. */
  readonly sessionTimeout?: number;
  /** After this many milliseconds without an answer, a request fails and its connection is replaced. Default 30,000. */
  readonly requestTimeout?: number;
  /** How large a record batch may be when it is decompressed. If a process has several logs, the last one's limit applies. */
  readonly maxInflatedBytes?: number;
  readonly onProblem?: OnProblem;
}

const CONNECTION_TIMEOUT_MS = 5_000;
const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;
const DEFAULT_SESSION_TIMEOUT_MS = 30_000;
const METADATA_MAX_AGE_MS = 60_000;
/** How long connections may take to close; then their sockets are destroyed. */
const CLOSE_TIMEOUT_MS = 1_000;
/** The most bytes that one fetch requests of a partition. */
const MAX_FETCH_BYTES = 1024 * 1024;

/**
 * The event log of a Kafka cluster. Resolves without connecting: connections are made on first use, and again after
 * a loss. Aborting `signal` ends everything that the log does, as disposing it does.
 */
export async function openKafkaLog(options: KafkaOptions, signal: AbortSignal): Promise<EventLog> {
  signal.throwIfAborted();
  registerCodecs(options.maxInflatedBytes);
  const sasl = options.security?.sasl;
  return new KafkaLog(options, sasl && (await saslOption(sasl)), signal);
}

class KafkaLog implements EventLog, TransactionalCommit {
  readonly description: string;
  readonly partitionOfKey = partitionOfKey;
  readonly inspection: LogInspection;
  readonly #options: KafkaOptions;
  readonly #sockets: Sockets;
  readonly #kafka: Kafka;
  readonly #disposed = new AbortController();
  /** Aborted when the log is disposed, or its owner's signal is aborted. */
  readonly #closed: AbortSignal;
  /** Brokers answer the requests of a connection in order, and a fetch may wait: writing has its own connection. */
  readonly #writing: Connection;
  readonly #reading: Connection;
  readonly #access: Access;
  readonly #writer: Writer;
  readonly #members = new Set<GroupMember>();

  constructor(options: KafkaOptions, sasl: Mechanism | undefined, signal: AbortSignal) {
    this.description = `Kafka at ${options.brokers.join(', ')}`;
    this.#options = options;
    const tls = options.security?.tls;
    this.#sockets = new Sockets(tls && ((host) => tlsOptions(tls, host)));
    this.#kafka = new Kafka({ ...configOf(options, sasl), socketFactory: this.#sockets.factory });
    onClusterCreated(this.#kafka, prepareConnections);
    this.#closed = AbortSignal.any([signal, this.#disposed.signal]);
    this.#access = new Access({
      client: clientOf(options.security),
      onProblem: options.onProblem ?? ignoreProblem,
      closed: this.#closed,
      connect: () => this.#connect('READ'),
    });
    this.#writing = this.#connect('WRITE');
    this.#reading = this.#connect('READ');
    this.#writer = new Writer(this.#writing, this.#closed);
    const { name } = clientOf(options.security);
    this.inspection = new KafkaInspection(this.#reading, name, (until) => this.#untilClosed(until));
  }

  get transactions(): TransactionalCommit {
    return this;
  }

  async ensureTopics(
    topics: readonly TopicSpec[],
    { create }: { create: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    await ensureTopics(this.#reading, () => this.#kafka.admin(), topics, create, this.#untilClosed(signal));
  }

  checkAccess(use: LogUse, signal: AbortSignal): Promise<void> {
    return this.#reading.assertGranted(rightsFor(use), this.#untilClosed(signal));
  }

  async describe(
    topics: readonly Topic[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<Topic, TopicDescription>> {
    const found = await describeTopics(this.#reading, topics, this.#untilClosed(signal));
    for (const [name, { partitions }] of found) this.#writing.observePartitions(name, partitions);
    return found;
  }

  append(records: readonly NewRecord[], signal: AbortSignal): Promise<readonly Position[]> {
    return this.#writer.append(records, signal);
  }

  appendAtomically(records: readonly NewRecord[], signal: AbortSignal): Promise<readonly Position[]> {
    return this.#writer.appendAtomically(records, signal);
  }

  read(range: Range, signal: AbortSignal): AsyncIterable<LogBatch> {
    return readRange(this.#reading, range, MAX_FETCH_BYTES, this.#untilClosed(signal));
  }

  bounds(topic: Topic, signal: AbortSignal): Promise<readonly Bounds[]> {
    return allBounds(this.#reading, topic, this.#untilClosed(signal));
  }

  offsetAt(topic: Topic, partition: Partition, timestamp: number, signal: AbortSignal): Promise<Offset> {
    return offsetAtTime(this.#reading, { topic, partition }, timestamp, this.#untilClosed(signal));
  }

  async join(
    { group, topics, fenced = false }: TransactionalSubscription,
    handler: GroupHandler<TransactionalBatch>,
    signal: AbortSignal,
  ): Promise<GroupMember> {
    for (const topic of topics) await this.#reading.layout(topic, this.#untilClosed(signal));
    const options = {
      group,
      topics,
      fenced,
      handler,
      sessionTimeoutMs: this.#options.sessionTimeout ?? DEFAULT_SESSION_TIMEOUT_MS,
      maxBytes: MAX_FETCH_BYTES,
      ...(this.#options.rack === undefined ? {} : { rack: this.#options.rack }),
      logger: this.#kafka.logger(),
      onProblem: this.#options.onProblem ?? ignoreProblem,
      fetching: this.#connect('READ'),
      control: this.#reading,
      writing: this.#writing,
    };
    const member = new KafkaGroupMember(options, this.#closed);
    this.#members.add(member);
    const remove = (): void => void this.#members.delete(member);
    member.ended.then(remove, remove);
    await member.start(signal);
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Members first: the batches in hand may still commit.
    await Promise.allSettled([...this.#members].map((member) => member[Symbol.asyncDispose]()));
    this.#disposed.abort(new Error('The log is closed'));
    const closing = Promise.allSettled([
      this.#writing[Symbol.asyncDispose](),
      this.#reading[Symbol.asyncDispose](),
    ]);
    using deadline = new Deadline(CLOSE_TIMEOUT_MS);
    // What does not close in time is destroyed below.
    await withSignal(closing, deadline.signal).catch(() => {});
    this.#sockets.destroy();
  }

  #connect(use: 'READ' | 'WRITE'): Connection {
    const onUnanswered = ({ broker, sentAt }: { broker: string; sentAt: number }): void =>
      this.#sockets.destroySilent(broker, sentAt);
    const options = { metadataMaxAge: METADATA_MAX_AGE_MS, onUnanswered };
    return new Connection(createCluster(this.#kafka, options), this.#access, use);
  }

  #untilClosed(signal: AbortSignal): AbortSignal {
    const either = AbortSignal.any([signal, this.#closed]);
    // A request about many partitions adds a listener for each of them. That is not a leak: it needs no warning.
    setMaxListeners(0, either);
    return either;
  }
}

const ignoreProblem: OnProblem = () => {};

function configOf(
  { brokers, clientId, requestTimeout, onProblem }: KafkaOptions,
  sasl: Mechanism | undefined,
): KafkaConfig {
  return {
    brokers: brokers.map(bootstrapAddress),
    clientId,
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: requestTimeout ?? DEFAULT_REQUEST_TIMEOUT_MS,
    // Few retries in kafkajs: this adapter retries by itself, and checks the caller's signal in between.
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
    logCreator: kafkajsLog(onProblem ?? ignoreProblem),
  };
}
