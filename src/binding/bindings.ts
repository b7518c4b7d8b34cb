import type { GraphQLSchema } from 'graphql';
import type { Claims } from '../core/identity.js';
import type { Topic } from '../core/ids.js';
import type { Published } from '../core/published.js';
import type { TopicFormat } from '../core/topic-format.js';
import type { MetadataReads } from './cel/record-reads.js';
import type { GatewayContext } from './runtime/context.js';

/** A checked schema and the bindings of its directives. */
export interface Bindings {
  /** Executable. Its resolvers expect a `GatewayContext`. */
  readonly schema: GraphQLSchema;
  readonly topics: ReadonlyMap<Topic, TopicBinding>;
  /** By field of Mutation. */
  readonly publishes: ReadonlyMap<string, PublishBinding>;
  /** By field of Subscription. */
  readonly subscribes: ReadonlyMap<string, SubscribeBinding>;
  /** By field of Query. */
  readonly views: ReadonlyMap<string, ViewBinding>;
  /** The fields of Mutation that publish one event and answer with its position, by name. */
  readonly simpleMutations: ReadonlyMap<string, SimpleMutation>;
}

/** Resolves a field: enforces its rule, and publishes once for its idempotency key. `args` are coerced. */
export type SimpleMutation = (
  args: Readonly<Record<string, unknown>>,
  context: GatewayContext,
) => Published | Promise<Published>;

/** A topic that the schema publishes to, follows or declares. */
export interface TopicBinding {
  readonly topic: Topic;
  readonly format: TopicFormat;
  /** The names of the object types that its events have. Empty if no field uses the topic. */
  readonly types: ReadonlySet<string>;
}

/**
 * The values of the variables in a CEL expression. `event` is the event's data, or a view's state; `record` what is known of
 * its record.
 */
export interface Activation {
  readonly args: Readonly<Record<string, unknown>>;
  readonly claims: Claims;
  readonly event?: Readonly<Record<string, unknown>>;
  readonly record?: object;
}

/** A checked CEL expression. @throws when a value is absent at run time, or has another type than it needs */
export type Expression<T> = (activation: Activation) => T;

/** The rule of an `@auth`. */
export interface AuthRule {
  /** Whether it reads `event` or `record`. If not, it is evaluated once, when the operation starts. */
  readonly readsEvent: boolean;
  /** Whether it reads `event`, which a tombstone lacks. */
  readonly readsData: boolean;
  /** Never throws. An expression that fails, for example on an absent claim, is `false`. */
  allows(activation: Activation): boolean;
}

/** Whether a filter evaluates. `fault`: whether what failed reads a caller's arguments or claims, or nothing but the event. */
export type FilterTrial =
  | { readonly ok: true }
  | { readonly ok: false; readonly fault: 'caller' | 'event'; readonly reason: string };

/**
 * A conjunct `event.<field> == <value>` of a filter, or one of a field of `record`, whose value is known when the
 * subscription starts.
 */
export interface Equality {
  /** Of `event`; of `record` what to read of it, such as `headers` and a name. */
  readonly field: string | RecordPath;
  /** The field's GraphQL type. Event types that share a topic may have different fields of one name. */
  readonly type: string;
  /**
   * The key of a field's value in JSON: equal for equal values. `undefined`: no filter can be equal to it.
   * @throws when the field cannot have the value, so that filters fail for it
   */
  keyOf(json: unknown): string | undefined;
  /** The key of the other side's value. `undefined`: no event can have it. */
  readonly value: Expression<string | undefined>;
}

/** A field of `record`, or one of its headers or extensions. */
export type RecordPath = readonly [field: string, name?: string];

/** One `@publish`: the event that it makes of a call. */
export interface EventBinding {
  readonly topic: Topic;
  readonly type: string;
  readonly key: Expression<string>;
  readonly data: Expression<Readonly<Record<string, unknown>>>;
}

/** `@publish(outcome:)`: the event that a mutation waits for. */
export interface OutcomeBinding {
  readonly topic: Topic;
  /** `undefined`: the outcome may have any key, so all partitions are followed. */
  readonly key: Expression<string> | undefined;
  readonly types: readonly string[];
  /** In milliseconds. */
  readonly within: number;
  /** The subscription that a client can use once the time is over. */
  readonly follow:
    | { readonly field: string; readonly args: Expression<Readonly<Record<string, unknown>>> }
    | undefined;
}

/** A field with `@view`. */
export interface ViewBinding {
  /** The view's name. */
  readonly name: string;
  readonly key: Expression<string>;
  /** The field of the state that is shown; `undefined`: the whole state. */
  readonly stateField: string | undefined;
  /** The object type that the state is shown as; `undefined`: the state is not an object. */
  readonly type: string | undefined;
}

/** A field of Mutation with `@publish`. */
export interface PublishBinding {
  readonly field: string;
  /** In the order of the directives. Several are appended atomically. */
  readonly events: readonly EventBinding[];
  readonly outcome: OutcomeBinding | undefined;
  readonly rule: AuthRule | undefined;
}

/** What happens to a live subscription with a slow client: `enum OnSlow` of schema/directives.graphql. */
export type OnSlow = 'RESUME' | 'CONFLATE' | 'DISCONNECT';

/** What a field shows for a tombstone: a record without a value, which deletes its key. */
export interface TombstoneBinding {
  /** The type of `@subscribe(tombstone:)`, and its field that receives the key. */
  readonly declared: { readonly type: string; readonly idField: string } | undefined;
  /** Whether the field is nullable: without a declared type it is then null. */
  readonly nullable: boolean;
}

/** `@subscribe(show:)`: what results show of the records of their events. */
export interface ShownOfRecord {
  readonly headers: readonly string[];
  readonly extensions: readonly string[];
  readonly source: boolean;
  readonly subject: boolean;
  readonly timestamp: boolean;
}

/** A field of Subscription with `@subscribe`. */
export interface SubscribeBinding {
  readonly field: string;
  readonly topic: Topic;
  /** The event types that the field shows. Other events of the topic are skipped. */
  readonly types: ReadonlySet<string>;
  /** The key whose events are shown; only its partition is followed. `undefined`: all keys. */
  readonly key: Expression<string> | undefined;
  readonly filter: Expression<boolean> | undefined;
  /** What `filter` does with an event whoever the caller is, with samples of arguments. */
  readonly tryFilter: ((activation: Activation) => FilterTrial) | undefined;
  /** Necessary conditions of `filter` that routing can look up (C2). */
  readonly equalities: readonly Equality[];
  readonly onSlow: OnSlow;
  /** `undefined`: nothing but what every result has. */
  readonly shown: ShownOfRecord | undefined;
  /** @throws {MillraceError} BAD_REQUEST when `filter` or `rule` would fail for every event with these arguments */
  readonly checkCaller: Expression<void>;
  readonly rule: AuthRule | undefined;
  readonly tombstone: TombstoneBinding;
  /** The view whose state is the snapshot. */
  readonly view: ViewBinding | undefined;
  /** What `filter`, `rule` and `show` read of the headers and attributes of records: events of the topic carry them. */
  readonly metadata: MetadataReads;
  /** The claims that `key`, `filter` and `rule` read; `'all'` when one of them uses `claims` as a whole. */
  readonly claims: ReadonlySet<string> | 'all';
}
