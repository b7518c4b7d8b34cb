import { type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import { dataField } from '../../binding/runtime/data-field.js';
import { clientError } from '../../core/client-error.js';
import {
  type PartitionPosition,
  type Positions,
  type StreamPosition,
  topicFingerprintOf,
} from '../../core/cursor.js';
import { messageOf } from '../../core/errors.js';
import { UNKNOWN_TYPE } from '../../core/event.js';
import type { Partition, Topic } from '../../core/ids.js';
import { positionName, type TopicPartition } from '../../core/position.js';
import type { DeadLetters } from '../../dead-letters/dead-letters.js';
import type { EventsLost } from '../../hub/events-lost.js';
import type { EventTrail } from '../../observe/event-trail.js';
import { fieldsOf, type Logger } from '../../observe/log.js';
import type { Metrics } from '../../observe/metrics.js';
import type { TopicDescription } from '../../ports/event-log.js';
import {
  CURSOR_ONLY,
  dataHead,
  executionHead,
  type OpenHead,
  type ResultBatch,
} from '../delivery/result-layout.js';
import type { Plan } from '../plan/plan.js';
import { executionFault, isCallerFault } from './fault.js';
import { EventActivation, type ParsedEvent } from './parsed-event.js';
import { tombstoneValue } from './tombstone.js';

/** What a cohort rendered for consecutive events: `results[i]` belongs to `events[i]`. */
export interface RenderedBatch {
  readonly events: readonly ParsedEvent[];
  readonly results: ResultBatch;
}

/** A live subscriber: its position is the node's, and it takes what its cohort rendered. */
export interface CohortMember {
  /** @returns how many results it took; it took none of those that follow */
  deliver(batch: RenderedBatch): number;
  /** It stops being live, at `position` in the event's partition. */
  fallBehind(event: ParsedEvent, position: PartitionPosition): void;
  /** Events after its position are gone for good: it ends (D5). */
  onLost(loss: EventsLost): void;
}

/** What a cohort needs to execute events and report failures. */
interface CohortParts {
  readonly schema: GraphQLSchema;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly deadLetters: DeadLetters;
  readonly trail?: EventTrail | undefined;
}

/**
 * Subscribers that get the same bytes. Each event is executed and serialised once for all of them (C1). Rules and
 * filters are decided here too, once for all of them, for live and replayed events alike (S1).
 */
export class Cohort {
  readonly plan: Plan;
  /** `undefined`: every key. */
  readonly key: string | undefined;
  readonly topic: Topic;
  readonly partitions: readonly TopicPartition[];
  readonly description: TopicDescription;
  /** Its field's number in the node's trail. */
  readonly trailField: number;
  /** Members at the node's position. The others replay. */
  readonly live = new Set<CohortMember>();
  readonly #parts: CohortParts;
  readonly #partitionNumbers: ReadonlySet<Partition>;
  /** All members, live or not. */
  members = 0;
  #hasLogged = false;

  constructor(
    plan: Plan,
    key: string | undefined,
    partitions: readonly TopicPartition[],
    description: TopicDescription,
    parts: CohortParts,
  ) {
    this.plan = plan;
    this.key = key;
    this.topic = plan.binding.topic;
    this.partitions = partitions;
    this.#partitionNumbers = new Set(partitions.map(({ partition }) => partition));
    this.description = description;
    this.trailField = parts.trail?.fieldNumber(plan.binding.field) ?? 0;
    this.#parts = parts;
  }

  /** Whether its members follow the partition. This node may follow it for another cohort of the topic. */
  follows(partition: Partition): boolean {
    return this.#partitionNumbers.has(partition);
  }

  /** Counts once for all results that its members took (bench: fanout). */
  countDeliveries(count: number): void {
    this.#parts.metrics.deliveries.add(this.plan.binding.field, count);
  }

  /**
   * The position of a member, as its cursor encodes it.
   * @param time of the event that brought it there, in milliseconds since 1970
   */
  positionOf(positions: Positions, time = Date.now()): StreamPosition {
    const { id, partitions } = this.description;
    // A producer's clock may be ahead, and the topic may have grown since: the earlier time is safe.
    // Without a key `asOf` is not needed: added partitions are read from their beginning.
    const asOf = this.key === undefined ? 0 : Math.min(time, Date.now());
    return { positions, topicFingerprint: topicFingerprintOf(id), partitions, asOf };
  }

  /**
   * The head of the event's result; `undefined` when the event is not for this cohort, or failed (D10). A promise
   * only when a resolver returns one. Never throws or rejects. Hot path (bench: fanout, distinct).
   */
  render(event: ParsedEvent): OpenHead | undefined | Promise<OpenHead | undefined> {
    try {
      if (!this.matches(event)) return undefined;
      const { binding, document, selection, resolvers, variables, identity } = this.plan;
      this.#parts.metrics.executions.add(binding.field, 1);
      const isTombstone = event.relayed.event.data === null;
      const data = isTombstone || resolvers ? undefined : selection.json(event.data);
      if (data !== undefined) return dataHead(data, this.#extensions(event));
      const value = isTombstone ? tombstoneValue(binding, event.relayed.event) : event.data;
      const result = execute({
        schema: this.#parts.schema,
        document,
        fieldResolver: dataField,
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

  #extensions(event: ParsedEvent): string {
    const { showsEvent, binding } = this.plan;
    return showsEvent ? event.extensions(binding.shown) : CURSOR_ONLY;
  }

  #executed(result: ExecutionResult, event: ParsedEvent): OpenHead {
    const fault = executionFault(result);
    if (fault !== undefined) this.#failed(event, 'execution', fault);
    if (result.errors === undefined) return executionHead(result, this.#extensions(event));
    const hidden: unknown[] = [];
    const errors = result.errors.map((error) => clientError(error, (cause) => hidden.push(cause)));
    // A fault has been reported with its dead letter; one report per event is enough.
    if (fault === undefined && hidden.length > 0) this.#report(event, 'execution', hidden[0]);
    return executionHead({ ...result, errors }, this.#extensions(event));
  }

  /** Whether the event passes type, key, rule and filter. Conflation checks this before it leaves an event out (S1). */
  matches(event: ParsedEvent): boolean {
    try {
      return this.#matches(event);
    } catch (error) {
      this.#failed(event, 'filter', error);
      return false;
    }
  }

  #matches(event: ParsedEvent): boolean {
    const { binding } = this.plan;
    const { rule, filter } = binding;
    const { subject, type, data } = event.relayed.event;
    // A tombstone without a type may belong to any type.
    if (type !== UNKNOWN_TYPE && !binding.types.has(type)) return false;
    if (this.key !== undefined && subject !== this.key) return false;
    if (rule === undefined && filter === undefined) return true;
    const activation = new EventActivation(this.plan, event);
    // S1: a tombstone has no data for a rule to read, so a rule that reads the event hides it.
    if (data === null) return rule === undefined || (!rule.readsData && rule.allows(activation));
    // D10: data that cannot be parsed fails here. A rule would only hide it.
    if (rule?.readsData === true) event.parse();
    if (rule !== undefined && !rule.allows(activation)) return false;
    return filter === undefined || filter(activation);
  }

  /** D10: an event that is at fault becomes a dead letter. The subscribers continue either way. */
  #failed(event: ParsedEvent, kind: 'filter' | 'execution', error: unknown): void {
    const { at, relayed } = event;
    const { field } = this.plan.binding;
    const position = { ...at, offset: relayed.offset };
    const reason = messageOf(error);
    const { subject: key } = relayed.event;
    if (kind === 'execution' || !isCallerFault(error)) {
      this.#parts.deadLetters.add({
        ...position,
        key,
        timestamp: relayed.timestamp,
        fault: { kind, reason, field },
      });
    }
    this.#report(event, kind, error);
  }

  #report({ at, relayed }: ParsedEvent, kind: string, error: unknown): void {
    this.#parts.metrics.problems.inc({ kind });
    if (this.#hasLogged) return;
    this.#hasLogged = true;
    const position = positionName({ ...at, offset: relayed.offset });
    this.#parts.logger.warn(
      { field: this.plan.binding.field, kind, at: position, ...fieldsOf(relayed.event), err: error },
      'filtering or executing an event for a subscription failed; further failures of this cohort are only counted',
    );
  }
}
