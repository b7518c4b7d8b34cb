import type { Bindings } from '../binding/bindings.js';
import type { CursorCodec } from '../core/cursor.js';
import { FairScheduler } from '../core/fair-scheduler.js';
import type { Topic } from '../core/ids.js';
import type { DeadLetters } from '../dead-letters/dead-letters.js';
import type { Hub } from '../hub/hub.js';
import type { EventTrail } from '../observe/event-trail.js';
import { internalErrors } from '../observe/internal-errors.js';
import type { Logger } from '../observe/log.js';
import type { Metrics, PartitionLag } from '../observe/metrics.js';
import type { EventTracer } from '../observe/tracing/tracer.js';
import { Cohorts } from './cohort/cohorts.js';
import { ConflationBudget } from './delivery/conflation.js';
import type { ActiveSubscription, ResultSink } from './delivery/result-sink.js';
import type { Subscriber } from './delivery/subscriber.js';
import { Subscription, type SubscriptionParts } from './delivery/subscription.js';
import { DocumentNormaliser } from './plan/document-normaliser.js';
import type { SubscribeRequest } from './plan/plan.js';
import { Resync } from './start/resync.js';
import { type SnapshotSource, Snapshots } from './start/snapshots.js';

interface SubscriptionsOptions {
  readonly bindings: Bindings;
  readonly hub: Hub;
  readonly codec: CursorCodec;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** S4: characters of one subscription, with its variables and arguments. Default: 65,536. */
  readonly maxCharacters?: number;
  /** Takes the events that a field's filter or execution fails on (D10). */
  readonly deadLetters: DeadLetters;
  /** Reads views, for subscriptions with `snapshot: true`. */
  readonly views?: SnapshotSource;
  /** How often quiet subscriptions say where they are. Default: 10 s. */
  readonly positionIntervalMs?: number;
  readonly tracer?: EventTracer | undefined;
  readonly trail?: EventTrail | undefined;
}

const POSITION_INTERVAL_MS = 10_000;
/** S4: what all subscriptions of the node together may remember of the events that slow clients missed. */
const MAX_CONFLATION_BYTES = 64 << 20;

/** C4: how many subscriptions that are behind are looked at when metrics are read. */
const MAX_LOOKED_AT = 10_000;

/**
 * How much of each tick of the event loop all replays together may take. Replays that share a read all get its events at
 * once: without a budget, live subscribers would wait until the last of them was through (D8).
 */
const REPLAY_BUDGET_MS = 5;

/** The subscriptions of this node, on all transports. */
export class Subscriptions {
  readonly #parts: SubscriptionParts;
  readonly #running = new Set<Subscription>();
  #isTelling = false;

  constructor(options: SubscriptionsOptions) {
    const { schema } = options.bindings;
    const { hub } = options;
    const cohorts = new Cohorts({ ...options, schema });
    const budget = new ConflationBudget(MAX_CONFLATION_BYTES);
    const snapshots = new Snapshots({ schema, codec: options.codec, source: options.views });
    const resync = new Resync(hub, options.codec, options.metrics);
    const plans = {
      normaliser: new DocumentNormaliser(schema),
      maxCharacters: options.maxCharacters ?? 65_536,
    };
    const behind = new Set<Pick<Subscriber, 'lags'>>();
    options.metrics.subscriptionLagNow = () => furthestBehind(behind);
    this.#parts = {
      ...options,
      behind,
      cohorts,
      scheduler: new FairScheduler(REPLAY_BUDGET_MS),
      budget,
      resync,
      plans,
      snapshots,
      report: internalErrors(options.logger, options.metrics, 'a subscription could not start'),
      signal: hub.stopping,
    };
    const grow = (topic: Topic): void => {
      for (const subscription of this.#running) if (subscription.topic === topic) subscription.grow();
    };
    hub.topics.listeners.add(grow);
    hub.placements.listeners.add(grow);
    const positions = setInterval(
      () => this.#tellPositions(),
      options.positionIntervalMs ?? POSITION_INTERVAL_MS,
    );
    positions.unref();
    hub.stopping.addEventListener('abort', () => clearInterval(positions), { once: true });
  }

  /**
   * D4: a stream without results says how far it is, so that its cursor is never overtaken by retention while there was
   * nothing to miss. In turns with the replays: ten thousand of them would delay live results.
   */
  #tellPositions(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    const left = this.#running.values();
    const telling = this.#parts.scheduler.share((isTickOver) => {
      for (const subscription of left) {
        subscription.tellPosition();
        if (isTickOver()) return false;
      }
      return true;
    });
    telling.catch(this.#parts.report).finally(() => {
      this.#isTelling = false;
    });
  }

  /**
   * Starts a subscription. A refusal reaches the sink like any other end.
   * @param resumeFrom the cursor to resume after; it wins over the arguments (`Last-Event-ID`)
   */
  start(request: SubscribeRequest, resumeFrom: string | undefined, sink: ResultSink): ActiveSubscription {
    const { metrics } = this.#parts;
    const subscription = new Subscription(this.#parts, sink, () => {
      metrics.subscriptions.dec();
      this.#running.delete(subscription);
    });
    metrics.subscriptions.inc();
    this.#running.add(subscription);
    subscription.start(request, resumeFrom);
    return subscription;
  }
}

/** Of each partition that a subscription replays, the lag of the one that is furthest behind. */
function furthestBehind(behind: Iterable<Pick<Subscriber, 'lags'>>): readonly PartitionLag[] {
  const furthest = new Map<string, PartitionLag>();
  let looked = 0;
  for (const { lags } of behind) {
    for (const one of lags) {
      const name = `${one.topic}/${one.partition}`;
      if (one.lag > (furthest.get(name)?.lag ?? -1)) furthest.set(name, one);
    }
    looked += 1;
    if (looked === MAX_LOOKED_AT) break;
  }
  return [...furthest.values()];
}
