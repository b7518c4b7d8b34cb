import type { Topic } from '../../core/ids.js';
import type { TopicPartition } from '../../core/position.js';
import type { GroupHandler, GroupMember } from '../../ports/consumer-groups.js';
import type { TransactionalBatch } from '../../ports/transactional-commit.js';
import { Assignment } from './assignment.js';
import type { Journal } from './journal.js';

/** One member of a consumer group, and the partitions it has. */
export class Member implements GroupMember {
  readonly ended: Promise<void>;
  readonly topics: readonly Topic[];
  private readonly assignments = new Map<string, Assignment>();
  private left: Promise<void> | undefined;
  private end: { resolve: () => void; reject: (reason: unknown) => void };

  constructor(
    private readonly joined: {
      readonly group: string;
      readonly topics: readonly Topic[];
      readonly handler: GroupHandler<TransactionalBatch>;
    },
    private readonly journal: Journal,
    private readonly leave: () => Promise<void>,
  ) {
    this.topics = joined.topics;
    this.end = { resolve: () => {}, reject: () => {} };
    this.ended = new Promise((resolve, reject) => {
      this.end = { resolve, reject };
    });
    // Whoever holds the member reads `ended`, perhaps later than it rejects.
    this.ended.catch(() => {});
  }

  /** Gives up all partitions but these. Resolves when the batches in hand have ended. */
  async keep(share: ReadonlyMap<string, TopicPartition>): Promise<void> {
    const lost = [...this.assignments].filter(([name]) => !share.has(name));
    await Promise.all(
      lost.map(async ([name, assignment]) => {
        await assignment.revoke();
        this.assignments.delete(name);
      }),
    );
  }

  /** Begins with those of these partitions that it does not have yet. */
  take(share: ReadonlyMap<string, TopicPartition>): void {
    for (const [name, at] of share) {
      if (this.assignments.has(name)) continue;
      const { group, handler } = this.joined;
      const assignment = new Assignment(at, group, handler, this.journal);
      this.assignments.set(name, assignment);
      assignment.run().catch((error: unknown) => this.fail(error));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.left ??= this.leave();
    await this.left;
    this.end.resolve();
  }

  private fail(error: unknown): void {
    this.end.reject(error);
    this.left ??= this.leave();
    // `leave` awaits the very run that failed only through `revoke`, which does not reject.
    void this.left;
  }
}
