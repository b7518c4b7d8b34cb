import type { Logger } from 'kafkajs';
import { backoffMs, pause, withSignal } from '../../../core/async.js';
import { Deadline } from '../../../core/deadline.js';
import { MillraceError } from '../../../core/errors.js';
import { partition, type Topic, topic } from '../../../core/ids.js';
import { partitionName } from '../../../core/position.js';
import type { GroupHandler, GroupMember } from '../../../ports/consumer-groups.js';
import type { TopicDescription } from '../../../ports/event-log.js';
import type { OnProblem } from '../../../ports/problem.js';
import type { TransactionalBatch } from '../../../ports/transactional-commit.js';
import type { Connection } from '../wire/connection.js';
import { describeTopics } from '../wire/describe.js';
import { failureOf } from '../wire/failures.js';
import { type ConsumerGroup, createConsumerGroup } from '../wire/internals.js';
import { Assignment, type AssignmentHost } from './assignment.js';
import { fetchAssigned } from './group-fetch.js';
import type { Membership } from './group-offsets.js';
import { TopicCheck, TopicsChanged } from './topic-check.js';

export interface MemberOptions {
  readonly group: string;
  readonly topics: readonly Topic[];
  readonly handler: GroupHandler<TransactionalBatch>;
  readonly sessionTimeout: number;
  readonly maxBytes: number;
  readonly logger: Logger;
  readonly onProblem: OnProblem;
}

/** Errors that no waiting mends. */
const FATAL = new Set([
  'GROUP_AUTHORIZATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_TOPIC_EXCEPTION',
  'UNSUPPORTED_VERSION',
]);
/** Errors after which the group has to be joined again, and every partition is somebody's anew. */
const REJOIN = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
]);

/**
 * A member of a consumer group. The group protocol (join, sync, heartbeat) is kafkajs's; what to fetch and
 * commit is decided here. Each join begins a new set of assignments, which carry the generation of that join
 * into every commit: the broker refuses those of an older one (D9).
 */
export class Member implements GroupMember {
  readonly ended: Promise<void>;
  private readonly membership: ConsumerGroup;
  private readonly leaving = new AbortController();
  /** The last work on each partition, over all generations: the next owner's begins after it. */
  private readonly tails = new Map<string, Promise<void>>();
  private assignments: readonly Assignment[] = [];
  private fetching: Promise<void> = Promise.resolve();
  private joined = (): void => {};
  private readonly firstJoin: Promise<void>;

  constructor(
    private readonly connection: Connection,
    private readonly host: Omit<AssignmentHost, 'group' | 'doubt'>,
    private readonly options: MemberOptions,
    life: AbortSignal,
  ) {
    this.membership = createConsumerGroup({
      cluster: connection.cluster,
      logger: options.logger,
      groupId: options.group,
      topics: options.topics,
      sessionTimeout: options.sessionTimeout,
      rebalanceTimeout: options.sessionTimeout * 2,
    });
    this.firstJoin = new Promise((resolve) => {
      this.joined = resolve;
    });
    this.ended = this.run(AbortSignal.any([this.leaving.signal, life]));
    this.ended.catch(() => {}); // Whoever holds the member looks at `ended`; nobody has to.
  }

  /** Resolves once the member has joined, rejects when it cannot. */
  async start(signal: AbortSignal): Promise<void> {
    try {
      await withSignal(Promise.race([this.firstJoin, this.ended]), signal);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.leaving.abort(new Error('The member leaves its group'));
    await this.ended.catch(() => {});
  }

  private async run(signal: AbortSignal): Promise<void> {
    try {
      for (let attempt = 0; !signal.aborted; ) {
        try {
          await this.join(signal);
          attempt = 0;
          await this.generation(signal);
        } catch (error) {
          if (signal.aborted) break;
          this.endAssignments(true);
          await this.recover(error, attempt++, signal);
        }
      }
    } finally {
      this.endAssignments(signal.aborted === false);
      await Promise.all(this.tails.values());
      await this.leave();
    }
  }

  private async join(signal: AbortSignal): Promise<void> {
    const { cluster } = this.connection;
    const { topics } = this.options;
    // A topic that is missing stops none of the others. What the leader shares out has to be of now.
    const there = await describeTopics(this.host.control, topics, signal);
    cluster.targetTopics = new Set(topics.filter((one) => there.has(one)));
    await withSignal(cluster.connect(), signal);
    await withSignal(cluster.refreshMetadata(), signal);
    await withSignal(this.membership.joinAndSync(), signal);
    this.joined();
  }

  /** One generation: until the group rebalances, the member leaves, or the connection is lost for good. */
  private async generation(signal: AbortSignal): Promise<void> {
    const { membership, options } = this;
    const { memberId, generationId } = membership;
    if (memberId === null || generationId === null) throw new Error('Joined without a member id');
    const group = { groupId: options.group, memberId, groupGenerationId: generationId };
    const shared = membership.partitionsPerSubscribedTopic;
    const check = new TopicCheck({
      connection: this.host.control,
      topics: options.topics,
      shared: (one) => shared?.get(one)?.length ?? 0,
      onProblem: options.onProblem,
    });
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    const end = (): void => over.abort(new Error('The generation is over'));
    const host = { ...this.host, group, doubt: () => check.doubt() };
    const working = this.work(host, check, both).finally(end);
    try {
      await Promise.race([this.heartbeats(group, both), working]);
    } finally {
      end();
      await Promise.allSettled([working, this.fetching]);
    }
  }

  /** Fetches and hands out until the topics are no longer what they were. */
  private async work(host: AssignmentHost, check: TopicCheck, signal: AbortSignal): Promise<void> {
    this.assignments = this.assign(await check.begin(signal), host);
    if (signal.aborted) return this.endAssignments(true);
    const options = { ...this.options, doubt: host.doubt };
    this.fetching = fetchAssigned(this.connection, this.assignments, options, signal);
    const present = (topics: ReadonlySet<Topic>): void => {
      for (const one of this.assignments) if (topics.has(one.at.topic)) one.resume();
    };
    await Promise.race([check.watch(present, signal), this.fetching]);
  }

  private assign(topics: ReadonlyMap<Topic, TopicDescription>, host: AssignmentHost): readonly Assignment[] {
    const { handler, onProblem } = this.options;
    return this.membership.assigned().flatMap((one) => {
      const described = topics.get(topic(one.topic));
      // Deleted since it was shared out: should it come back, the group is joined again.
      if (described === undefined) return [];
      return one.partitions.map((number) => {
        const at = { topic: topic(one.topic), partition: partition(number), topicId: described.id };
        const assignment = new Assignment(at, host, handler, onProblem);
        const name = partitionName(at);
        this.tails.set(name, assignment.run(this.tails.get(name) ?? Promise.resolve()));
        return assignment;
      });
    });
  }

  private async heartbeats(group: Membership, signal: AbortSignal): Promise<void> {
    const { sessionTimeout } = this.options;
    const interval = Math.min(1_000, sessionTimeout / 10);
    let last = performance.now();
    for (;;) {
      await pause(interval, signal);
      if (signal.aborted) return;
      try {
        // kafkajs' own heartbeat goes by the clock of the day, and stops when that is set back.
        await withSignal(this.beat(group), signal);
        last = performance.now();
      } catch (error) {
        const { type, retriable } = failureOf(error);
        // Without an answer for a whole session, others have the partitions already.
        const late = performance.now() - last > sessionTimeout;
        if (signal.aborted || REJOIN.has(type) || !retriable || late) throw error;
        await this.findCoordinator(signal);
      }
    }
  }

  private async beat(group: Membership): Promise<void> {
    if (this.membership.coordinator === null) throw new Error('Joined without a coordinator');
    await this.membership.coordinator.heartbeat(group);
  }

  private async findCoordinator(signal: AbortSignal): Promise<void> {
    const groupId = this.options.group;
    try {
      const found = this.connection.cluster.findGroupCoordinator({ groupId });
      this.membership.coordinator = await withSignal(found, signal);
    } catch (cause) {
      const message = `The coordinator of ${groupId} cannot be reached: ${failureOf(cause).message}`;
      if (!signal.aborted) this.options.onProblem({ kind: 'group', message, cause });
    }
  }

  /** Pauses before the next join. @throws when there is no use in it */
  private async recover(error: unknown, attempt: number, signal: AbortSignal): Promise<void> {
    const { type, message } = failureOf(error);
    const { group, onProblem } = this.options;
    if (FATAL.has(type)) {
      throw new MillraceError('LOG_UNAVAILABLE', `The group ${group} cannot be joined: ${message}`, {
        cause: error,
      });
    }
    if (type === 'UNKNOWN_MEMBER_ID' || type === 'FENCED_INSTANCE_ID') this.membership.memberId = null;
    if (REJOIN.has(type) || error instanceof TopicsChanged) {
      const why = error instanceof TopicsChanged ? `: ${message}` : '';
      onProblem({ kind: 'rebalance', message: `The group ${group} shares out its partitions anew${why}` });
      if (attempt === 0) return;
    } else {
      onProblem({ kind: 'group', message: `The group ${group} is joined again: ${message}`, cause: error });
    }
    await pause(backoffMs(attempt, 5_000), signal);
  }

  /** `lost`: somebody else may have the partitions by now. */
  private endAssignments(lost: boolean): void {
    for (const assignment of this.assignments) assignment.end(lost);
    this.assignments = [];
  }

  private async leave(): Promise<void> {
    // A group that nobody leaves orderly gives its partitions away after the session timeout.
    using deadline = new Deadline(5_000);
    const soon = deadline.signal;
    await withSignal(this.membership.leave(), soon).catch(() => {});
    await withSignal(this.connection[Symbol.asyncDispose](), soon).catch(() => {});
  }
}
