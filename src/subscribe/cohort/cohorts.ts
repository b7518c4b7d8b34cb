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
import { type CohortRenditions, Renditions } from './renditions.js';
import { Routing } from './routing.js';

export interface CohortsParts {
  readonly schema: GraphQLSchema;
  readonly hub: Hub;
  readonly codec: CursorCodec;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly deadLetters: DeadLetters;
}

/** A cohort in use, with the partitions it holds. */
export interface Membership {
  readonly cohort: Cohort;
  readonly renditions: CohortRenditions;
  readonly followed: readonly FollowedPartition[];
  release(): void;
}

/** The cohorts of this node: each exists while somebody is a member of it. */
export class Cohorts {
  readonly #parts: CohortsParts;
  readonly #cohorts = new Map<string, Cohort>();
  readonly #routings = new Map<Topic, Routing>();
  readonly #renditions: Renditions;

  constructor(parts: CohortsParts) {
    this.#parts = parts;
    this.#renditions = new Renditions(parts.codec);
  }

  /** Follows the partitions, all of them or none, and joins those that ask for the same. */
  async join(
    plan: Plan,
    key: string | undefined,
    numbers: Iterable<Partition>,
    description: TopicDescription,
  ): Promise<Membership> {
    const { topic } = plan.binding;
    const sorted = [...numbers].sort((a, b) => a - b);
    const partitions = sorted.map((partition) => ({ topic, partition }));
    const routing = this.#routing(topic);
    const follows = await followAll(this.#parts.hub, partitions, routing);
    for (const { partition } of follows) routing.follows(partition);
    // What is shared has a cursor in it, so members follow the same partitions of the same topic.
    const { id = '', partitions: count } = description;
    const name = `${plan.cohort}/${id}/${count}/${sorted.join()}`;
    const cohort =
      this.#cohorts.get(name) ??
      this.#add(name, new Cohort(plan, key, partitions, description, this.#parts), routing);
    cohort.members += 1;
    return {
      cohort,
      renditions: this.#renditions.of(cohort),
      followed: follows.map(({ partition }) => partition),
      release: () => {
        for (const follow of follows) follow.release();
        cohort.members -= 1;
        if (cohort.members > 0) return;
        routing.remove(cohort);
        this.#cohorts.delete(name);
        this.#renditions.forget(cohort);
        this.#parts.metrics.cohorts.set(this.#cohorts.size);
      },
    };
  }

  #add(name: string, cohort: Cohort, routing: Routing): Cohort {
    this.#cohorts.set(name, cohort);
    routing.add(cohort);
    this.#parts.metrics.cohorts.set(this.#cohorts.size);
    return cohort;
  }

  #routing(topic: Topic): Routing {
    const routing = this.#routings.get(topic) ?? new Routing(topic, this.#parts.codec, this.#parts.metrics);
    this.#routings.set(topic, routing);
    return routing;
  }
}

async function followAll(hub: Hub, partitions: readonly TopicPartition[], routing: Routing) {
  const outcomes = await Promise.allSettled(partitions.map((at) => hub.follow(at, routing)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  const follows = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (failed === undefined) return follows;
  for (const follow of follows) follow.release();
  throw failed.reason;
}
