import type { Identity } from '../../core/identity.js';
import type { Topic } from '../../core/ids.js';
import type { Position } from '../../core/position.js';
import type { Published } from '../../core/published.js';
import type { TraceContext } from '../../core/trace.js';
import type { ViewReader } from './resolvers.js';

/** An event to be published, before it has an id, a time and a correlation id. */
export interface EventDraft {
  readonly topic: Topic;
  readonly type: string;
  readonly key: string;
  /** JSON, coerced to `type`. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The context value of an operation's resolvers: one for all of its fields. */
export interface GatewayContext {
  readonly identity: Identity;
  readonly trace: TraceContext;
  /** From the `Idempotency-Key` header or the operation's `extensions`. */
  readonly idempotencyKey: string | undefined;
  /** Aborted when the caller disconnects. */
  readonly signal: AbortSignal;
  /** Publishes one event, or several atomically. */
  readonly publish: Publish;
  /** Reads a view of the project by name. Absent for the events of subscriptions. */
  readonly view?: ((name: string) => ViewReader) | undefined;
  /** The cursor of a position, as `minCursor` accepts it. Absent outside of mutations. */
  readonly cursorOf?: ((at: Position) => Promise<string>) | undefined;
  /** The position of the last event that each field of Mutation published or waited for, by field. */
  readonly reached?: ReadonlyMap<string, Position> | undefined;
  /**
   * Publishes, then waits for the first event of the requested types that has this operation's correlation
   * id. Returns its data with `__typename`. The wait starts before the events are appended (D2).
   * @throws {MillraceError} OUTCOME_PENDING when there is none in time, and the errors of `publish`
   */
  outcome(
    drafts: readonly EventDraft[],
    request: OutcomeRequest,
    options?: PublishOptions,
  ): Promise<Readonly<Record<string, unknown>>>;
  /**
   * D1: runs a field of Mutation once per idempotency key and subject. Another call with the key gets the
   * first call's result. `run` receives the context to publish with.
   * @throws {MillraceError} IDEMPOTENCY_CONFLICT when the key was used with other arguments
   */
  mutate<T>(call: MutationCall, run: (context: GatewayContext) => T | Promise<T>): T | Promise<T>;
}

export interface PublishOptions {
  /** Used instead of the caller's key, for events that a resolver publishes on its own behalf. */
  readonly idempotencyKey?: string | undefined;
}

export interface Publish {
  /**
   * Resolves once the event is in the log.
   * @throws {MillraceError} OVERLOADED, PUBLISH_FAILED, PUBLISH_UNCERTAIN, EVENT_TOO_LARGE
   */
  (draft: EventDraft, options?: PublishOptions): Promise<Published>;
  /** Resolves, in the same order, once all of them are in the log. When it rejects, none of them is. */
  (drafts: readonly EventDraft[], options?: PublishOptions): Promise<readonly Published[]>;
}

/** The event that a mutation waits for. */
export interface OutcomeRequest {
  readonly topic: Topic;
  /** Only this key's partition is followed; `undefined`: all partitions of the topic. */
  readonly key: string | undefined;
  readonly types: readonly string[];
  /** How long to wait after the mutation's events are in the log, in milliseconds. */
  readonly within: number;
  /** The field of Subscription, and its arguments, that OUTCOME_PENDING refers the client to. */
  readonly follow?: { readonly field: string; readonly args: Readonly<Record<string, unknown>> } | undefined;
}

/** A call of a field of Mutation. */
export interface MutationCall {
  readonly field: string;
  readonly args: Readonly<Record<string, unknown>>;
}
