import type { Logger } from 'kafkajs';
import { backoffMs, deferred, pause, withSignal } from '../../../core/async.js';
import { Deadline } from '../../../core/deadline.js';
import { MillraceError } from '../../../core/errors.js';
import { REFUSED_RETRY_MS, refusalIn } from '../../../core/refusal.js';
import type { GroupMember } from '../../../ports/consumer-groups.js';
import { describeTopics } from '../wire/describe.js';
import { failureOf } from '../wire/failures.js';
import type { ConsumerGroup } from '../wire/internal-types.js';
import { createConsumerGroup } from '../wire/internals.js';
import type { Right } from '../wire/refused.js';
import { Generation, type GenerationOptions } from './generation.js';
import { isGenerationError } from './group-offsets.js';
import { TopicsChanged } from './topic-check.js';

interface MemberOptions extends GenerationOptions {
  readonly logger: Logger;
}

const MAX_JOIN_BACKOFF_MS = 5_000;
/** How long leaving may take. A group that a member did not leave waits for its session to expire. */
const LEAVE_TIMEOUT_MS = 5_000;

/** Errors that nothing but another configuration of this process can fix. */
const FATAL_ERRORS: ReadonlySet<string> = new Set([
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_TOPIC_EXCEPTION',
  'UNSUPPORTED_VERSION',
]);

/**
 * A member of a consumer group. kafkajs speaks the group protocol (join, sync, leave); heartbeats, fetches and
 * commits are this adapter's own. The member joins, takes part in one generation, and joins again, until it leaves.
 */
export class KafkaGroupMember implements GroupMember {
  readonly ended: Promise<void>;
  readonly #options: MemberOptions;
  readonly #consumerGroup: ConsumerGroup;
  readonly #leaving = new AbortController();
  readonly #runs = new Map<string, Promise<void>>();
  readonly #joined = deferred();
  #hasJoined = false;

  constructor(options: MemberOptions, closed: AbortSignal) {
    const { group, topics, sessionTimeoutMs, logger, fetching } = options;
    this.#options = options;
    this.#consumerGroup = createConsumerGroup({
      cluster: fetching.cluster,
      logger,
      groupId: group,
      topics,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs * 2,
    });
    this.ended = this.#run(AbortSignal.any([this.#leaving.signal, closed]));
    this.ended.catch(() => {}); // The owner may watch `ended`, but need not.
  }

  /** Resolves once the member has joined; rejects when it cannot. */
  async start(signal: AbortSignal): Promise<void> {
    try {
      await withSignal(Promise.race([this.#joined.promise, this.ended]), signal);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving.abort(new Error('The member leaves its group'));
    await this.ended.catch(() => {});
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      for (let attempt = 0; !signal.aborted; ) {
        try {
          await this.#join(signal);
          attempt = 0;
          await new Generation(this.#consumerGroup, this.#runs, this.#options).run(signal);
        } catch (error) {
          if (signal.aborted) break;
          await this.#recover(error, attempt++, signal);
        }
      }
    } finally {
      // The batches in hand end, and may commit, while the member still belongs to the group.
      await Promise.all(this.#runs.values());
      await this.#leave();
    }
  }

  async #join(signal: AbortSignal): Promise<void> {
    const { cluster } = this.#options.fetching;
    const { topics, control } = this.#options;
    // kafkajs cannot refresh the metadata of a missing topic, and the group's leader assigns by that metadata: a
    // topic that does not exist, or is refused, must not keep the others from being assigned.
    const existing = await describeTopics(control, topics, signal, 'leave-out');
    cluster.targetTopics = new Set(topics.filter((topic) => existing.has(topic)));
    await withSignal(cluster.connect(), signal);
    await withSignal(cluster.refreshMetadata(), signal);
    await withSignal(this.#consumerGroup.joinAndSync(), signal);
    this.#hasJoined = true;
    this.#joined.resolve();
  }

  /**
   * Waits before the next join.
   * @throws {MillraceError} LOG_UNAVAILABLE when joining again cannot help, or when the first join was refused
   */
  async #recover(error: unknown, attempt: number, signal: AbortSignal): Promise<void> {
    const { group, topics, control, onProblem } = this.#options;
    const needed: readonly Right[] = [
      { on: 'group', name: group, right: 'READ' },
      ...topics.map((topic) => control.rightOn(topic)),
    ];
    const explained = await control.access.explain(error, control, needed);
    if (refusalIn(explained) !== undefined) {
      if (!this.#hasJoined) throw explained;
      await pause(REFUSED_RETRY_MS, signal);
      return;
    }
    const { type, message } = failureOf(error);
    if (FATAL_ERRORS.has(type)) {
      const text = `Group ${group} cannot be joined: ${message}`;
      throw new MillraceError('LOG_UNAVAILABLE', text, { cause: error });
    }
    if (type === 'UNKNOWN_MEMBER_ID' || type === 'FENCED_INSTANCE_ID') this.#consumerGroup.memberId = null;
    if (isGenerationError(type) || error instanceof TopicsChanged) {
      const reason = error instanceof TopicsChanged ? `: ${message}` : '';
      onProblem({ kind: 'rebalance', message: `Group ${group} rebalances${reason}` });
      if (attempt === 0) return;
    } else {
      onProblem({
        kind: 'group',
        message: `Rejoining group ${group} after a failure: ${message}`,
        cause: error,
      });
    }
    await pause(backoffMs(attempt, MAX_JOIN_BACKOFF_MS), signal);
  }

  async #leave(): Promise<void> {
    using deadline = new Deadline(LEAVE_TIMEOUT_MS);
    // Best effort: without it the group waits for the session to expire, and the process ends all the same.
    await withSignal(this.#consumerGroup.leave(), deadline.signal).catch(() => {});
    await withSignal(this.#options.fetching[Symbol.asyncDispose](), deadline.signal).catch(() => {});
  }
}
