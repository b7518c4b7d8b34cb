import type { Claims } from '../../core/identity.js';
import type { Published } from '../../core/published.js';

/** An event as a resolver says it. */
export interface OutgoingDraft {
  readonly topic: string;
  /** The name of the GraphQL object type that the data has. */
  readonly type: string;
  /** Chooses the partition; events of one key keep their order. */
  readonly key: string;
  /** Plain JSON of the shape of `type`. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The names of object types of the schema: those of `Answer`, where it is made of generated types. */
export type TypenameOf<Answer> = Answer extends { readonly __typename?: infer Name }
  ? unknown extends Name
    ? string
    : Extract<Name, string>
  : string;

/** Each type of `Answer` with its name in it. */
export type WithTypename<Answer> = Answer extends unknown
  ? Answer & { readonly __typename: TypenameOf<Answer> }
  : never;

/** The event that a mutation waits for: the first one of `types` with its correlation id. */
export interface OutcomeOptions<Types extends string = string> {
  readonly types: readonly Types[];
  /** How long it is waited for: `500ms`, `5s`, `1m`. */
  readonly within: string;
  /** Where it is published; left out, where the first event goes. */
  readonly topic?: string;
  /** The key that it has; left out, the first event's on the same topic, and any key on another. */
  readonly key?: string;
  /** The field of Subscription, and its arguments, that a client is sent on with when it comes late. */
  readonly follow?: { readonly field: string; readonly args: Readonly<Record<string, unknown>> };
}

/**
 * Publishes events: each is checked against its type first, and several are appended together or not at all.
 * @throws {MillraceError} EVENT_INVALID, OVERLOADED, PUBLISH_FAILED, PUBLISH_UNCERTAIN, EVENT_TOO_LARGE
 */
export interface ResolverPublish {
  /**
   * Answers with what the outcome says, and its type as `__typename`. `Answer` is what its producer says on
   * the topic, such as `OrderConfirmed | OrderRejected`: it is not held against the schema here.
   * @throws {MillraceError} OUTCOME_PENDING
   */
  <Answer extends object = Readonly<Record<string, unknown>>>(
    events: OutgoingDraft | readonly OutgoingDraft[],
    options: { readonly outcome: OutcomeOptions<TypenameOf<Answer>> },
  ): Promise<WithTypename<Answer>>;
  (event: OutgoingDraft): Promise<Published>;
  (events: readonly OutgoingDraft[]): Promise<readonly Published[]>;
}

/** Reads a view: the state that was folded from events. */
export interface ViewReader<State = unknown> {
  /**
   * The state of a key; `null` when it has none.
   * @param options.minCursor waits until the view has what this cursor of a mutation says
   * @throws {MillraceError} VIEW_BEHIND, CURSOR_INVALID
   */
  get(key: string, options?: { readonly minCursor?: string | undefined }): Promise<State | null>;
}

/** Reads a view of the project: the view itself, or its name. */
export interface ReadView {
  <State>(view: { readonly name: string; readonly initial: State }): ViewReader<State>;
  (name: string): ViewReader;
}

/** What a resolver is given. */
export interface ResolverCall<Args = Readonly<Record<string, unknown>>, Parent = unknown> {
  /** The value whose field it is: of a field of Query and Mutation nothing. */
  readonly parent: Parent;
  readonly args: Args;
  /** What the caller's credentials say. */
  readonly claims: Claims;
  /** Only for fields of Query and Mutation and what is below them. */
  readonly publish: ResolverPublish;
  readonly view: ReadView;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}

/** Answers a field. */
export type Resolver<Args = Readonly<Record<string, unknown>>, Parent = unknown, Result = unknown> = (
  call: ResolverCall<Args, Parent>,
) => Result | Promise<Result>;

/**
 * The same, for the setting `customResolverFn` of graphql-codegen, which gives its parameters in this order:
 * docs/projects.md.
 */
export type GeneratedResolver<Result, Parent, _Context, Args> = Resolver<Args, Parent, Result>;

/** Resolvers in TypeScript, by type and field: for what the directives do not say. */
export interface ResolverMap {
  readonly [type: string]: {
    // What a field's arguments are is between the schema and the one who writes its resolver.
    readonly [field: string]: (call: never) => unknown;
  };
}
