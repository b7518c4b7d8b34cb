import type { GroupHandler, GroupMember, GroupSubscription } from '../../ports/consumer-groups.js';
import type { TransactionalBatch } from '../../ports/transactional-commit.js';
import { Group } from './group.js';
import type { Journal } from './journal.js';
import { Member } from './member.js';

/** The consumer groups of one store. All of their members are in this process. */
export class Groups implements AsyncDisposable {
  readonly #journal: Journal;
  readonly #byName = new Map<string, Group>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** @throws {MillraceError} TOPIC_MISSING */
  async join(
    subscription: GroupSubscription,
    handler: GroupHandler<TransactionalBatch>,
    signal: AbortSignal,
  ): Promise<GroupMember> {
    signal.throwIfAborted();
    for (const topic of subscription.topics) this.#journal.bounds(topic); // Throws for a missing topic.
    const { group: name } = subscription;
    const group = this.#byName.get(name) ?? new Group(this.#journal);
    this.#byName.set(name, group);
    const member = new Member(subscription, handler, this.#journal, async () => {
      await group.remove(member);
      // Another group may have the name by now: one that was joined while this member left.
      if (group.size === 0 && this.#byName.get(name) === group) this.#byName.delete(name);
    });
    await group.add(member);
    if (signal.aborted) await member[Symbol.asyncDispose]();
    signal.throwIfAborted();
    return member;
  }

  /** The members of each group that has some. */
  running(): ReadonlyMap<string, readonly Pick<Member, 'topics'>[]> {
    return new Map([...this.#byName].map(([name, { members }]) => [name, members]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#byName.values()].map((group) => group.dissolve()));
  }
}
