import { deferred } from '../../core/async.js';
import type { Topic } from '../../core/ids.js';
import type { TopicPartition } from '../../core/position.js';
import type { GroupHandler, GroupMember, GroupSubscription } from '../../ports/consumer-groups.js';
import type { TransactionalBatch } from '../../ports/transactional-commit.js';
import { Assignment } from './assignment.js';
import type { Journal } from './journal.js';

/** The partitions of one member, by name. */
export type Share = ReadonlyMap<string, TopicPartition>;

/** One member of a consumer group, and the partitions that are assigned to it. */
export class Member implements GroupMember {
  readonly topics: readonly Topic[];
  readonly #group: string;
  readonly #handler: GroupHandler<TransactionalBatch>;
  readonly #journal: Journal;
  readonly #leave: () => Promise<void>;
  readonly #assignments = new Map<string, Assignment>();
  readonly #ended = deferred();
  #leaving: Promise<void> | undefined;

  /** @param leave removes this member from its group; resolves once its partitions are revoked */
  constructor(
    { group, topics }: GroupSubscription,
    handler: GroupHandler<TransactionalBatch>,
    journal: Journal,
    leave: () => Promise<void>,
  ) {
    this.topics = topics;
    this.#group = group;
    this.#handler = handler;
    this.#journal = journal;
    this.#leave = leave;
    // The owner of the member may await `ended` later than it rejects.
    this.#ended.promise.catch(() => undefined);
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Revokes all partitions that are not in `share`. Resolves once their batches in progress have ended. */
  async revokeAllBut(share: Share): Promise<void> {
    const lost = [...this.#assignments].filter(([name]) => !share.has(name));
    await Promise.all(
      lost.map(async ([name, assignment]) => {
        await assignment.revoke();
        this.#assignments.delete(name);
      }),
    );
  }

  /** Starts with the partitions of `share` that are not assigned yet. */
  assign(share: Share): void {
    for (const [name, at] of share) {
      if (this.#assignments.has(name)) continue;
      const assignment = new Assignment(at, this.#group, this.#handler, this.#journal);
      this.#assignments.set(name, assignment);
      assignment.run().catch((error: unknown) => this.#fail(error));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving ??= this.#leave();
    await this.#leaving;
    this.#ended.resolve();
  }

  #fail(error: unknown): void {
    this.#ended.reject(error);
    // Not awaited, and never rejects: it waits for the run that has just failed only through `revoke`, which does not
    // reject.
    this.#leaving ??= this.#leave();
  }
}
