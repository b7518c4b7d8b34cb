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
import type {
  TransactionalBatch,
  TransactionalCommit,
  TransactionalSubscription,
} from '../../ports/transactional-commit.js';
import type { EmbeddedStore } from './store.js';

/**
 * The log in the files of `store`. Several may stand on one store: they are clients of the same log.
 * Disposing ends the members that joined through it, not the store.
 */
export function openEmbeddedLog(store: EmbeddedStore): EventLog {
  return new EmbeddedLog(store);
}

class EmbeddedLog implements EventLog, TransactionalCommit {
  readonly description: string;
  readonly partitionOfKey = partitionOfKey;
  private readonly members = new Set<GroupMember>();
  private closed = false;

  constructor(private readonly store: EmbeddedStore) {
    this.description = `the embedded log in ${store.dir}`;
  }

  get transactions(): TransactionalCommit {
    return this;
  }

  async ensureTopics(
    topics: readonly TopicSpec[],
    { create }: { create: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    this.check(signal);
    const { journal } = this.store;
    const missing = topics.filter(({ topic }) => !journal.has(topic));
    if (missing.length > 0 && !create) {
      const names = missing.map(({ topic }) => topic).join(', ');
      throw new MillraceError('TOPIC_MISSING', `The embedded log does not have: ${names}`);
    }
    await Promise.all(missing.map(({ topic, partitions }) => journal.create(topic, partitions)));
  }

  async describe(
    topics: readonly Topic[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<Topic, TopicDescription>> {
    this.check(signal);
    const found = topics.map((topic) => [topic, this.store.journal.describe(topic)] as const);
    return new Map(found.flatMap(([topic, one]) => (one === undefined ? [] : [[topic, one]])));
  }

  async append(records: readonly NewRecord[], signal: AbortSignal): Promise<readonly Position[]> {
    this.check(signal);
    // The disk answers soon or fails: once written, the signal comes too late.
    return records.length === 0 ? [] : this.store.journal.append(records);
  }

  /** What one call appends is one transaction of the store anyway. */
  appendAtomically(records: readonly NewRecord[], signal: AbortSignal): Promise<readonly Position[]> {
    return this.append(records, signal);
  }

  async *read(range: Range, signal: AbortSignal): AsyncIterable<LogBatch> {
    this.check(signal);
    const { journal } = this.store;
    if (isRecreated(journal.describe(range.topic)?.id, range.topicId)) throw new TopicRecreated(range.topic);
    const end = journal.bounds(range.topic)[range.partition]?.end;
    const until = offset(Math.min(range.until ?? end ?? 0, end ?? 0));
    for (let from = range.from; ; ) {
      this.check(signal);
      const batch = journal.batch(range, from, until);
      if (batch === undefined) return;
      yield batch;
      from = offset(batch.last + 1);
      // A long replay gives way to what is live after each batch.
      await new Promise(setImmediate);
    }
  }

  async bounds(topic: Topic, signal: AbortSignal): Promise<readonly Bounds[]> {
    this.check(signal);
    return this.store.journal.bounds(topic);
  }

  async offsetAt(
    topic: Topic,
    partition: Partition,
    timestamp: number,
    signal: AbortSignal,
  ): Promise<Offset> {
    this.check(signal);
    return this.store.journal.offsetAt({ topic, partition }, timestamp);
  }

  async join(
    group: TransactionalSubscription,
    handler: GroupHandler<TransactionalBatch>,
    signal: AbortSignal,
  ): Promise<GroupMember> {
    this.check(signal);
    const member = await this.store.groups.join(group, handler, signal);
    this.members.add(member);
    const forget = (): void => void this.members.delete(member);
    member.ended.then(forget, forget);
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    await Promise.all([...this.members].map((member) => member[Symbol.asyncDispose]()));
  }

  private check(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.closed) throw new MillraceError('LOG_UNAVAILABLE', 'This client of the embedded log is closed');
  }
}
