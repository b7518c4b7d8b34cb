import type { CursorCodec, Positions } from '../../core/cursor.js';
import type { Relayed } from '../../core/event.js';
import type { Topic } from '../../core/ids.js';
import { offset } from '../../core/ids.js';
import type { TopicPartition } from '../../core/position.js';
import { isSampled } from '../../core/trace.js';
import type { EventsLost } from '../../hub/events-lost.js';
import type { FollowedPartition } from '../../hub/followed-partition.js';
import type { PartitionListener } from '../../hub/partition-listener.js';
import type { DeliveryTally } from '../../observe/delivery-tally.js';
import type { EventTrail } from '../../observe/event-trail.js';
import type { Metrics } from '../../observe/metrics.js';
import type { EventTracer } from '../../observe/tracing/tracer.js';
import { type SharedResult, sharedResult } from '../delivery/result-layout.js';
import type { Cohort, RenderedBatch } from './cohort.js';
import { CohortIndex } from './cohort-index.js';
import { DeliverySpans } from './delivery-spans.js';
import { ParsedEvent, reachedBy } from './parsed-event.js';

/**
 * Routes the events of one topic to its cohorts: to those of the event's key, and to those of every key. Within
 * each, an index finds the cohorts whose filters the event may match (C2).
 */
export class CohortRouter implements PartitionListener {
  readonly #topic: Topic;
  readonly #codec: CursorCodec;
  readonly #metrics: Metrics;
  readonly #tracer: EventTracer | undefined;
  readonly #trail: EventTrail | undefined;
  readonly #byKey = new Map<string, CohortIndex>();
  readonly #everyKey = new CohortIndex();
  /** The partitions that cohorts of this topic follow. */
  readonly #followed = new Map<number, FollowedPartition>();
  readonly #groupsByName = new Map<string, CursorGroup>();
  readonly #groups = new Map<Cohort, CursorGroup>();

  constructor(topic: Topic, codec: CursorCodec, metrics: Metrics, { tracer, trail }: Observers = {}) {
    this.#topic = topic;
    this.#codec = codec;
    this.#metrics = metrics;
    this.#tracer = tracer;
    this.#trail = trail;
  }

  add(cohort: Cohort): void {
    const name = cursorGroupOf(cohort);
    const group = this.#groupsByName.get(name) ?? { name, cohorts: 0, offsets: '', cursor: '' };
    group.cohorts += 1;
    this.#groupsByName.set(name, group);
    this.#groups.set(cohort, group);
    if (cohort.key === undefined) this.#everyKey.add(cohort);
    else {
      const index = this.#byKey.get(cohort.key) ?? new CohortIndex();
      index.add(cohort);
      this.#byKey.set(cohort.key, index);
    }
  }

  remove(cohort: Cohort): void {
    const group = this.#groups.get(cohort);
    this.#groups.delete(cohort);
    if (group !== undefined) group.cohorts -= 1;
    if (group?.cohorts === 0) this.#groupsByName.delete(group.name);
    if (cohort.key === undefined) this.#everyKey.remove(cohort);
    else {
      const index = this.#byKey.get(cohort.key);
      index?.remove(cohort);
      if (index?.size === 0) this.#byKey.delete(cohort.key);
    }
  }

  follows(partition: FollowedPartition): void {
    this.#followed.set(partition.at.partition, partition);
  }

  /**
   * The shared half of the cursor of every live member of the cohort: the node's position. Signed once for all cohorts
   * at that position, and the same text until it moves (C1).
   */
  cursorNow(cohort: Cohort): string {
    const group = this.#groupOf(cohort);
    const positions = this.#positions(cohort);
    const offsets = [...positions.values()].map((position) => position.offset).join();
    if (group.offsets !== offsets) {
      group.offsets = offsets;
      group.cursor = this.#codec.position(this.#topic, cohort.positionOf(positions));
    }
    return group.cursor;
  }

  // Hot path, measured by `npm run bench -- fanout sparse filtered distinct`.
  onEvents(at: TopicPartition, events: readonly Relayed[]): void {
    const tally = this.#trail?.tally(events);
    const round: Round = { batches: new Map(), delivered: new Set(), spans: undefined, tally };
    for (const relayed of events) {
      const { subject } = relayed.event;
      const keyed = subject === null ? undefined : this.#byKey.get(subject);
      if (keyed === undefined && this.#everyKey.size === 0) continue;
      const event = new ParsedEvent(at, relayed);
      const cursors = new Map<CursorGroup, string>();
      if (keyed !== undefined)
        for (const cohort of keyed.candidates(event)) this.#render(cohort, event, cursors, round);
      for (const cohort of this.#everyKey.candidates(event)) this.#render(cohort, event, cursors, round);
    }
    for (const [cohort, batch] of round.batches) deliver(cohort, batch, round);
    for (const { relayed } of round.delivered) this.#metrics.observeDelivery(relayed.timestamp);
    if (tally !== undefined) this.#trail?.delivered(at, tally);
  }

  onLost(at: TopicPartition, loss: EventsLost): void {
    const cohorts = [
      ...this.#everyKey.all(),
      ...[...this.#byKey.values()].flatMap((index) => [...index.all()]),
    ];
    for (const cohort of cohorts) {
      if (!cohort.follows(at.partition)) continue;
      for (const member of cohort.live) member.onLost(loss);
    }
  }

  /** Renders the event for the cohort, and adds the result to the cohort's batch of this round. */
  #render(cohort: Cohort, event: ParsedEvent, cursors: Map<CursorGroup, string>, round: Round): void {
    if (cohort.live.size === 0 || !cohort.follows(event.at.partition)) return;
    const isTraced = this.#tracer !== undefined && isSampled(event.relayed.event.traceparent);
    // Started before it is known whether the cohort shows the event: a span that never ends is not exported.
    const span = isTraced
      ? this.#tracer.deliver(event.at, event.relayed, cohort.plan.binding.field)
      : undefined;
    const head = cohort.render(event);
    if (head === undefined) return;
    const batch = round.batches.get(cohort);
    if (head instanceof Promise) {
      if (batch !== undefined) deliver(cohort, batch, round);
      round.batches.delete(cohort);
      round.spans?.delete(cohort);
      // Slow resolvers: the members replay, which waits for each result, so no queue forms here.
      round.tally?.shown(cohort.trailField, [event], 0);
      const before = { offset: offset(event.relayed.offset - 1), fingerprint: 0 };
      for (const member of cohort.live) member.fallBehind(event, before);
      return;
    }
    const result = sharedResult(head, this.#cursor(cohort, event, cursors));
    if (span !== undefined) {
      round.spans ??= new Map();
      const spans = round.spans.get(cohort) ?? new DeliverySpans();
      round.spans.set(cohort, spans);
      spans.add(span, batch?.events.length ?? 0);
    }
    // Arrays that grow from an empty one reserve room for many elements (bench: distinct).
    if (batch === undefined) round.batches.set(cohort, { events: [event], results: [result] });
    else {
      batch.events.push(event);
      batch.results.push(result);
    }
  }

  /** C1: signed once for all cohorts at the same position. */
  #cursor(cohort: Cohort, event: ParsedEvent, cursors: Map<CursorGroup, string>): string {
    const group = this.#groupOf(cohort);
    const known = cursors.get(group);
    if (known !== undefined) return known;
    const position = cohort.positionOf(this.#positions(cohort, event), event.relayed.timestamp);
    const cursor = this.#codec.position(this.#topic, position);
    cursors.set(group, cursor);
    return cursor;
  }

  #groupOf(cohort: Cohort): CursorGroup {
    const group = this.#groups.get(cohort);
    if (group === undefined) throw new Error('The cohort is not one of this router.');
    return group;
  }

  /** The positions of every live member: the node's, and once it has `event`, in its partition at the event. */
  #positions(cohort: Cohort, event?: ParsedEvent): Positions {
    return new Map(
      cohort.partitions.map(({ partition }) => {
        if (partition === event?.at.partition) return [partition, reachedBy(event)];
        return [partition, this.#followed.get(partition)?.reached ?? { offset: offset(-1), fingerprint: 0 }];
      }),
    );
  }
}

interface Observers {
  readonly tracer?: EventTracer | undefined;
  readonly trail?: EventTrail | undefined;
}

/** Cohorts that get the same cursors: they follow the same partitions of the same topic. */
interface CursorGroup {
  readonly name: string;
  /** How many there are. */
  cohorts: number;
  /** The offsets that `cursor` was made for; empty: none was made. */
  offsets: string;
  cursor: string;
}

/** The batch of one cohort while the events of a round are rendered. */
interface GrowingBatch extends RenderedBatch {
  readonly events: ParsedEvent[];
  readonly results: SharedResult[];
}

/** The events that a partition delivers together. */
interface Round {
  readonly batches: Map<Cohort, GrowingBatch>;
  /** Events that some member took. */
  readonly delivered: Set<ParsedEvent>;
  /** Of the events that are traced. `undefined`: none is. */
  spans: Map<Cohort, DeliverySpans> | undefined;
  /** `undefined`: nobody wants to know. */
  readonly tally: DeliveryTally | undefined;
}

/** The whole batch to one member after the other: work that a member needs once is then done once for all events. */
function deliver(cohort: Cohort, batch: RenderedBatch, { delivered, spans: all, tally }: Round): void {
  const spans = all?.get(cohort);
  let [count, most] = [0, 0];
  for (const member of cohort.live) {
    const taken = member.deliver(batch);
    count += taken;
    most = Math.max(most, taken);
    if (spans !== undefined) spans.took(taken);
  }
  spans?.endAfterWrites();
  tally?.shown(cohort.trailField, batch.events, count);
  if (count === 0) return;
  cohort.countDeliveries(count);
  for (const event of batch.events.slice(0, most)) delivered.add(event);
}

/** All that a cursor of `Cohort.positionOf` says besides positions and time. */
function cursorGroupOf(cohort: Cohort): string {
  const { topicFingerprint, partitions } = cohort.positionOf(new Map(), 0);
  const numbers = cohort.partitions.map(({ partition }) => partition).join();
  return `${topicFingerprint}/${partitions}/${numbers}/${cohort.key === undefined ? 'every key' : 'one key'}`;
}
