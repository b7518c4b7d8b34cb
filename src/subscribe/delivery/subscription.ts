import type { Bindings } from '../../binding/bindings.js';
import { backoffMs, pause } from '../../core/async.js';
import { formattedError, type ReportInternal } from '../../core/client-error.js';
import type { CursorCodec, PartitionPosition, StreamPosition } from '../../core/cursor.js';
import { MillraceError } from '../../core/errors.js';
import { isRecreated, type Partition, type Topic } from '../../core/ids.js';
import { EventsLost } from '../../hub/events-lost.js';
import type { FollowedPartition } from '../../hub/followed-partition.js';
import type { Hub } from '../../hub/hub.js';
import type { ObservedTopic } from '../../hub/topic-watch.js';
import type { Logger } from '../../observe/log.js';
import type { Metrics } from '../../observe/metrics.js';
import type { Cohorts, Membership } from '../cohort/cohorts.js';
import { type Plan, type PlanOptions, planSubscription, type SubscribeRequest } from '../plan/plan.js';
import type { Resync } from '../start/resync.js';
import type { Snapshots } from '../start/snapshots.js';
import {
  type StartPositions,
  startAfter,
  startAt,
  startInAddedPartitions,
} from '../start/start-positions.js';
import type { ConflationBudget } from './conflation.js';
import type { ReplayScheduler } from './replay-scheduler.js';
import type { ActiveSubscription, ResultSink } from './result-sink.js';
import { Subscriber } from './subscriber.js';

export interface SubscriptionParts {
  readonly bindings: Bindings;
  readonly hub: Hub;
  readonly codec: CursorCodec;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly cohorts: Cohorts;
  readonly scheduler: ReplayScheduler;
  readonly budget: ConflationBudget;
  readonly resync: Resync;
  readonly plans: PlanOptions;
  readonly snapshots: Snapshots;
  /** Receives what a client sees as INTERNAL. */
  readonly report: ReportInternal;
  /** Aborted when the node stops. */
  readonly signal: AbortSignal;
}

/** What one subscription is once it runs. */
interface Run {
  readonly plan: Plan;
  readonly key: string | undefined;
  readonly subscriber: Subscriber;
  membership: Membership;
  /** What its topic was when it was last given partitions to follow. */
  topic: ObservedTopic;
}

/** One subscription, from the request to its end. Its topic may grow meanwhile. */
export class Subscription implements ActiveSubscription {
  readonly #parts: SubscriptionParts;
  readonly #sink: ResultSink;
  readonly #ended: () => void;
  #run: Run | undefined;
  #room: (() => void) | undefined;
  /** The cursor of the state that it began with. */
  #shown: string | undefined;
  #moving: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param ended called once, whatever ends it */
  constructor(parts: SubscriptionParts, sink: ResultSink, ended: () => void) {
    this.#parts = parts;
    this.#sink = sink;
    this.#ended = ended;
  }

  /** The topic it follows, once it runs. */
  get topic(): Topic | undefined {
    return this.#run?.plan.binding.topic;
  }

  /** Whatever becomes of it, also a refusal, reaches the sink. */
  start(request: SubscribeRequest, resumeFrom: string | undefined): void {
    this.#begin(request, resumeFrom).catch((error: unknown) => this.#refuse(error));
  }

  drained(): void {
    this.#room?.();
    this.#run?.subscriber.drained();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#room?.();
    this.#run?.subscriber.close();
    this.#run?.membership.release();
    this.#ended();
  }

  /** D2: the topic may have more partitions: those are followed too, from their beginning. */
  grow(): void {
    this.#moving = this.#moving.then(async () => {
      for (let attempt = 0; !this.#closed; attempt++) {
        try {
          return await this.#follow();
        } catch (error) {
          this.#parts.metrics.problems.inc({ kind: 'grow' });
          this.#parts.logger.debug({ err: error, attempt }, 'added partitions cannot be followed yet');
          // Until it is closed there is nothing else to wait for: what was followed before goes on.
          await pause(backoffMs(attempt), this.#parts.signal);
          if (this.#parts.signal.aborted) this.close();
        }
      }
    });
  }

  async #begin(request: SubscribeRequest, resumeFrom: string | undefined): Promise<void> {
    const { bindings, hub, codec, cohorts } = this.#parts;
    const plan = planSubscription(bindings, request, this.#parts.plans);
    authorise(plan);
    const { binding, args, identity } = plan;
    const key = binding.key?.({ args, claims: identity.claims });
    const topic = await hub.topics.describe(binding.topic);
    // The arguments of an EventSource are those it began with: what it has reached since then counts.
    const after = resumeFrom ?? plan.after;
    // Who goes on after a cursor has had the state.
    const place = plan.snapshot && after === undefined ? await this.#show(plan, key, topic) : undefined;
    if (this.#closed) return;
    const starts =
      place === undefined
        ? await this.#starts(plan, key, topic, after)
        : startAfter(place, hub.partitioningKey(key), topic.partitions);
    const membership = await cohorts.join(plan, key, starts.keys(), topic);
    if (this.#closed) return membership.release();
    if (membership.followed.some(({ at }) => isRecreated(at.topicId, topic.id))) {
      // Made anew meanwhile: what was found out is of another topic.
      membership.release();
      // With a snapshot it stands in the topic before: what is there now is told apart by its cursor (D5).
      return this.#begin(request, resumeFrom ?? this.#shown);
    }
    try {
      const reached = await this.#reached(membership.followed, starts);
      if (this.#closed) return membership.release();
      const who = { topic: plan.binding.topic, key, tag: codec.tag(scopeOf(plan)) };
      const parts = {
        ...this.#parts,
        resync: (loss: EventsLost, place: StreamPosition) => this.#parts.resync.error(loss, who, place),
      };
      const subscriber = new Subscriber(this.#watched(), who.tag, membership, reached, parts);
      this.#run = { plan, key, subscriber, membership, topic };
      subscriber.start();
    } catch (error) {
      membership.release();
      throw error;
    }
    // It may have grown while the partitions were being followed.
    this.grow();
  }

  /** Gives the client the state first. @returns the place after which the events are that are not in it */
  async #show(plan: Plan, key: string | undefined, topic: ObservedTopic): Promise<StreamPosition> {
    const { snapshots, codec } = this.#parts;
    const { place, result } = await snapshots.of(plan, key, topic);
    const tag = codec.tag(scopeOf(plan));
    this.#shown = `${codec.position(plan.binding.topic, place)}${tag}`;
    while (result !== undefined && !this.#closed && !this.#sink.next(result, tag)) {
      await new Promise<void>((resolve) => {
        this.#room = resolve;
      });
    }
    return place;
  }

  async #starts(
    plan: Plan,
    key: string | undefined,
    { partitions }: ObservedTopic,
    after: string | undefined,
  ): Promise<StartPositions> {
    const { hub, codec } = this.#parts;
    const partitioningKey = hub.partitioningKey(key);
    if (after !== undefined) {
      const place = codec.read(after, scopeOf(plan));
      try {
        await hub.verify(plan.binding.topic, place);
      } catch (error) {
        if (!(error instanceof EventsLost)) throw error;
        const who = { topic: plan.binding.topic, key, tag: codec.tag(scopeOf(plan)) };
        throw await this.#parts.resync.error(error, who, place);
      }
      return startAfter(place, partitioningKey, partitions);
    }
    if (plan.since === undefined) return startAt({ from: 'now' }, partitioningKey, partitions);
    return startAt({ from: 'time', timestamp: plan.since }, partitioningKey, partitions);
  }

  /** Where it stands at first in each partition that is followed. */
  async #reached(
    followed: readonly FollowedPartition[],
    starts: StartPositions,
  ): Promise<Map<Partition, PartitionPosition>> {
    const reached = new Map<Partition, PartitionPosition>();
    const asked = followed.map(async ({ at }) => {
      const start = starts.get(at.partition);
      if (start?.from === 'position') reached.set(at.partition, start.position);
      if (start?.from !== 'time') return;
      const before = await this.#parts.hub.offsetBefore(at, start.timestamp);
      reached.set(at.partition, { offset: before, fingerprint: 0 });
    });
    await Promise.all(asked);
    // Read last, all in one turn: those that start now stand where the node stands.
    for (const { at, reached: here } of followed)
      if (!reached.has(at.partition)) reached.set(at.partition, here);
    return reached;
  }

  async #follow(): Promise<void> {
    const run = this.#run;
    const now = run && this.#parts.hub.topics.last(run.plan.binding.topic);
    if (run === undefined || now === undefined || this.#closed) return;
    if (now.id !== run.topic.id || now.partitions <= run.topic.partitions) return;
    const added = startInAddedPartitions(run.topic, this.#parts.hub.partitioningKey(run.key), now.partitions);
    const before = run.membership;
    const numbers = new Set([...before.followed.map(({ at }) => at.partition), ...added.keys()]);
    const membership = await this.#parts.cohorts.join(run.plan, run.key, numbers, now);
    try {
      const reached = await this.#reached(membership.followed, added);
      // Made anew meanwhile: its places are of the topic before, and so is the end that it comes to.
      const another = membership.followed.some(({ at }) => isRecreated(at.topicId, now.id));
      if (this.#closed || another) return membership.release();
      run.subscriber.move(membership, reached);
    } catch (error) {
      membership.release();
      throw error;
    }
    run.membership = membership;
    run.topic = now;
    before.release();
  }

  #watched(): ResultSink {
    return {
      next: (result, tag) => this.#sink.next(result, tag),
      nextAll: (batch, tag) => this.#sink.nextAll?.(batch, tag) ?? false,
      error: (errors) => {
        if (this.#closed) return;
        this.close();
        this.#sink.error(errors);
      },
      complete: () => {
        if (this.#closed) return;
        this.close();
        this.#sink.complete();
      },
    };
  }

  #refuse(error: unknown): void {
    if (this.#closed) return;
    this.close();
    this.#sink.error([formattedError(error, this.#parts.report, 'The subscription failed.')]);
  }
}

function authorise({ binding, args, identity }: Plan): void {
  const { rule } = binding;
  if (rule === undefined || rule.readsEvent || rule.allows({ args, claims: identity.claims })) return;
  if (Object.keys(identity.claims).length === 0) {
    throw new MillraceError('UNAUTHENTICATED', `${binding.field} needs credentials.`);
  }
  throw new MillraceError('FORBIDDEN', `The rule of ${binding.field} does not allow it.`);
}

function scopeOf({ binding, argsJson, subject }: Plan) {
  return { topic: binding.topic, field: binding.field, args: argsJson, subject };
}
