import type { Bindings } from '../../binding/bindings.js';
import { pause, retryPauseMs } from '../../core/async.js';
import { formattedError, knownCode, type ReportInternal, reportOf } from '../../core/client-error.js';
import type { PartitionPosition } from '../../core/cursor.js';
import type { FairScheduler } from '../../core/fair-scheduler.js';
import type { Identity } from '../../core/identity.js';
import { isRecreated, type Partition, type Topic } from '../../core/ids.js';
import type { KeyPlacement } from '../../core/partitioner.js';
import type { ObservedTopic } from '../../hub/topic-watch.js';
import type { Logger } from '../../observe/log.js';
import type { Metrics } from '../../observe/metrics.js';
import type { Cohorts, Membership } from '../cohort/cohorts.js';
import { authorise, authoriseRenewed } from '../plan/authorise.js';
import {
  cursorScopeOf,
  type Plan,
  type PlanOptions,
  planSubscription,
  type SubscribeRequest,
} from '../plan/plan.js';
import type { Snapshots } from '../start/snapshots.js';
import { startAfter } from '../start/start-positions.js';
import {
  type Following,
  StartResolver,
  type StartResolverParts,
  type Starts,
} from '../start/start-resolver.js';
import type { ConflationBudget } from './conflation.js';
import { ReachedPositions } from './reached-positions.js';
import { type SharedResult, START_HEAD, sharedResult } from './result-layout.js';
import type { ActiveSubscription, ResultSink } from './result-sink.js';
import { Subscriber } from './subscriber.js';

export interface SubscriptionParts extends StartResolverParts {
  readonly bindings: Bindings;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly cohorts: Cohorts;
  readonly scheduler: FairScheduler;
  readonly budget: ConflationBudget;
  /** The subscribers of the node that are behind it. */
  readonly behind: Set<Pick<Subscriber, 'lags'>>;
  readonly plans: PlanOptions;
  readonly snapshots: Snapshots;
  /** Receives what a client sees as INTERNAL. */
  readonly report: ReportInternal;
  /** Aborted when the node stops. */
  readonly signal: AbortSignal;
}

/** A subscription that has started. */
interface Running extends Following {
  plan: Plan;
  readonly subscriber: Subscriber;
  membership: Membership;
  topic: ObservedTopic;
  elsewhere: Following['elsewhere'];
}

/**
 * One subscription, from the request to its end: plan, authorise, show the state if asked for, resolve the start,
 * join a cohort, deliver. Its topic may grow meanwhile.
 */
export class Subscription implements ActiveSubscription {
  readonly #parts: SubscriptionParts;
  readonly #starts: StartResolver;
  readonly #sink: ResultSink;
  readonly #onEnd: () => void;
  #running: Running | undefined;
  /** Ends the wait for room before the snapshot, if it waits. */
  #wake: (() => void) | undefined;
  /** The cursor of the snapshot that it began with. */
  #snapshotCursor: string | undefined;
  #growing: Promise<void> = Promise.resolve();
  /** Of credentials that were renewed while the subscription starts. */
  #renewed: Identity | undefined;
  #closed = false;

  /** @param onEnd called once, whatever ends it */
  constructor(parts: SubscriptionParts, sink: ResultSink, onEnd: () => void) {
    this.#parts = parts;
    this.#starts = new StartResolver(parts);
    this.#sink = sink;
    this.#onEnd = onEnd;
  }

  /** The topic that it follows, once it has started. */
  get topic(): Topic | undefined {
    return this.#running?.plan.binding.topic;
  }

  /** Every outcome reaches the sink, a refusal too. */
  start(request: SubscribeRequest, resumeFrom: string | undefined): void {
    this.#begin(request, resumeFrom).catch((error: unknown) => this.#refuse(error, request));
  }

  onDrained(): void {
    this.#wake?.();
    this.#running?.subscriber.onDrained();
  }

  /** D4: tells its client where it is, if the client reads positions. */
  tellPosition(): void {
    this.#running?.subscriber.tellPosition();
  }

  renew(identity: Identity): void {
    const running = this.#running;
    if (running === undefined) this.#renewed = identity;
    if (running === undefined || this.#closed) return;
    try {
      const plan = authoriseRenewed(running, identity);
      if (plan === running.plan) return;
      running.plan = plan;
      running.membership.moveTo(plan);
      running.subscriber.move(running.membership);
    } catch (error) {
      this.#refuse(error, { document: running.plan.document });
    }
  }

  close(): void {
    this.#end('closed');
  }

  /** @param reason the label of the metric */
  #end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.metrics.subscriptionsEnded.inc({ reason });
    this.#wake?.();
    this.#running?.subscriber.close();
    this.#running?.membership.release();
    this.#onEnd();
  }

  /** D2: its topic may have more partitions now, or its key may lie in others. Follows those too. */
  grow(): void {
    // One after the other: each call follows what was added since the one before.
    this.#growing = this.#growing.then(async () => {
      for (let attempt = 0; !this.#closed; attempt++) {
        try {
          return await this.#followAdded();
        } catch (error) {
          this.#parts.metrics.problems.inc({ kind: 'grow' });
          this.#parts.logger.debug({ err: error, attempt }, 'following added partitions failed; retrying');
          // Retries until it is closed. The partitions that it followed before continue meanwhile.
          await pause(retryPauseMs(error, attempt), this.#parts.signal);
          if (this.#parts.signal.aborted) this.close();
        }
      }
    });
  }

  async #begin(request: SubscribeRequest, resumeFrom: string | undefined): Promise<void> {
    const { bindings, hub, cohorts } = this.#parts;
    const planned = planSubscription(bindings, request, this.#parts.plans);
    authorise(planned);
    const { binding, args, identity } = planned;
    const key = binding.key?.({ args, claims: identity.claims });
    const topic = await hub.describe(binding.topic, key);
    const placement = hub.placementOf(binding.topic, key);
    // An EventSource reconnects with the arguments of its first request: `Last-Event-ID` is newer than `after`.
    const after = resumeFrom ?? planned.after;
    // A client that resumes after a cursor has had the state before.
    const snapshot =
      planned.snapshot && after === undefined
        ? await this.#showSnapshot(planned, placement, topic)
        : undefined;
    if (this.#closed) return;
    const { starts, elsewhere } =
      snapshot ?? (await this.#starts.starts(planned, key, topic, placement, after));
    const membership = await cohorts.join(planned, key, starts.keys(), topic);
    if (this.#closed) return membership.release();
    if (membership.followed.some(({ at }) => isRecreated(at.topicId, topic.id))) {
      // The topic was recreated between `describe` and `join`: the starts belong to the previous one.
      membership.release();
      // A snapshot's cursor belongs to the previous topic too: resuming after it fails as it has to (D5).
      return this.#begin(request, resumeFrom ?? this.#snapshotCursor);
    }
    try {
      const positions = await this.#starts.positions(membership.followed, starts);
      if (this.#closed) return membership.release();
      if (request.startCursor === true && snapshot === undefined) {
        const start = membership.cohort.positionOf(positions);
        await this.#show(
          sharedResult(START_HEAD, this.#parts.codec.position(binding.topic, start)),
          this.#parts.codec.tag(cursorScopeOf(planned)),
        );
        if (this.#closed) return membership.release();
      }
      // S2: nothing was awaited since this check, and from here on `renew` finds the subscription running.
      const plan =
        this.#renewed === undefined ? planned : authoriseRenewed({ plan: planned, key }, this.#renewed);
      membership.moveTo(plan);
      const subscriber = this.#subscriber(plan, key, membership, positions);
      const others = placement === undefined ? undefined : elsewhere;
      this.#running = { plan, key, subscriber, membership, topic, elsewhere: others };
      subscriber.start();
    } catch (error) {
      membership.release();
      throw error;
    }
    // Between `describe` and here, when nobody called `grow` for it, the topic may have grown, or a producer may have put
    // a key elsewhere.
    this.grow();
  }

  #subscriber(
    plan: Plan,
    key: string | undefined,
    membership: Membership,
    positions: ReadonlyMap<Partition, PartitionPosition>,
  ): Subscriber {
    const tag = this.#parts.codec.tag(cursorScopeOf(plan));
    const stranded = { topic: plan.binding.topic, key, tag };
    return new Subscriber(this.#endingSink(), tag, membership, new ReachedPositions(positions), {
      ...this.#parts,
      resync: (loss, position) => this.#parts.resync.error(loss, stranded, position),
    });
  }

  /** Delivers the state as the first result. @returns after which positions the next events follow (D3) */
  async #showSnapshot(
    plan: Plan,
    placement: KeyPlacement | undefined,
    topic: ObservedTopic,
  ): Promise<Starts> {
    const { snapshots, codec } = this.#parts;
    const { position, elsewhere, result } = await snapshots.of(plan, placement, topic);
    const tag = codec.tag(cursorScopeOf(plan));
    this.#snapshotCursor = codec.position(plan.binding.topic, position) + tag;
    if (result !== undefined) await this.#show(result, tag);
    const starts = startAfter(position, placement, topic.partitions);
    return { starts, elsewhere };
  }

  /** Gives the sink a result that comes before the events, as soon as it has room. */
  async #show(result: SharedResult, tag: string): Promise<void> {
    while (!this.#closed && !this.#sink.next(result, tag)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #followAdded(): Promise<void> {
    const running = this.#running;
    const { hub } = this.#parts;
    const now = running && hub.topics.last(running.plan.binding.topic);
    if (running === undefined || now === undefined || this.#closed) return;
    if (now.id !== running.topic.id) return;
    const before = running.membership;
    const added = await this.#starts.inMore(running, now);
    if (added.size === 0) return;
    const numbers = new Set([...before.followed.map(({ at }) => at.partition), ...added.keys()]);
    const membership = await this.#parts.cohorts.join(running.plan, running.key, numbers, now);
    try {
      const positions = await this.#starts.positions(membership.followed, added);
      // A recreated topic: its positions belong to the previous one, whose partitions are about to end it.
      const isOther = membership.followed.some(({ at }) => isRecreated(at.topicId, now.id));
      if (this.#closed || isOther) return membership.release();
      // S2: its credentials may have been renewed during the wait.
      membership.moveTo(running.plan);
      running.subscriber.move(membership, positions);
    } catch (error) {
      membership.release();
      throw error;
    }
    running.membership = membership;
    running.topic = now;
    if (now.partitions <= membership.followed.length) running.elsewhere = undefined;
    before.release();
  }

  /** The transport's sink. An end that reaches it also closes this subscription. */
  #endingSink(): ResultSink {
    const { readsPositions = false } = this.#sink;
    return {
      readsPositions,
      position: (cursor, tag, behind) => this.#sink.position?.(cursor, tag, behind) ?? false,
      next: (result, tag) => this.#sink.next(result, tag),
      nextAll: (batch, tag) => this.#sink.nextAll?.(batch, tag) ?? false,
      error: (errors) => {
        if (this.#closed) return;
        this.#end(knownCode(errors[0]));
        this.#sink.error(errors);
      },
      complete: () => {
        if (this.#closed) return;
        this.#end('completed');
        this.#sink.complete();
      },
    };
  }

  #refuse(error: unknown, request: Partial<SubscribeRequest> & Pick<SubscribeRequest, 'document'>): void {
    if (this.#closed) return;
    const { document, operationName, traceparent, correlationId } = request;
    const report = reportOf(this.#parts.report, { document, operationName }, { traceparent, correlationId });
    const formatted = formattedError(error, report, 'The subscription failed.');
    this.#end(knownCode(formatted));
    this.#sink.error([formatted]);
  }
}
