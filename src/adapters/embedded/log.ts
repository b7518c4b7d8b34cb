import { MillraceError } from '../../core/errors.js';
import { isRecreated, type Offset, offset, type Partition, type Topic } from '../../core/ids.js';
import { partitionOfKey } from '../../core/partitioner.js';
import type { Position } from '../../core/position.js';
import type { LogBatch, NewRecord } from '../../core/record.js';
import type { GroupHandler, GroupMember } from '../../ports/consumer-groups.js';
import {
  type Bounds,
  type EventLog,
  type Range,
  type TopicDescription,
  TopicRecreated,
  type TopicSpec,
} from '../../ports/event-log.js';
import type { LogInspection } from '../../ports/log-inspection.js';
import type {
  TransactionalBatch,
  TransactionalCommit,
  TransactionalSubscription,
} from '../../ports/transactional-commit.js';
import { EmbeddedInspection } from './inspection.js';
import type { EmbeddedStore } from './store.js';

/**
 * Opens a client of the log in the files of `store`. Several clients may use one store. Disposing a client ends the
 * group members that joined through it, and leaves the store open.
 */
export function openEmbeddedLog(store: EmbeddedStore): EventLog {
  return new EmbeddedLog(store);
}

class EmbeddedLog implements EventLog, TransactionalCommit {
  readonly description: string;
  readonly partitionOfKey = partitionOfKey;
  readonly inspection: LogInspection;
  readonly #members = new Set<GroupMember>();
  readonly #store: EmbeddedStore;
  #closed = false;

  constructor(store: EmbeddedStore) {
    this.#store = store;
    this.inspection = new EmbeddedInspection(store);
    this.description = `the embedded log in ${store.dir}`;
  }

  get transactions(): TransactionalCommit {
    return this;
  }

  /** A process that can open the files has every right. */
  async checkAccess(): Promise<void> {}

  async ensureTopics(
    topics: readonly TopicSpec[],
    { create }: { create: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    this.#requireOpen(signal);
    const { journal } = this.#store;
    const missing = topics.filter(({ topic }) => !journal.has(topic));
    if (missing.length > 0 && !create) {
      const names = missing.map(({ topic }) => topic).join(', ');
      throw new MillraceError('TOPIC_MISSING', `The embedded log does not have these topics: ${names}.`);
    }
    await Promise.all(missing.map(({ topic, partitions }) => journal.create(topic, partitions)));
  }

  async describe(
    topics: readonly Topic[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<Topic, TopicDescription>> {
    this.#requireOpen(signal);
    const found = topics.map((topic) => [topic, this.#store.journal.describe(topic)] as const);
    return new Map(
      found.flatMap(([topic, description]) => (description === undefined ? [] : [[topic, description]])),
    );
  }

  async append(records: readonly NewRecord[], signal: AbortSignal): Promise<readonly Position[]> {
    this.#requireOpen(signal);
    // The signal is not passed on: a write takes milliseconds, and cannot be taken back.
    return records.length === 0 ? [] : this.#store.journal.append(records);
  }

  /** Every `append` is one transaction of the store anyway. */
  appendAtomically(records: readonly NewRecord[], signal: AbortSignal): Promise<readonly Position[]> {
    return this.append(records, signal);
  }

  async *read(range: Range, signal: AbortSignal): AsyncIterable<LogBatch> {
    this.#requireOpen(signal);
    const { journal } = this.#store;
    if (isRecreated(journal.describe(range.topic)?.id, range.topicId)) throw new TopicRecreated(range.topic);
    const end = journal.bounds(range.topic)[range.partition]?.end;
    const until = offset(Math.min(range.until ?? end ?? 0, end ?? 0));
    for (let from = range.from; ; ) {
      this.#requireOpen(signal);
      const batch = journal.readBatch(range, from, until);
      if (batch === undefined) return;
      yield batch;
      from = offset(batch.last + 1);
      // S4: live events and other clients are served between two batches of a long replay.
      await new Promise(setImmediate);
    }
  }

  async bounds(topic: Topic, signal: AbortSignal): Promise<readonly Bounds[]> {
    this.#requireOpen(signal);
    return this.#store.journal.bounds(topic);
  }

  async offsetAt(
    topic: Topic,
    partition: Partition,
    timestamp: number,
    signal: AbortSignal,
  ): Promise<Offset> {
    this.#requireOpen(signal);
    return this.#store.journal.offsetAt({ topic, partition }, timestamp);
  }

  async join(
    group: TransactionalSubscription,
    handler: GroupHandler<TransactionalBatch>,
    signal: AbortSignal,
  ): Promise<GroupMember> {
    this.#requireOpen(signal);
    const member = await this.#store.groups.join(group, handler, signal);
    this.#members.add(member);
    const onEnded = (): void => void this.#members.delete(member);
    member.ended.then(onEnded, onEnded);
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#members].map((member) => member[Symbol.asyncDispose]()));
  }

  #requireOpen(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.#closed)
      throw new MillraceError('LOG_UNAVAILABLE', 'This client of the embedded log is closed.');
  }
}
