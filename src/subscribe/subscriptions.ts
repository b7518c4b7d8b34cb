import { type GraphQLError, GraphQLError as GraphQLFault } from 'graphql';
import type { Bindings } from '../binding/bindings.js';
import type { CursorCodec, Positions, Reached } from '../core/cursor.js';
import { MillraceError } from '../core/errors.js';
import { BEFORE_FIRST, otherTopic, type Partition, partition, type Topic } from '../core/ids.js';
import { partitionOfKey } from '../core/partitioner.js';
import type { TopicPartition } from '../core/position.js';
import { EventsLost } from '../hub/events-lost.js';
import type { FollowedPartition } from '../hub/followed-partition.js';
import type { Hub } from '../hub/hub.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { TopicDescription } from '../ports/event-log.js';
import { Cohort } from './cohort.js';
import { Pace } from './pace.js';
import { type Plan, planSubscription, type SubscribeRequest } from './plan.js';
import { Resync } from './resync.js';
import { Routing } from './routing.js';
import type { ActiveSubscription, Sink } from './sink.js';
import { Subscriber } from './subscriber.js';

export interface SubscriptionsOptions {
  readonly bindings: Bindings;
  readonly hub: Hub;
  readonly codec: CursorCodec;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** A cohort in use, with the partitions it holds. */
interface Membership {
  readonly cohort: Cohort;
  readonly followed: readonly FollowedPartition[];
  release(): void;
}

/** Every subscription of this node, whatever transport it came by. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #cohorts = new Map<string, Cohort>();
  readonly #routings = new Map<Topic, Routing>();
  readonly #pace = new Pace();
  readonly #resync: Resync;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    this.#resync = new Resync(options.hub, options.codec);
  }

  /**
   * Starts a subscription. A refusal reaches the sink like any other end.
   * @param resumeFrom where to go on when the arguments do not say (`Last-Event-ID`)
   */
  start(request: SubscribeRequest, resumeFrom: string | undefined, sink: Sink): ActiveSubscription {
    const { metrics } = this.#options;
    let subscriber: Subscriber | undefined;
    let membership: Membership | undefined;
    let closed = false;
    metrics.subscriptions.inc();
    const close = (): void => {
      if (closed) return;
      closed = true;
      metrics.subscriptions.dec();
      subscriber?.close();
      membership?.release();
    };
    const refuse = (error: unknown): void => {
      if (closed) return;
      close();
      sink.error([this.#asGraphQL(error).toJSON()]);
    };
    const watched: Sink = {
      next: (result, tag) => sink.next(result, tag),
      error: (errors) => {
        if (closed) return;
        close();
        sink.error(errors);
      },
      complete: () => {
        if (closed) return;
        close();
        sink.complete();
      },
    };
    const begin = async (): Promise<void> => {
      const plan = planSubscription(this.#options.bindings, request);
      this.#authorise(plan);
      const joined = await this.#join(plan);
      if (closed) return joined.release();
      membership = joined;
      const reached = await this.#place(plan, joined, plan.after ?? (plan.since ? undefined : resumeFrom));
      if (closed) return;
      const tag = this.#options.codec.tag(this.#scope(plan));
      const { cohort } = joined;
      const resync = (loss: EventsLost, positions: Positions): Promise<MillraceError> =>
        this.#resync.error(loss, { topic: cohort.topic, key: cohort.key, tag }, cohort.placeAt(positions));
      const parts = { ...this.#options, pace: this.#pace, resync };
      subscriber = new Subscriber(watched, tag, joined.cohort, joined.followed, reached, parts);
      subscriber.start();
    };
    begin().catch(refuse);
    return { drained: () => subscriber?.drained(), close };
  }

  #authorise({ binding, args, identity }: Plan): void {
    const { rule } = binding;
    if (rule === undefined || rule.readsEvent || rule.allows({ args, claims: identity.claims })) return;
    if (Object.keys(identity.claims).length === 0) {
      throw new MillraceError('UNAUTHENTICATED', `${binding.field} needs credentials.`);
    }
    throw new MillraceError('FORBIDDEN', `The rule of ${binding.field} does not allow it.`);
  }

  async #join(plan: Plan): Promise<Membership> {
    const { binding, args, identity } = plan;
    const key = binding.key?.({ args, claims: identity.claims });
    const description = await this.#options.hub.topics.describe(binding.topic);
    const { id, partitions: count } = description;
    const numbers =
      key === undefined
        ? Array.from({ length: count }, (_, i) => partition(i))
        : [partitionOfKey(key, count)];
    const partitions = numbers.map((number) => ({ topic: binding.topic, partition: number }));
    const routing = this.#routing(binding.topic);
    const follows = await followAll(this.#options.hub, partitions, routing);
    if (follows.some((follow) => otherTopic(follow.partition.at.topicId, id))) {
      // Made anew meanwhile.
      for (const follow of follows) follow.release();
      return this.#join(plan);
    }
    for (const follow of follows) routing.follows(follow.partition);
    // What is shared has a cursor in it, so members follow the same partitions: a topic may get more of them.
    const name = `${plan.cohort}/${id ?? ''}/${count}`;
    const cohort = this.#cohort(name, plan, key, partitions, description, routing);
    cohort.members += 1;
    return {
      cohort,
      followed: follows.map((follow) => follow.partition),
      release: () => {
        for (const follow of follows) follow.release();
        cohort.members -= 1;
        if (cohort.members > 0) return;
        routing.remove(cohort);
        this.#cohorts.delete(name);
        this.#options.metrics.cohorts.set(this.#cohorts.size);
      },
    };
  }

  #cohort(
    name: string,
    plan: Plan,
    key: string | undefined,
    partitions: readonly TopicPartition[],
    description: TopicDescription,
    routing: Routing,
  ): Cohort {
    const existing = this.#cohorts.get(name);
    if (existing !== undefined) return existing;
    const { bindings, metrics, logger } = this.#options;
    const cohort = new Cohort(plan, key, partitions, description, {
      schema: bindings.schema,
      metrics,
      logger,
    });
    this.#cohorts.set(name, cohort);
    routing.add(cohort);
    metrics.cohorts.set(this.#cohorts.size);
    return cohort;
  }

  #routing(topic: Topic): Routing {
    const existing = this.#routings.get(topic);
    if (existing !== undefined) return existing;
    const routing = new Routing(topic, this.#options.codec);
    this.#routings.set(topic, routing);
    return routing;
  }

  /** Where the subscription begins in each partition. */
  async #place(
    plan: Plan,
    { followed, cohort }: Membership,
    after: string | undefined,
  ): Promise<Map<Partition, Reached>> {
    const { hub, codec } = this.#options;
    if (after !== undefined) {
      const scope = this.#scope(plan);
      const place = codec.read(after, scope);
      const positions = placeOf(followed, place.positions);
      try {
        await hub.verify(plan.binding.topic, place);
      } catch (error) {
        if (!(error instanceof EventsLost)) throw error;
        const who = { topic: cohort.topic, key: cohort.key, tag: codec.tag(scope) };
        throw await this.#resync.error(error, who, { ...place, positions });
      }
      return positions;
    }
    if (plan.since === undefined) {
      return new Map(followed.map(({ at, reached }) => [at.partition, reached]));
    }
    const since = plan.since;
    return new Map(
      await Promise.all(
        followed.map(async ({ at }): Promise<[Partition, Reached]> => {
          return [at.partition, { offset: await hub.before(at, since), fingerprint: 0 }];
        }),
      ),
    );
  }

  #scope({ binding, argsJson, subject }: Plan) {
    return { topic: binding.topic, field: binding.field, args: argsJson, subject };
  }

  #asGraphQL(error: unknown): GraphQLError {
    if (error instanceof GraphQLFault) return error;
    if (error instanceof MillraceError) return new GraphQLFault(error.message, { originalError: error });
    this.#options.logger.error({ err: error }, 'a subscription could not be started');
    return new GraphQLFault('The subscription could not be started.', {
      extensions: { code: 'INTERNAL', retry: false },
    });
  }
}

/** A partition that the cursor does not know was added to the topic since: all of it comes after the cursor. */
function placeOf(followed: readonly FollowedPartition[], positions: Positions): Map<Partition, Reached> {
  return new Map(
    followed.map(({ at }) => [
      at.partition,
      positions.get(at.partition) ?? { offset: BEFORE_FIRST, fingerprint: 0 },
    ]),
  );
}

/** All of them, or none. */
async function followAll(hub: Hub, partitions: readonly TopicPartition[], routing: Routing) {
  const outcomes = await Promise.allSettled(partitions.map((at) => hub.follow(at, routing)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  const follows = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (failed === undefined) return follows;
  for (const follow of follows) follow.release();
  throw failed.reason;
}
