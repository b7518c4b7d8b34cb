import type { Identity } from '../../core/identity.js';
import type { Topic } from '../../core/ids.js';
import type { Position } from '../../core/position.js';
import type { Published } from '../../core/published.js';
import type { TraceContext } from '../../core/trace.js';
import type { ViewReader } from './resolvers.js';

/** An event that somebody wants to publish. */
export interface EventDraft {
  readonly topic: Topic;
  readonly type: string;
  readonly key: string;
  /** Plain JSON of the shape of `type`. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** What resolvers work with: the same for all fields of one operation. */
export interface GatewayContext {
  readonly identity: Identity;
  readonly trace: TraceContext;
  /** Of the `Idempotency-Key` header or the operation's `extensions`. */
  readonly idempotencyKey: string | undefined;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
  /** Publishes one event, or several together or not at all. */
  readonly publish: Publish;
  /** A view of the project, by its name. Not for the events of subscriptions. */
  readonly view?: ((name: string) => ViewReader) | undefined;
  /** Where an event is, as `minCursor` takes it. */
  readonly cursorOf?: ((at: Position) => Promise<string>) | undefined;
  /** Where the last event is that a field of Mutation published or waited for, by the field. */
  readonly reached?: ReadonlyMap<string, Position> | undefined;
  /**
   * Publishes, and answers with the first event of the types wanted that has this operation's correlation
   * id: its data, and its type as `__typename`. It is looked for from before the events are appended (D2).
   * @throws {MillraceError} OUTCOME_PENDING when there is none in time; as `publish` does
   */
  outcome(
    drafts: readonly EventDraft[],
    wanted: OutcomeRequest,
    options?: PublishOptions,
  ): Promise<Readonly<Record<string, unknown>>>;
  /**
   * Runs a field of Mutation, once for each idempotency key and subject: a further call with the key gets the
   * first one's answer. `run` is given the context to publish with.
   * @throws {MillraceError} IDEMPOTENCY_CONFLICT when the key was used with other arguments
   */
  mutate<T>(call: MutationCall, run: (context: GatewayContext) => T | Promise<T>): T | Promise<T>;
}

export interface PublishOptions {
  /** Instead of the caller's, for events that a resolver publishes by itself. */
  readonly idempotencyKey?: string | undefined;
}

export interface Publish {
  /**
   * Resolves once the event is in the log.
   * @throws {MillraceError} OVERLOADED, PUBLISH_FAILED, PUBLISH_UNCERTAIN, EVENT_TOO_LARGE
   */
  (draft: EventDraft, options?: PublishOptions): Promise<Published>;
  /** Resolves, in the same order, once all of them are in the log; none is when it rejects. */
  (drafts: readonly EventDraft[], options?: PublishOptions): Promise<readonly Published[]>;
}

/** Which event a mutation waits for. */
export interface OutcomeRequest {
  readonly topic: Topic;
  /** Only this key's partition is looked at; `undefined`: all partitions of the topic. */
  readonly key: string | undefined;
  readonly types: readonly string[];
  /** How long it is waited for once the mutation's events are in the log, in milliseconds. */
  readonly within: number;
  /** The field of Subscription, and its arguments, that a client is sent on with when it comes late. */
  readonly follow?: { readonly field: string; readonly args: Readonly<Record<string, unknown>> } | undefined;
}

/** A field of Mutation and what it was called with. */
export interface MutationCall {
  readonly field: string;
  readonly args: Readonly<Record<string, unknown>>;
}
