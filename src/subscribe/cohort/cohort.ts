import { type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import type { Activation } from '../../binding/bindings.js';
import { clientError } from '../../core/client-error.js';
import { lifeOf, type PartitionPosition, type Positions, type StreamPosition } from '../../core/cursor.js';
import { UNKNOWN_TYPE } from '../../core/event.js';
import type { Partition, Topic } from '../../core/ids.js';
import { placeName, type TopicPartition } from '../../core/position.js';
import type { DeadLetters } from '../../dead-letters/dead-letters.js';
import type { EventsLost } from '../../hub/events-lost.js';
import type { Logger } from '../../observe/log.js';
import type { Metrics } from '../../observe/metrics.js';
import type { TopicDescription } from '../../ports/event-log.js';
import { dataHead, executionHead, type OpenHead, type ResultBatch } from '../delivery/result-layout.js';
import type { Plan } from '../plan/plan.js';
import { executionFault, isCallerFault } from './fault.js';
import type { ParsedEvent } from './parsed-event.js';
import { tombstoneValue } from './tombstone.js';

/** What a cohort made of events that follow each other: `results[i]` is of `events[i]`. */
export interface RenderedBatch {
  readonly events: readonly ParsedEvent[];
  readonly results: ResultBatch;
}

/** One that stands where the node stands, and takes what its cohort made. */
export interface CohortMember {
  /** @returns how many were taken: what comes after them was not */
  live(made: RenderedBatch): number;
  /** Leaves the live ones, standing at `reached` in the event's partition. */
  fallBehind(event: ParsedEvent, reached: PartitionPosition): void;
  /** Events that it has not seen are gone for good: it ends (D5). */
  lost(loss: EventsLost): void;
}

/**
 * Subscribers that get the same bytes. One execution and one serialisation for each event, however many
 * they are (C1); the rules and the filter are decided here too, once for all of them (S1).
 */
export class Cohort {
  readonly plan: Plan;
  /** `undefined`: every key. */
  readonly key: string | undefined;
  readonly topic: Topic;
  readonly partitions: readonly TopicPartition[];
  /** Those that stand where the node stands. The others are replayed. */
  readonly live = new Set<CohortMember>();
  readonly #description: TopicDescription;
  readonly #schema: GraphQLSchema;
  readonly #metrics: Metrics;
  readonly #logger: Logger;
  readonly #deadLetters: DeadLetters;
  readonly #numbers: ReadonlySet<Partition>;
  /** All members, live or not. */
  members = 0;
  #logged = false;

  constructor(
    plan: Plan,
    key: string | undefined,
    partitions: readonly TopicPartition[],
    description: TopicDescription,
    parts: {
      readonly schema: GraphQLSchema;
      readonly metrics: Metrics;
      readonly logger: Logger;
      readonly deadLetters: DeadLetters;
    },
  ) {
    this.plan = plan;
    this.key = key;
    this.topic = plan.binding.topic;
    this.partitions = partitions;
    this.#numbers = new Set(partitions.map(({ partition }) => partition));
    this.#description = description;
    this.#schema = parts.schema;
    this.#metrics = parts.metrics;
    this.#logger = parts.logger;
    this.#deadLetters = parts.deadLetters;
  }

  /** Whether its members follow the partition: another cohort of the topic may be why this node does. */
  follows(partition: Partition): boolean {
    return this.#numbers.has(partition);
  }

  /** So many results were taken: counted once for all of them (bench: fanout). */
  delivered(count: number): void {
    this.#metrics.deliveries.add(this.plan.binding.field, count);
  }

  /** Where a member stands that is at `positions`, and has come there by an event of this time, or just now. */
  placeOf(positions: Positions, time = Date.now()): StreamPosition {
    const { id, partitions } = this.#description;
    // A producer's clock may be ahead, and the topic may have grown since: the earlier one is safe.
    const asOf = this.key === undefined ? 0 : Math.min(time, Date.now());
    return { positions, life: lifeOf(id), partitions, asOf };
  }

  /** The event as this cohort sees it; `undefined` when it is not for them. A promise when resolvers are slow. */
  render(event: ParsedEvent): OpenHead | undefined | Promise<OpenHead | undefined> {
    try {
      if (!this.wants(event)) return undefined;
      const { binding, document, selection, resolvers, variables, identity } = this.plan;
      this.#metrics.executions.add(binding.field, 1);
      const isTombstone = event.relayed.event.data === null;
      const data = isTombstone || resolvers ? undefined : selection.json(event.data);
      if (data !== undefined) return dataHead(data, event.extensions);
      const value = isTombstone ? tombstoneValue(binding, event.relayed.event) : event.data;
      const result = execute({
        schema: this.#schema,
        document,
        variableValues: variables,
        rootValue: { [binding.field]: value },
        contextValue: { variables, identity },
      });
      if (result instanceof Promise) {
        return result
          .then((done) => this.#executed(done, event))
          .catch((error: unknown) => {
            this.#failed(event, 'execution', error);
            return undefined;
          });
      }
      return this.#executed(result as ExecutionResult, event); // Not a promise, so a result.
    } catch (error) {
      this.#failed(event, 'execution', error);
      return undefined;
    }
  }

  #executed(result: ExecutionResult, event: ParsedEvent): OpenHead {
    const fault = executionFault(result);
    if (fault !== undefined) this.#failed(event, 'execution', fault);
    if (result.errors === undefined) return executionHead(result, event.extensions);
    const hidden: unknown[] = [];
    const errors = result.errors.map((error) => clientError(error, (cause) => hidden.push(cause)));
    // A fault has been reported with its dead letter; one report an event is enough.
    if (fault === undefined && hidden.length > 0) this.#report(event, 'execution', hidden[0]);
    return executionHead({ ...result, errors }, event.extensions);
  }

  /** Whether `render` would make a result of it: what conflation asks of events that it may leave out (S1). */
  wants(event: ParsedEvent): boolean {
    try {
      return this.#wants(event);
    } catch (error) {
      this.#failed(event, 'filter', error);
      return false;
    }
  }

  #wants(event: ParsedEvent): boolean {
    const { binding, args, identity } = this.plan;
    const { subject, type, data } = event.relayed.event;
    // A tombstone without a type may be of any of them.
    if (type !== UNKNOWN_TYPE && !binding.types.has(type)) return false;
    if (this.key !== undefined && subject !== this.key) return false;
    if (binding.rule === undefined && binding.filter === undefined) return true;
    // S1: what a rule wants to know of the event, a tombstone does not say.
    if (data === null) return binding.rule === undefined || !binding.rule.readsEvent;
    const activation: Activation = { args, claims: identity.claims, event: event.data };
    if (binding.rule !== undefined && !binding.rule.allows(activation)) return false;
    return binding.filter === undefined || binding.filter(activation);
  }

  /** D10: the event is set aside when it is to blame, and the subscribers go on either way. */
  #failed(event: ParsedEvent, kind: 'filter' | 'execution', error: unknown): void {
    const { at, relayed } = event;
    const { field } = this.plan.binding;
    const place = { ...at, offset: relayed.offset };
    const reason = error instanceof Error ? error.message : String(error);
    const { subject: key } = relayed.event;
    if (kind === 'execution' || !isCallerFault(this.plan)) {
      this.#deadLetters.add({ ...place, key, timestamp: relayed.timestamp, fault: { kind, reason, field } });
    }
    this.#report(event, kind, error);
  }

  #report({ at, relayed }: ParsedEvent, kind: string, error: unknown): void {
    this.#metrics.problems.inc({ kind });
    if (this.#logged) return;
    this.#logged = true;
    const place = placeName({ ...at, offset: relayed.offset });
    this.#logger.warn(
      { field: this.plan.binding.field, kind, at: place, err: error },
      'an event could not be filtered or executed for a subscription; further ones are only counted',
    );
  }
}
