import { partition } from '../../core/ids.js';
import { partitionName, type TopicPartition } from '../../core/position.js';
import type { Journal } from './journal.js';
import type { Member, Share } from './member.js';

const EMPTY_SHARE: Share = new Map();

/** One consumer group. Assigns partitions round robin, to members in the order in which they joined. */
export class Group {
  readonly #journal: Journal;
  readonly #members: Member[] = [];
  /** The last rebalance. They run one after the other; each uses the members at the time when it starts. */
  #rebalanced: Promise<void> = Promise.resolve();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get size(): number {
    return this.#members.length;
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  add(member: Member): Promise<void> {
    this.#members.push(member);
    return this.#rebalance();
  }

  remove(member: Member): Promise<void> {
    const index = this.#members.indexOf(member);
    if (index >= 0) this.#members.splice(index, 1);
    return this.#rebalance(member);
  }

  /** Removes all members. */
  async dissolve(): Promise<void> {
    // A copy: a member that leaves is removed from the list at once.
    await Promise.all([...this.#members].map((member) => member[Symbol.asyncDispose]()));
  }

  #rebalance(removed?: Member): Promise<void> {
    this.#rebalanced = this.#rebalanced.then(async () => {
      const shares = this.#computeShares();
      // D9: first everyone revokes, and waits for the batch in progress and its commit. Only then does anyone start
      // with a partition. So two members never have the same partition, and no fencing is needed here.
      const revoking = removed === undefined ? this.#members : [removed, ...this.#members];
      await Promise.all(revoking.map((member) => member.revokeAllBut(shares.get(member) ?? EMPTY_SHARE)));
      for (const member of this.#members) member.assign(shares.get(member) ?? EMPTY_SHARE);
    });
    return this.#rebalanced;
  }

  #computeShares(): ReadonlyMap<Member, Share> {
    const shares = new Map(this.#members.map((member) => [member, new Map<string, TopicPartition>()]));
    const topics = new Set(this.#members.flatMap((member) => [...member.topics]));
    let next = 0;
    for (const topic of [...topics].sort()) {
      const subscribed = this.#members.filter((member) => member.topics.includes(topic));
      for (const number of this.#journal.bounds(topic).keys()) {
        const member = subscribed[next++ % subscribed.length];
        const at = { topic, partition: partition(number) };
        if (member !== undefined) shares.get(member)?.set(partitionName(at), at);
      }
    }
    return shares;
  }
}
