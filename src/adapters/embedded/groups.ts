import type { Topic } from '../../core/ids.js';
import { partition } from '../../core/ids.js';
import { partitionName, type TopicPartition } from '../../core/position.js';
import type { GroupHandler, GroupMember } from '../../ports/consumer-groups.js';
import type { TransactionalBatch } from '../../ports/transactional-commit.js';
import type { Journal } from './journal.js';
import { Member } from './member.js';

/** The consumer groups of one store. All their members are in this process. */
export class Groups implements AsyncDisposable {
  private readonly groups = new Map<string, Group>();

  constructor(private readonly journal: Journal) {}

  /** @throws {MillraceError} TOPIC_MISSING */
  async join(
    { group, topics }: { readonly group: string; readonly topics: readonly Topic[] },
    handler: GroupHandler<TransactionalBatch>,
    signal: AbortSignal,
  ): Promise<GroupMember> {
    signal.throwIfAborted();
    for (const topic of topics) this.journal.bounds(topic);
    const joined = this.groups.get(group) ?? new Group(this.journal);
    this.groups.set(group, joined);
    const member = new Member({ group, topics, handler }, this.journal, async () => {
      await joined.remove(member);
      if (joined.size === 0 && this.groups.get(group) === joined) this.groups.delete(group);
    });
    await joined.add(member);
    if (signal.aborted) await member[Symbol.asyncDispose]();
    signal.throwIfAborted();
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.groups.values()].map((group) => group.dissolve()));
  }
}

/** Shares partitions among members: in order of joining, one partition each in turn. */
class Group {
  private readonly members: Member[] = [];
  /** One rebalance at a time, each from the members there are when its turn comes. */
  private settled: Promise<void> = Promise.resolve();

  constructor(private readonly journal: Journal) {}

  get size(): number {
    return this.members.length;
  }

  add(member: Member): Promise<void> {
    this.members.push(member);
    return this.rebalance([]);
  }

  remove(member: Member): Promise<void> {
    const at = this.members.indexOf(member);
    if (at >= 0) this.members.splice(at, 1);
    return this.rebalance([member]);
  }

  async dissolve(): Promise<void> {
    await Promise.all(this.members.map((member) => member[Symbol.asyncDispose]()));
  }

  private rebalance(gone: readonly Member[]): Promise<void> {
    this.settled = this.settled.then(async () => {
      const shares = this.shares();
      // D9: nobody begins with a partition before whoever had it has ended its batch and its commit.
      await Promise.all(
        [...gone, ...this.members].map((member) => member.keep(shares.get(member) ?? new Map())),
      );
      for (const member of this.members) member.take(shares.get(member) ?? new Map());
    });
    return this.settled;
  }

  private shares(): Map<Member, Map<string, TopicPartition>> {
    const shares = new Map(this.members.map((member) => [member, new Map<string, TopicPartition>()]));
    const topics = new Set(this.members.flatMap((member) => [...member.topics]));
    let turn = 0;
    for (const topic of [...topics].sort()) {
      const takers = this.members.filter((member) => member.topics.includes(topic));
      for (const p of this.journal.bounds(topic).keys()) {
        const taker = takers[turn++ % takers.length];
        const at = { topic, partition: partition(p) };
        if (taker !== undefined) shares.get(taker)?.set(partitionName(at), at);
      }
    }
    return shares;
  }
}
