import { setMaxListeners } from 'node:events';
import { type Admin, Kafka, type KafkaConfig, type SASLOptions } from 'kafkajs';
import { withSignal } from '../../core/async.js';
import { Deadline } from '../../core/deadline.js';
import type { Offset, Partition, Topic } from '../../core/ids.js';
import { partitionOfKey } from '../../core/partitioner.js';
import type { Position } from '../../core/position.js';
import type { LogBatch, NewRecord } from '../../core/record.js';
import type { GroupHandler, GroupMember } from '../../ports/consumer-groups.js';
import type { Bounds, EventLog, Range, TopicDescription, TopicSpec } from '../../ports/event-log.js';
import type { OnProblem } from '../../ports/problem.js';
import type {
  TransactionalBatch,
  TransactionalCommit,
  TransactionalSubscription,
} from '../../ports/transactional-commit.js';
import { Member } from './group/member.js';
import { Writer } from './produce/writer.js';
import { readRange } from './read.js';
import { ensureTopics } from './topics.js';
import { allBounds, offsetAtTime } from './wire/bounds.js';
import { registerCodecs } from './wire/codecs.js';
import { Connection } from './wire/connection.js';
import { describeTopics } from './wire/describe.js';
import { createCluster } from './wire/internals.js';
import { kafkajsLog } from './wire/kafkajs-log.js';
import { Sockets } from './wire/sockets.js';

export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: boolean;
  readonly sasl?: SASLOptions;
  /** The most bytes one fetch asks of a partition. Default 1 MiB. */
  readonly maxBytesPerFetch?: number;
  /** After this many milliseconds without a sign of life a group member's partitions go to others. */
  readonly sessionTimeout?: number;
  /** How long a request may go unanswered, in milliseconds, before its connection is made anew. Default 30,000. */
  readonly requestTimeout?: number;
  /** Hears what an operator may want to know; the log goes on by itself. */
  readonly onProblem?: OnProblem;
}

const METADATA_AGE = 60_000;
/** An orderly end; then the sockets are cut. */
const CLOSE_WITHIN = 1_000;
const MAX_BYTES = 1024 * 1024;

/**
 * The event log of a Kafka cluster. Resolves without connecting: connections are made when first needed,
 * and again when they are lost. `signal` ends everything the log does, as disposing it does.
 */
export async function openKafkaLog(options: KafkaOptions, signal: AbortSignal): Promise<EventLog> {
  signal.throwIfAborted();
  registerCodecs();
  return new KafkaLog(options, signal);
}

class KafkaLog implements EventLog, TransactionalCommit {
  readonly description: string;
  readonly partitionOfKey = partitionOfKey;
  private readonly sockets = new Sockets();
  private readonly kafka: Kafka;
  private readonly ending = new AbortController();
  private readonly life: AbortSignal;
  /** Writing has its own connections: a fetch that waits would hold up what comes after it. */
  private readonly writing: Connection;
  private readonly reading: Connection;
  private readonly writer: Writer;
  private readonly members = new Set<GroupMember>();

  constructor(
    private readonly options: KafkaOptions,
    signal: AbortSignal,
  ) {
    this.description = `Kafka at ${options.brokers.join(', ')}`;
    this.kafka = new Kafka({ ...configOf(options), socketFactory: this.sockets.factory });
    this.life = AbortSignal.any([signal, this.ending.signal]);
    this.writing = this.connect();
    this.reading = this.connect();
    this.writer = new Writer(this.writing, this.life);
  }

  get transactions(): TransactionalCommit {
    return this;
  }

  async ensureTopics(
    topics: readonly TopicSpec[],
    { create }: { create: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const admin = (): Admin => this.kafka.admin();
    await ensureTopics(this.reading, admin, topics, create, this.within(signal));
  }

  async describe(
    topics: readonly Topic[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<Topic, TopicDescription>> {
    const found = await describeTopics(this.reading, topics, this.within(signal));
    for (const [name, { partitions }] of found) this.writing.expect(name, partitions);
    return found;
  }

  append(records: readonly NewRecord[], signal: AbortSignal): Promise<readonly Position[]> {
    return this.writer.append(records, signal);
  }

  appendAtomically(records: readonly NewRecord[], signal: AbortSignal): Promise<readonly Position[]> {
    return this.writer.appendAtomically(records, signal);
  }

  read(range: Range, signal: AbortSignal): AsyncIterable<LogBatch> {
    const maxBytes = this.options.maxBytesPerFetch ?? MAX_BYTES;
    return readRange(this.reading, range, maxBytes, this.within(signal));
  }

  bounds(topic: Topic, signal: AbortSignal): Promise<readonly Bounds[]> {
    return allBounds(this.reading, topic, this.within(signal));
  }

  offsetAt(topic: Topic, partition: Partition, timestamp: number, signal: AbortSignal): Promise<Offset> {
    return offsetAtTime(this.reading, topic, partition, timestamp, this.within(signal));
  }

  async join(
    { group, topics, fenced = false }: TransactionalSubscription,
    handler: GroupHandler<TransactionalBatch>,
    signal: AbortSignal,
  ): Promise<GroupMember> {
    const { sessionTimeout = 30_000, maxBytesPerFetch = MAX_BYTES, onProblem = () => {} } = this.options;
    for (const topic of topics) await this.reading.layout(topic, this.within(signal));
    const member = new Member(
      this.connect(),
      { control: this.reading, writing: this.writing, fenced },
      {
        group,
        topics,
        handler,
        sessionTimeout,
        maxBytes: maxBytesPerFetch,
        logger: this.kafka.logger(),
        onProblem,
      },
      this.life,
    );
    this.members.add(member);
    const gone = (): void => void this.members.delete(member);
    member.ended.then(gone, gone);
    await member.start(signal);
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.members].map((member) => member[Symbol.asyncDispose]()));
    this.ending.abort(new Error('The log is closed'));
    const closing = Promise.allSettled([
      this.writing[Symbol.asyncDispose](),
      this.reading[Symbol.asyncDispose](),
    ]);
    using soon = new Deadline(CLOSE_WITHIN);
    await withSignal(closing, soon.signal).catch(() => {});
    this.sockets.destroy();
  }

  private connect(): Connection {
    const onUnanswered = ({ broker, sentAt }: { broker: string; sentAt: number }): void =>
      this.sockets.endSilent(broker, sentAt);
    return new Connection(createCluster(this.kafka, { metadataMaxAge: METADATA_AGE, onUnanswered }));
  }

  private within(signal: AbortSignal): AbortSignal {
    const either = AbortSignal.any([signal, this.life]);
    // A question about many partitions waits for each of them, and for its broker, on the same signal.
    setMaxListeners(0, either);
    return either;
  }
}

function configOf({ brokers, clientId, ssl, sasl, requestTimeout, onProblem }: KafkaOptions): KafkaConfig {
  return {
    brokers: [...brokers],
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: 5_000,
    requestTimeout: requestTimeout ?? 30_000,
    // Short: this adapter repeats what fails, and looks at the caller's signal in between.
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
    logCreator: kafkajsLog(onProblem ?? (() => {})),
  };
}
