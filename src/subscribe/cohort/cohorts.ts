import type { GraphQLSchema } from 'graphql';
import type { CursorCodec } from '../../core/cursor.js';
import type { Partition, Topic } from '../../core/ids.js';
import type { TopicPartition } from '../../core/position.js';
import type { DeadLetters } from '../../dead-letters/dead-letters.js';
import type { FollowedPartition } from '../../hub/followed-partition.js';
import type { Hub } from '../../hub/hub.js';
import type { Logger } from '../../observe/log.js';
import type { Metrics } from '../../observe/metrics.js';
import type { TopicDescription } from '../../ports/event-log.js';
import type { Plan } from '../plan/plan.js';
import { Cohort } from './cohort.js';
import { CohortRouter } from './cohort-router.js';
import { type CohortReplayCache, ReplayCache } from './replay-cache.js';

interface CohortsParts {
  readonly schema: GraphQLSchema;
  readonly hub: Hub;
  readonly codec: CursorCodec;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly deadLetters: DeadLetters;
}

/** One subscription's share of a cohort, with the partitions that it keeps followed. */
export interface Membership {
  readonly cohort: Cohort;
  /** Has the position of the cohort's live members. */
  readonly router: CohortRouter;
  readonly replayCache: CohortReplayCache;
  readonly followed: readonly FollowedPartition[];
  /** Leaves the cohort and releases the partitions. Call once. */
  release(): void;
}

/** The cohorts of this node: each exists while it has members. */
export class Cohorts {
  readonly #parts: CohortsParts;
  readonly #cohorts = new Map<string, Cohort>();
  readonly #routers = new Map<Topic, CohortRouter>();
  readonly #replayCache: ReplayCache;

  constructor(parts: CohortsParts) {
    this.#parts = parts;
    this.#replayCache = new ReplayCache(parts.codec);
  }

  /**
   * Follows the partitions, all of them or none, and joins the cohort of subscriptions that get the same bytes.
   * @param key `undefined`: every key
   * @throws {MillraceError} what following throws
   */
  async join(
    plan: Plan,
    key: string | undefined,
    numbers: Iterable<Partition>,
    description: TopicDescription,
  ): Promise<Membership> {
    const { topic } = plan.binding;
    const sorted = [...numbers].sort((a, b) => a - b);
    const partitions = sorted.map((partition) => ({ topic, partition }));
    const router = this.#router(topic);
    const follows = await followAll(this.#parts.hub, partitions, router);
    for (const { partition } of follows) router.follows(partition);
    // Shared results have a cursor in them, so members follow the same partitions of the same topic.
    const { id = '', partitions: count } = description;
    const name = `${plan.cohort}/${id}/${count}/${sorted.join()}`;
    const cohort =
      this.#cohorts.get(name) ??
      this.#add(name, new Cohort(plan, key, partitions, description, this.#parts), router);
    cohort.members += 1;
    return {
      cohort,
      router,
      replayCache: this.#replayCache.of(cohort),
      followed: follows.map(({ partition }) => partition),
      release: () => {
        for (const follow of follows) follow.release();
        cohort.members -= 1;
        if (cohort.members > 0) return;
        router.remove(cohort);
        this.#cohorts.delete(name);
        this.#replayCache.forget(cohort);
        this.#parts.metrics.cohorts.set(this.#cohorts.size);
      },
    };
  }

  #add(name: string, cohort: Cohort, router: CohortRouter): Cohort {
    this.#cohorts.set(name, cohort);
    router.add(cohort);
    this.#parts.metrics.cohorts.set(this.#cohorts.size);
    return cohort;
  }

  #router(topic: Topic): CohortRouter {
    const router =
      this.#routers.get(topic) ?? new CohortRouter(topic, this.#parts.codec, this.#parts.metrics);
    this.#routers.set(topic, router);
    return router;
  }
}

/** D2: resolves once every partition is followed. Releases the others when one fails. */
async function followAll(hub: Hub, partitions: readonly TopicPartition[], router: CohortRouter) {
  const outcomes = await Promise.allSettled(partitions.map((at) => hub.follow(at, router)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  const follows = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (failed === undefined) return follows;
  for (const follow of follows) follow.release();
  throw failed.reason;
}
