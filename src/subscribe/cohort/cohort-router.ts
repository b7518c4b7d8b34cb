import type { CursorCodec, Positions } from '../../core/cursor.js';
import type { Relayed } from '../../core/event.js';
import type { Topic } from '../../core/ids.js';
import { offset } from '../../core/ids.js';
import type { TopicPartition } from '../../core/position.js';
import type { EventsLost } from '../../hub/events-lost.js';
import type { FollowedPartition } from '../../hub/followed-partition.js';
import type { PartitionListener } from '../../hub/partition-listener.js';
import type { Metrics } from '../../observe/metrics.js';
import { type SharedResult, sharedResult } from '../delivery/result-layout.js';
import type { Cohort, RenderedBatch } from './cohort.js';
import { CohortIndex } from './cohort-index.js';
import { ParsedEvent, reachedBy } from './parsed-event.js';

/**
 * The cohorts of one topic, and the way from an event to those that it may concern: those of its key, and
 * those that follow every key (C2).
 */
export class CohortRouter implements PartitionListener {
  readonly #topic: Topic;
  readonly #codec: CursorCodec;
  readonly #metrics: Metrics;
  readonly #byKey = new Map<string, CohortIndex>();
  readonly #everyKey = new CohortIndex();
  /** What the cohorts of this topic follow, by partition. */
  readonly #followed = new Map<number, FollowedPartition>();
  /** Which cohorts get the same cursors: those that follow the same partitions of the same topic. */
  readonly #company = new Map<Cohort, string>();

  constructor(topic: Topic, codec: CursorCodec, metrics: Metrics) {
    this.#topic = topic;
    this.#codec = codec;
    this.#metrics = metrics;
  }

  add(cohort: Cohort): void {
    this.#company.set(cohort, companyOf(cohort));
    if (cohort.key === undefined) this.#everyKey.add(cohort);
    else {
      const same = this.#byKey.get(cohort.key) ?? new CohortIndex();
      same.add(cohort);
      this.#byKey.set(cohort.key, same);
    }
  }

  remove(cohort: Cohort): void {
    this.#company.delete(cohort);
    if (cohort.key === undefined) this.#everyKey.remove(cohort);
    else {
      const same = this.#byKey.get(cohort.key);
      same?.remove(cohort);
      if (same?.size === 0) this.#byKey.delete(cohort.key);
    }
  }

  follows(partition: FollowedPartition): void {
    this.#followed.set(partition.at.partition, partition);
  }

  // Hot path, measured by `npm run bench -- fanout sparse filtered distinct`.
  events(at: TopicPartition, events: readonly Relayed[]): void {
    const round: Round = { batches: new Map(), delivered: new Set() };
    for (const relayed of events) {
      const { subject } = relayed.event;
      const keyed = subject === null ? undefined : this.#byKey.get(subject);
      if (keyed === undefined && this.#everyKey.size === 0) continue;
      const event = new ParsedEvent(at, relayed);
      const cursors = new Map<string, string>();
      if (keyed !== undefined)
        for (const cohort of keyed.candidates(event)) this.#gather(cohort, event, cursors, round);
      for (const cohort of this.#everyKey.candidates(event)) this.#gather(cohort, event, cursors, round);
    }
    for (const [cohort, made] of round.batches) deliver(cohort, made, round);
    for (const { relayed } of round.delivered) this.#metrics.observeDelivery(relayed.timestamp);
  }

  lost(at: TopicPartition, loss: EventsLost): void {
    const concerned = [
      ...this.#everyKey.all(),
      ...[...this.#byKey.values()].flatMap((same) => [...same.all()]),
    ];
    for (const cohort of concerned) {
      if (!cohort.follows(at.partition)) continue;
      for (const member of cohort.live) member.lost(loss);
    }
  }

  #gather(cohort: Cohort, event: ParsedEvent, cursors: Map<string, string>, round: Round): void {
    if (cohort.live.size === 0 || !cohort.follows(event.at.partition)) return;
    const rendered = cohort.render(event);
    if (rendered === undefined) return;
    const made = round.batches.get(cohort);
    if (rendered instanceof Promise) {
      if (made !== undefined) deliver(cohort, made, round);
      round.batches.delete(cohort);
      // Slow resolvers: the members go on by replay, which waits for each result, and nothing queues here.
      const before = { offset: offset(event.relayed.offset - 1), fingerprint: 0 };
      for (const member of cohort.live) member.fallBehind(event, before);
      return;
    }
    const cursor = this.#cursor(cohort, event, cursors);
    const result = sharedResult(rendered, cursor);
    // One by one from an empty list they would take room for many (bench: distinct).
    if (made === undefined) round.batches.set(cohort, { events: [event], results: [result] });
    else {
      made.events.push(event);
      made.results.push(result);
    }
  }

  /** C1: signed once for all cohorts that stand at the same place. */
  #cursor(cohort: Cohort, event: ParsedEvent, cursors: Map<string, string>): string {
    const company = this.#company.get(cohort) ?? companyOf(cohort);
    const known = cursors.get(company);
    if (known !== undefined) return known;
    const place = cohort.placeOf(this.#positions(cohort, event), event.relayed.timestamp);
    const cursor = this.#codec.position(this.#topic, place);
    cursors.set(company, cursor);
    return cursor;
  }

  /** Where every live member stands once it has this event: at it, and elsewhere where the node stands. */
  #positions(cohort: Cohort, event: ParsedEvent): Positions {
    const here = event.at.partition;
    return new Map(
      cohort.partitions.map(({ partition }) => {
        if (partition === here) return [partition, reachedBy(event)];
        return [partition, this.#followed.get(partition)?.reached ?? { offset: offset(-1), fingerprint: 0 }];
      }),
    );
  }
}

/** What a cohort's members are due when all events are looked at. */
interface Gathered extends RenderedBatch {
  readonly events: ParsedEvent[];
  readonly results: SharedResult[];
}

/** What became of the events that came together. */
interface Round {
  readonly batches: Map<Cohort, Gathered>;
  /** Those that somebody took. */
  readonly delivered: Set<ParsedEvent>;
}

/** All of it to one member after the other: what is done for a member is then done once for all events. */
function deliver(cohort: Cohort, made: RenderedBatch, { delivered }: Round): void {
  let [count, most] = [0, 0];
  for (const member of cohort.live) {
    const taken = member.live(made);
    count += taken;
    most = Math.max(most, taken);
  }
  if (count === 0) return;
  cohort.delivered(count);
  for (const event of made.events.slice(0, most)) delivered.add(event);
}

/** Everything that `Cohort.placeOf` knows of the cohort itself. */
function companyOf(cohort: Cohort): string {
  const { life, partitions } = cohort.placeOf(new Map(), 0);
  const numbers = cohort.partitions.map(({ partition }) => partition).join();
  return `${life}/${partitions}/${numbers}/${cohort.key === undefined ? 'every key' : 'one key'}`;
}
