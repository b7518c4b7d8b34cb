import type { Claims } from '../../core/identity.js';
import type { Published } from '../../core/published.js';

/** An event that a resolver publishes. */
export interface OutgoingDraft {
  readonly topic: string;
  /** The name of the GraphQL object type that the data has. */
  readonly type: string;
  /** Determines the partition. Events with the same key keep their order. */
  readonly key: string;
  /** JSON that matches `type` and its JSON Schema. Other fields are dropped. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The type names of `Answer`: literals if it is made of generated types, otherwise any string. */
export type TypenameOf<Answer> = Answer extends { readonly __typename?: infer Name }
  ? unknown extends Name
    ? string
    : Extract<Name, string>
  : string;

/** Each type of the union `Answer`, with its `__typename` present. */
export type WithTypename<Answer> = Answer extends unknown
  ? Answer & { readonly __typename: TypenameOf<Answer> }
  : never;

/** The event that a mutation waits for: the first one of `types` with its correlation id. */
export interface OutcomeOptions<Types extends string = string> {
  readonly types: readonly Types[];
  /** How long to wait after the events are in the log: `500ms`, `5s`, `1m`; at most `5m`. */
  readonly within: string;
  /** The topic of the outcome. Default: that of the first event. */
  readonly topic?: string;
  /** The key of the outcome. Default: the first event's on the same topic, any key on another. */
  readonly key?: string;
  /** The field of Subscription, and its arguments, that OUTCOME_PENDING refers the client to. */
  readonly follow?: { readonly field: string; readonly args: Readonly<Record<string, unknown>> };
}

/**
 * Publishes events. All are validated against their types first; several are appended atomically.
 * @throws {MillraceError} EVENT_INVALID, OVERLOADED, PUBLISH_FAILED, PUBLISH_UNCERTAIN, EVENT_TOO_LARGE
 */
export interface ResolverPublish {
  /**
   * Resolves to the data of the outcome, with its type as `__typename`. `Answer` is a promise of the
   * outcome's producer, such as `OrderConfirmed | OrderRejected`. It is not validated.
   * @throws {MillraceError} OUTCOME_PENDING
   */
  <Answer extends object = Readonly<Record<string, unknown>>>(
    events: OutgoingDraft | readonly OutgoingDraft[],
    options: { readonly outcome: OutcomeOptions<TypenameOf<Answer>> },
  ): Promise<WithTypename<Answer>>;
  (event: OutgoingDraft): Promise<Published>;
  (events: readonly OutgoingDraft[]): Promise<readonly Published[]>;
}

/** Reads one view. */
export interface ViewReader<State = unknown> {
  /**
   * The state of a key; `null` if it has none.
   * @param options.minCursor waits until the state includes the event at this cursor of a mutation
   * @throws {MillraceError} VIEW_BEHIND, CURSOR_INVALID
   */
  get(key: string, options?: { readonly minCursor?: string | undefined }): Promise<State | null>;
}

/** Reads a view of the project, given the view (then the state is typed) or its name. */
export interface ReadView {
  <State>(view: { readonly name: string; readonly initial: State }): ViewReader<State>;
  (name: string): ViewReader;
}

/** What a resolver is called with. */
export interface ResolverCall<Args = Readonly<Record<string, unknown>>, Parent = unknown> {
  /** The object that has the field; `undefined` for fields of Query and Mutation. */
  readonly parent: Parent;
  readonly args: Args;
  /** The claims of the caller's credentials; empty for an anonymous caller. */
  readonly claims: Claims;
  /** Throws in resolvers of event types, which run again on replay. */
  readonly publish: ResolverPublish;
  /** Throws in resolvers of event types. */
  readonly view: ReadView;
  /** Aborted when the caller disconnects. */
  readonly signal: AbortSignal;
}

/** Resolves a field. */
export type Resolver<Args = Readonly<Record<string, unknown>>, Parent = unknown, Result = unknown> = (
  call: ResolverCall<Args, Parent>,
) => Result | Promise<Result>;

/** `Resolver` with its parameters in the order of graphql-codegen's `customResolverFn` (docs/projects.md). */
export type GeneratedResolver<Result, Parent, _Context, Args> = Resolver<Args, Parent, Result>;

/** A project's resolvers, by type and field. */
export interface ResolverMap {
  readonly [type: string]: {
    // `never`: each resolver has arguments and a parent of its own types, which this map does not know.
    readonly [field: string]: (call: never) => unknown;
  };
}
