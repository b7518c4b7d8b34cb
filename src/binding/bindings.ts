import type { GraphQLSchema } from 'graphql';
import type { Claims } from '../core/identity.js';
import type { Topic } from '../core/ids.js';
import type { TopicFormat } from '../core/topic-format.js';

/** A topic that the schema publishes to or follows. */
export interface TopicBinding {
  readonly topic: Topic;
  readonly format: TopicFormat;
  /** The names of the GraphQL object types that its events have. */
  readonly types: ReadonlySet<string>;
}

/** What an expression may read. `event` is the event's data. */
export interface Activation {
  readonly args: Readonly<Record<string, unknown>>;
  readonly claims: Claims;
  readonly event?: Readonly<Record<string, unknown>>;
}

/** A checked expression over a scope. @throws when a value is missing at run time, or of another type */
export type Expression<T> = (scope: Activation) => T;

/** An `@auth` rule. */
export interface AuthRule {
  /** Whether it reads `event`: if not, it is decided once, when the operation starts. */
  readonly readsEvent: boolean;
  /** `false` also when the expression fails, such as for a claim that is not there. Never throws. */
  allows(scope: Activation): boolean;
}

/** A conjunct `event.<field> == <value>` of a filter, whose value is known when the subscription starts. */
export interface Equality {
  readonly field: string;
  /** The value as JSON has it. */
  readonly value: Expression<unknown>;
}

/** What one `@publish` says. */
export interface EventBinding {
  readonly topic: Topic;
  readonly type: string;
  readonly key: Expression<string>;
  readonly data: Expression<Readonly<Record<string, unknown>>>;
}

/** The event that a mutation waits for. */
export interface OutcomeBinding {
  readonly topic: Topic;
  /** `undefined`: it may be in any partition. */
  readonly key: Expression<string> | undefined;
  readonly types: readonly string[];
  /** In milliseconds. */
  readonly within: number;
  readonly follow:
    | { readonly field: string; readonly args: Expression<Readonly<Record<string, unknown>>> }
    | undefined;
}

/** A field with `@view`. */
export interface ViewBinding {
  readonly name: string;
  readonly key: Expression<string>;
  /** What of the state is shown; `undefined`: all of it. */
  readonly stateField: string | undefined;
  /** The object type that the state is shown as. */
  readonly type: string | undefined;
}

/** A mutation field with `@publish`. */
export interface PublishBinding {
  readonly field: string;
  /** In the order of the directives; several are appended together or not at all. */
  readonly events: readonly EventBinding[];
  readonly outcome: OutcomeBinding | undefined;
  readonly rule: AuthRule | undefined;
}

/** What becomes of a live subscription whose client is slow: `enum OnSlow` of schema/directives.graphql. */
export type OnSlow = 'RESUME' | 'CONFLATE' | 'DISCONNECT';

/** What a field shows for a tombstone: the news that a key was deleted. */
export interface TombstoneBinding {
  /** The type of `@subscribe(tombstone:)`, and its field that is given the key. */
  readonly declared: { readonly type: string; readonly idField: string } | undefined;
  /** Whether the field may be `null`. */
  readonly nullable: boolean;
}

/** A subscription field with `@subscribe`. */
export interface SubscribeBinding {
  readonly field: string;
  readonly topic: Topic;
  /** The event types that the field's GraphQL type can be; others on the topic are not this field's. */
  readonly types: ReadonlySet<string>;
  /** Follows this key's partition only, and of it only this key's events. */
  readonly key: Expression<string> | undefined;
  readonly filter: Expression<boolean> | undefined;
  /** What has to hold for `filter` to hold, and can be looked up: routing finds candidates by it (C2). */
  readonly equalities: readonly Equality[];
  readonly onSlow: OnSlow;
  /** What the filter reads that is the caller's, by first name; `'all'` when it is read whole. */
  readonly filterReads: Readonly<Record<'args' | 'claims', ReadonlySet<string> | 'all'>>;
  readonly rule: AuthRule | undefined;
  readonly tombstone: TombstoneBinding;
  /** Whose state comes first for who asks for a `snapshot`. */
  readonly view: ViewBinding | undefined;
  /** The claims that `key`, `filter` and `rule` read, by first name; `'all'` when they read `claims` whole. */
  readonly claims: ReadonlySet<string> | 'all';
}

/** A schema that was checked, and what its directives say. */
export interface Bindings {
  /** Executable: its resolvers expect a `GatewayContext`. */
  readonly schema: GraphQLSchema;
  readonly topics: ReadonlyMap<Topic, TopicBinding>;
  /** By the name of the field of `Mutation`. */
  readonly publishes: ReadonlyMap<string, PublishBinding>;
  /** By the name of the field of `Subscription`. */
  readonly subscribes: ReadonlyMap<string, SubscribeBinding>;
}
