// Written by `npm run types` from schema/*.graphql; not to be edited.
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** An opaque position in what a subscription shows: from `extensions.cursor` of one of its results. */
  Cursor: { input: string; output: string; }
  /** A date and time with its offset (RFC 3339), such as `2026-01-31T09:30:00Z`. */
  DateTime: { input: string; output: string; }
};

/**
 * The first event of one of `types` that has the mutation's correlation id. The field's type is an object type or
 * a union that they belong to.
 */
export type OutcomeInput = {
  /** The event types that end the wait. */
  readonly types: ReadonlyArray<Scalars['String']['input']>;
  /**
   * How long it is waited for once the mutation's own event is in the log: a number with `ms`, `s` or `m`. After
   * that the answer is the error `OUTCOME_PENDING`, with `correlationId`.
   */
  readonly within?: Scalars['String']['input'];
  /** Where the outcome is published; the same topic when left out. */
  readonly topic?: InputMaybe<Scalars['String']['input']>;
  /**
   * CEL over `args` and `claims`: the key that the outcome is published under, so that only its partition is
   * followed. Left out, it is the event's own key on the same topic, and on another topic all partitions are followed.
   */
  readonly key?: InputMaybe<Scalars['String']['input']>;
  /**
   * A field of Subscription that follows the outcome's topic: `OUTCOME_PENDING` then has it as `field`, its
   * arguments as `args`, and a `cursor` to give it as `after`, which shows everything since before the mutation.
   */
  readonly follow?: InputMaybe<Scalars['String']['input']>;
  /** CEL over `args` and `claims`, a map: the arguments of `follow`, where it needs any. */
  readonly with?: InputMaybe<Scalars['String']['input']>;
};

/** How the records of a topic say what they are. */
export type TopicFormat =
  /** CloudEvents 1.0 in Kafka's binary mode: attributes in `ce_` headers, JSON data in the value. */
  | 'CLOUDEVENTS'
  /** Plain JSON of producers that know nothing of CloudEvents: all records have the one type of the fields that use the topic. */
  | 'JSON';

/**
 * What happens to a live subscription when more waits for its client than may (`SLOW_BYTES`). One that resumes
 * with `after` or `since` is given everything, as fast as its client reads, until it was live for the first time.
 */
export type OnSlow =
  /** Once the client reads again, it is given everything that it missed. */
  | 'RESUME'
  /**
   * Once the client reads again, it is given the newest of the events that it missed of each key, in their order;
   * `extensions.conflated` of a result says how many were left out before it. Events without a key are never left out.
   */
  | 'CONFLATE'
  /** It ends with the error `SLOW_CONSUMER`, whose `extensions.cursor` says where it stands. */
  | 'DISCONNECT';

/** Where a published event is. */
export type Published = {
  readonly __typename?: 'Published';
  /** The CloudEvents `id`. */
  readonly eventId: Scalars['ID']['output'];
  readonly topic: Scalars['String']['output'];
  readonly partition: Scalars['Int']['output'];
  /** The place within the partition, from 0: a decimal number, as a string because it may be larger than an Int. */
  readonly offset: Scalars['String']['output'];
  /** The same for everything that this mutation sets off. */
  readonly correlationId: Scalars['ID']['output'];
  /** When it was published. */
  readonly time: Scalars['DateTime']['output'];
};

export type Query = {
  readonly __typename?: 'Query';
  /** Everything that is for sale. */
  readonly catalogue: ReadonlyArray<Product>;
  /** One product; null when there is none with this SKU. */
  readonly product?: Maybe<Product>;
};


export type QueryProductArgs = {
  sku: Scalars['ID']['input'];
};

export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Places an order. The answer says that the order is in the log; whether it is accepted comes as
   * OrderConfirmed or OrderRejected on `orderEvents`.
   */
  readonly placeOrder: Published;
  /** Cancels an order. The order service acts on it only when the caller is the one who placed the order. */
  readonly cancelOrder: Published;
};


export type MutationPlaceOrderArgs = {
  input: PlaceOrder;
};


export type MutationCancelOrderArgs = {
  input: CancelOrder;
};

export type Subscription = {
  readonly __typename?: 'Subscription';
  /** Every step of one order. After `since` or `after`, the steps that came before are replayed first. */
  readonly orderEvents: OrderEvent;
  /** Every order that is placed: all of them for staff, a customer's own for a customer. */
  readonly ordersPlaced: OrderPlaced;
};


export type SubscriptionOrderEventsArgs = {
  orderId: Scalars['ID']['input'];
};

/** What can happen to an order. */
export type OrderEvent = OrderPlaced | OrderConfirmed | OrderRejected | OrderCancelled;

/** A customer wants to buy something. */
export type OrderPlaced = {
  readonly __typename?: 'OrderPlaced';
  /** Chosen by the client. */
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly lines: ReadonlyArray<OrderLine>;
};

/** The shop takes the order. */
export type OrderConfirmed = {
  readonly __typename?: 'OrderConfirmed';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  /** The sum of all lines at the prices of that moment. */
  readonly total: Money;
  readonly confirmedAt: Scalars['DateTime']['output'];
};

/** The shop does not take the order. */
export type OrderRejected = {
  readonly __typename?: 'OrderRejected';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  /** Why, in words for the customer. */
  readonly reason: Scalars['String']['output'];
};

/** The customer does not want the order any more. */
export type OrderCancelled = {
  readonly __typename?: 'OrderCancelled';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  /** Why, in the customer's words. */
  readonly reason?: Maybe<Scalars['String']['output']>;
};

/** So many of one product. */
export type OrderLine = {
  readonly __typename?: 'OrderLine';
  readonly sku: Scalars['ID']['output'];
  readonly quantity: Scalars['Int']['output'];
};

/** Something that is for sale. */
export type Product = {
  readonly __typename?: 'Product';
  /** Stock keeping unit: the product's name among machines. */
  readonly sku: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly description: Scalars['String']['output'];
  readonly price: Money;
};

/** An amount of money. */
export type Money = {
  readonly __typename?: 'Money';
  /** In the currency's minor unit, such as cents. */
  readonly amount: Scalars['Int']['output'];
  /** ISO 4217, such as EUR. */
  readonly currency: Scalars['String']['output'];
};

export type PlaceOrder = {
  /** A name for the order that nobody else uses, such as a UUID. */
  readonly orderId: Scalars['ID']['input'];
  /** What is ordered: at least one line. */
  readonly lines: ReadonlyArray<OrderLineInput>;
};

/** So many of one product. */
export type OrderLineInput = {
  readonly sku: Scalars['ID']['input'];
  /** At least 1. */
  readonly quantity: Scalars['Int']['input'];
};

export type CancelOrder = {
  readonly orderId: Scalars['ID']['input'];
  /** Why, in your own words. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};
