import type { GraphQLSchema } from 'graphql';
import type { CursorCodec } from '../../core/cursor.js';
import type { Partition, Topic } from '../../core/ids.js';
import type { TopicPartition } from '../../core/position.js';
import type { DeadLetters } from '../../dead-letters/dead-letters.js';
import type { FollowedPartition } from '../../hub/followed-partition.js';
import type { Follow } from '../../hub/followed-partitions.js';
import type { Hub } from '../../hub/hub.js';
import type { EventTrail } from '../../observe/event-trail.js';
import type { Logger } from '../../observe/log.js';
import type { Metrics } from '../../observe/metrics.js';
import type { EventTracer } from '../../observe/tracing/tracer.js';
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
  readonly tracer?: EventTracer | undefined;
  readonly trail?: EventTrail | undefined;
}

/** One subscription's share of a cohort, with the partitions that it keeps followed. */
export interface Membership {
  readonly cohort: Cohort;
  /** Has the position of the cohort's live members. */
  readonly router: CohortRouter;
  readonly replayCache: CohortReplayCache;
  readonly followed: readonly FollowedPartition[];
  /**
   * S2: moves the member to the cohort of a plan with other claims. The partitions stay followed, and the move takes one tick:
   * the member has the same position in both cohorts.
   */
  moveTo(plan: Plan): void;
  /** Leaves the cohort and releases the partitions. Call once. */
  release(): void;
}

/** What the members of a cohort have in common. */
type CohortIdentity = Pick<Cohort, 'plan' | 'key' | 'partitions' | 'description'>;

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
    return new CohortMembership(this, { plan, key, partitions, description }, router, follows);
  }

  /** Returns the cohort of these members, and counts one member more. */
  enter(identity: CohortIdentity, router: CohortRouter): Cohort {
    const { plan, key, partitions, description } = identity;
    const name = nameOf(identity);
    const cohort =
      this.#cohorts.get(name) ??
      this.#add(name, new Cohort(plan, key, partitions, description, this.#parts), router);
    cohort.members += 1;
    return cohort;
  }

  /** Counts one member less. */
  leave(cohort: Cohort, router: CohortRouter): void {
    cohort.members -= 1;
    if (cohort.members > 0) return;
    router.remove(cohort);
    this.#cohorts.delete(nameOf(cohort));
    this.#replayCache.forget(cohort);
    this.#parts.metrics.cohorts.set(this.#cohorts.size);
  }

  replayCacheOf(cohort: Cohort): CohortReplayCache {
    return this.#replayCache.of(cohort);
  }

  #add(name: string, cohort: Cohort, router: CohortRouter): Cohort {
    this.#cohorts.set(name, cohort);
    router.add(cohort);
    this.#parts.metrics.cohorts.set(this.#cohorts.size);
    return cohort;
  }

  #router(topic: Topic): CohortRouter {
    const { codec, metrics, tracer, trail } = this.#parts;
    const router = this.#routers.get(topic) ?? new CohortRouter(topic, codec, metrics, { tracer, trail });
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

class CohortMembership implements Membership {
  cohort: Cohort;
  replayCache: CohortReplayCache;
  readonly router: CohortRouter;
  readonly followed: readonly FollowedPartition[];
  readonly #cohorts: Cohorts;
  readonly #follows: readonly Follow[];

  constructor(cohorts: Cohorts, identity: CohortIdentity, router: CohortRouter, follows: readonly Follow[]) {
    this.#cohorts = cohorts;
    this.#follows = follows;
    this.router = router;
    this.followed = follows.map(({ partition }) => partition);
    this.cohort = cohorts.enter(identity, router);
    this.replayCache = cohorts.replayCacheOf(this.cohort);
  }

  moveTo(plan: Plan): void {
    const { cohort: before, router } = this;
    if (plan.cohort === before.plan.cohort) return;
    const { key, partitions, description } = before;
    this.cohort = this.#cohorts.enter({ plan, key, partitions, description }, router);
    this.replayCache = this.#cohorts.replayCacheOf(this.cohort);
    this.#cohorts.leave(before, router);
  }

  release(): void {
    for (const follow of this.#follows) follow.release();
    this.#cohorts.leave(this.cohort, this.router);
  }
}

/** Shared results have a cursor in them, so members follow the same partitions of the same topic. */
function nameOf({ plan, partitions, description: { id, partitions: count } }: CohortIdentity): string {
  return `${plan.cohort}/${id ?? ''}/${count}/${partitions.map(({ partition }) => partition).join()}`;
}
