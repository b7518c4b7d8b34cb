// Written by `millrace types` from schema/*.graphql; not to be edited.
import type { GeneratedResolver as ResolverFn } from 'millrace';
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type { ResolverFn };
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** An opaque position in the events of topics: `extensions.cursor` of a subscription's result, or `cursor` of a `Published`. */
  Cursor: { input: string; output: string; }
  /** A date-time with its UTC offset (RFC 3339), such as `2026-01-31T09:30:00Z`. */
  DateTime: { input: string; output: string; }
  /**
   * An integer of 64 bits: a JSON number with all its digits. JavaScript's `JSON.parse` rounds beyond 2^53, so clients in JavaScript
   * need a parser that keeps them, or an `ID`, which is text.
   */
  Long: { input: number | bigint; output: number | bigint; }
  /** An integer of any length, up to 1,000 digits: a JSON number with all its digits. */
  BigInt: { input: number | bigint; output: number | bigint; }
  /** A decimal number, exact: text such as `"12.50"`. Data may have a number too. */
  Decimal: { input: string; output: string; }
  /** A day: `2026-01-31`. */
  Date: { input: string; output: string; }
  /** A time of day, without an offset: `09:30:00` or `09:30:00.123456`. Databases may have more than a day, and less than zero. */
  Time: { input: string; output: string; }
  /** A date and a time of day, without an offset: `2026-01-31T09:30:00.123`. */
  LocalDateTime: { input: string; output: string; }
  /** `550e8400-e29b-41d4-a716-446655440000`, in the letters that the data has. */
  UUID: { input: string; output: string; }
  /** Bytes in base64 with padding (RFC 4648, section 4). */
  Bytes: { input: string; output: string; }
  /** Any JSON. Numbers keep the digits of integers. */
  JSON: { input: unknown; output: unknown; }
};

/**
 * The first event of one of `types` that has the mutation's correlation id. The field's type must be one of `types`,
 * or a union or interface that includes them.
 */
export type OutcomeInput = {
  /** The event types that end the wait. */
  readonly types: ReadonlyArray<Scalars['String']['input']>;
  /**
   * How long to wait after the mutation's own events are in the log: a number with `ms`, `s` or `m`, at most `5m`.
   * After that the field fails with `OUTCOME_PENDING` and `correlationId`. Default: `5s`.
   */
  readonly within: Scalars['String']['input'];
  /** The topic of the outcome. Default: the topic of `@publish`. */
  readonly topic?: InputMaybe<Scalars['String']['input']>;
  /**
   * CEL over `args` and `claims`, of type string or Int: the key of the outcome. Only its partition is followed.
   * Default: the key of `@publish` if the topic is the same; otherwise all partitions are followed.
   */
  readonly key?: InputMaybe<Scalars['String']['input']>;
  /**
   * A field of Subscription that follows the outcome's topic. `OUTCOME_PENDING` then carries the field's name as
   * `field`, its arguments as `args`, and a `cursor`. With the cursor as `after`, the subscription shows every event
   * since before the mutation. Default: none.
   */
  readonly follow?: InputMaybe<Scalars['String']['input']>;
  /** CEL over `args` and `claims`, of type map: the arguments for `follow`. Default: no arguments. */
  readonly with?: InputMaybe<Scalars['String']['input']>;
};

/** What results of a field show of the records of its events, as members of `extensions.event`. What a record does not have is left out. */
export type ShownOfRecord = {
  /** The names of headers: `headers` has their values. Text, or `base64:` and their bytes where they are not UTF-8. */
  readonly headers?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** The names of extension attributes of CloudEvents: `extensions` has their values. */
  readonly extensions?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** `source`: where the CloudEvent comes from. */
  readonly source: Scalars['Boolean']['input'];
  /** `subject`: the attribute of the CloudEvent, which need not be the key. */
  readonly subject: Scalars['Boolean']['input'];
  /** `timestamp`: the log's timestamp of the record, which need not be the time of the event. */
  readonly timestamp: Scalars['Boolean']['input'];
};

/** What a number that is a time counts. */
export type EpochUnit =
  | 'SECONDS'
  | 'MILLISECONDS'
  | 'MICROSECONDS'
  | 'NANOSECONDS'
  | 'DAYS';

/**
 * What stands around the data of an event in a record. Mutations and services write it as they find it, except
 * `DEBEZIUM`, which only a database's connector can write.
 */
export type Envelope =
  /**
   * CloudEvents 1.0 or 0.3. In binary mode the attributes are in `ce_` headers and the data is the value; in structured mode
   * (`application/cloudevents+json`) the value has both. Each record says which it is. Written in binary mode.
   */
  | 'CLOUDEVENTS'
  /** Nothing: the value is the data. An event's id is its position. */
  | 'JSON'
  /** `{"schema": …, "payload": …}`, as Kafka Connect's JsonConverter writes with its schemas: the payload is the data. */
  | 'CONNECT'
  /**
   * Debezium's change events, with or without Kafka Connect's schema around them. The data is the change: an object type with
   * those of `before`, `after`, `op`, `source` and `ts_ms` that it shows. The tombstone behind a delete is not shown.
   */
  | 'DEBEZIUM'
  /**
   * Debezium's outbox event router: the value is the data, as an object or as text; the header `id` is the event's id, and
   * the header `eventType` names its type.
   */
  | 'DEBEZIUM_OUTBOX';

/** How the value of a record is encoded. */
export type ValueFormat =
  /** Text in UTF-8, without a registry. */
  | 'JSON'
  /** Avro, as Confluent's serialisers write it. */
  | 'AVRO'
  /** Protocol Buffers, as Confluent's serialisers write them. */
  | 'PROTOBUF'
  /** JSON behind the id of its JSON Schema, as Confluent's serialisers write it. */
  | 'JSON_SCHEMA';

/** Where records name the type of their event. At most one of `header` and `field`; by default, what their envelope has. */
export type EventTypes = {
  /** A header, such as Spring's `__TypeId__`. */
  readonly header?: InputMaybe<Scalars['String']['input']>;
  /** A field of the data whose text names the type. */
  readonly field?: InputMaybe<Scalars['String']['input']>;
  /** Which object types the names in records stand for. Names that are not listed are read by `rule`. */
  readonly names?: InputMaybe<ReadonlyArray<EventTypeName>>;
  /** How a name that is not listed is read. Default: `EXACT`. */
  readonly rule: TypeNameRule;
};

/**
 * Where a record has the parts of its event: CEL over `record`. What is left out is where the envelope has it; with `event`,
 * the default envelope is `JSON`.
 *
 *   record.key                                        the key, as `@topic(key:)` says
 *   record.headers.kind, record.headers['x-tenant']   headers: text, or `base64:` and their bytes where they are not UTF-8.
 *                                                     Of a repeated header the last one; of one that is null, nothing
 *   record.value                                      the value: JSON, or what `value:` has decoded
 *   record.timestamp                                  the log's timestamp of the record
 *   record.topic, record.partition, record.offset     where it is
 *
 * Reading what is absent gives null. An expression that fails makes the record a dead letter that names the member and the
 * expression. For a record without a value, a tombstone, only expressions that do not read the value are evaluated.
 */
export type EventExpressions = {
  /** A text: the event's type, or with `types` the name of it. Null makes the record a dead letter. Default: as `types` says. */
  readonly type?: InputMaybe<Scalars['String']['input']>;
  /** A text or an integer: the event's id, which tells it from all others. Null, and default: the envelope's, or the record's position. */
  readonly id?: InputMaybe<Scalars['String']['input']>;
  /** A timestamp, a text of RFC 3339, or milliseconds since 1970: the event's time. Null, and default: the envelope's, or the record's timestamp. */
  readonly time?: InputMaybe<Scalars['String']['input']>;
  /**
   * A text or an integer: what the event is about, in the place of the record's key. Fields with a `key` look for it, in all
   * partitions, as with `partitioner: NONE`. Null: the event has no key. Default: the record's key.
   */
  readonly subject?: InputMaybe<Scalars['String']['input']>;
  /** A text or an integer: what events share that one request has caused. Null, and default: the envelope's, or none. */
  readonly correlationId?: InputMaybe<Scalars['String']['input']>;
  /** A map: the event's data. Null makes the record a dead letter. Not with an `envelope`, which says where the data is. Default: the value. */
  readonly data?: InputMaybe<Scalars['String']['input']>;
};

/** A name in records, and the object type that it stands for. Of several names for one type, the first is written. */
export type EventTypeName = {
  /** Such as `com.acme.order.OrderPlaced.v1`. */
  readonly name: Scalars['String']['input'];
  /** Such as `OrderPlaced`. */
  readonly type: Scalars['String']['input'];
};

/** How a name in a record becomes the name of an object type. */
export type TypeNameRule =
  /** As it is. */
  | 'EXACT'
  /**
   * The last part, without a version, in Pascal case: `OrderPlaced` for `com.acme.order.OrderPlaced.v1`, `order-placed` and
   * `com.acme.Orders$OrderPlaced`.
   */
  | 'LAST_NAME';

/**
 * How the bytes of a record's key read. Except for those with a schema (`CONNECT`, `AVRO`, `PROTOBUF`, `JSON_SCHEMA`), different
 * bytes are different keys, and a key's partition follows from it.
 *
 * A key with a schema reads as text where it is text, and otherwise as its JSON: an object has its members sorted by name and no
 * white space. Producers with different schemas write different bytes of one key, so fields with a `key` follow all partitions
 * of the topic, and a service with state cannot follow it.
 */
export type KeyFormat =
  /** Text in UTF-8. Other keys are errors. */
  | 'STRING'
  /** 4 bytes, big-endian, as Java's `IntegerSerializer` writes them: a decimal number. */
  | 'INT32'
  /** 8 bytes, big-endian, as Java's `LongSerializer` writes them: a decimal number, exact. */
  | 'INT64'
  /** 16 bytes: `550e8400-e29b-41d4-a716-446655440000`. (Java's `UUIDSerializer` writes text: `STRING`.) */
  | 'UUID'
  /** Any bytes: base64. */
  | 'BYTES'
  /**
   * JSON, as Kafka Connect writes it with `schemas.enable=false`. A string is the text without its quotes; an object or
   * list is as it is; other JSON has `json:` before it, as in `json:42`, so that 42 and "42" are two keys. In an expression
   * named `key`, a string is a JSON string and an Int a JSON number.
   */
  | 'JSON'
  /**
   * An object of `schema` and `payload`, as Kafka Connect's JsonConverter writes keys with its schemas: the payload. Text is
   * written with the schema of a string, an object without one.
   */
  | 'CONNECT'
  /** Avro, as Confluent's serialisers write keys. Written with the newest version of `<topic>-key`, as are the next two. */
  | 'AVRO'
  /** Protocol Buffers, as Confluent's serialisers write keys. */
  | 'PROTOBUF'
  /** JSON behind the id of its JSON Schema, as Confluent's serialisers write keys. */
  | 'JSON_SCHEMA';

/**
 * How a producer chooses the partition of a key. A field with a `key` follows only that partition, so this must be true of
 * every producer of the topic.
 */
export type Partitioner =
  /** The default of Kafka's Java clients, franz-go, kafkajs, aiokafka and kafka-python; `murmur2_random` of librdkafka. */
  | 'MURMUR2'
  /**
   * The default (`consistent_random`) of librdkafka, and so of confluent-kafka for Python, .NET and Go, php-rdkafka,
   * node-rdkafka and rust-rdkafka.
   */
  | 'CRC32'
  /** The default of sarama (Go), `NewHashPartitioner`. */
  | 'FNV1A'
  /**
   * None that is known: records of a key may be in any partition. Fields with a `key` follow all partitions of the topic
   * and pick the key's events. Mutations and services publish to it with `MURMUR2`. A service with state cannot follow it.
   */
  | 'NONE';

/** The format of a topic's records. */
export type TopicFormat =
  /** CloudEvents 1.0 in Kafka's binary content mode: attributes in `ce_` headers, JSON data in the value. */
  | 'CLOUDEVENTS'
  /** Plain JSON, from producers that do not use CloudEvents. All records have one type: that of the fields that use the topic. */
  | 'JSON';

/**
 * What happens to a live subscription when more bytes than `SLOW_BYTES` are queued for its client. A subscription with
 * `after` or `since` is not live until it has caught up: until then it gets every event, as fast as its client reads.
 */
export type OnSlow =
  /** When the client catches up, it gets every event that it missed. */
  | 'RESUME'
  /**
   * When the client catches up, it gets the newest missed event of each key, in order. `extensions.conflated` of a result
   * is the number of events that were skipped before it. Events without a key are never skipped.
   */
  | 'CONFLATE'
  /** The subscription ends with the error `SLOW_CONSUMER`. Its `extensions.cursor` is the position to resume from. */
  | 'DISCONNECT';

/** The position of a published event. */
export type Published = {
  readonly __typename?: 'Published';
  /** The CloudEvents `id`. */
  readonly eventId: Scalars['ID']['output'];
  readonly topic: Scalars['String']['output'];
  readonly partition: Scalars['Int']['output'];
  /** The position within the partition, from 0: a decimal number, as a string because it can exceed Int. */
  readonly offset: Scalars['String']['output'];
  /** Shared by all events that this mutation causes. */
  readonly correlationId: Scalars['ID']['output'];
  /** When the event was published. */
  readonly time: Scalars['DateTime']['output'];
  /** The event's position as a cursor, for `minCursor` of a field with `@view`. */
  readonly cursor: Scalars['Cursor']['output'];
};

export type Query = {
  readonly __typename?: 'Query';
  /** Everything that is for sale, at current prices. */
  readonly catalogue: ReadonlyArray<Product>;
  /** One product; null if no product has this SKU. */
  readonly product?: Maybe<Product>;
  /** The stock of a product; null if no product has this SKU. */
  readonly stock?: Maybe<StockLevel>;
  /** The current state of an order; null if no order has this id. */
  readonly order?: Maybe<Order>;
  /** The caller's last 50 orders, newest first. */
  readonly myOrders?: Maybe<ReadonlyArray<Order>>;
  /** The caller's cart; null if nothing was ever put into it. */
  readonly cart?: Maybe<Cart>;
};


export type QueryProductArgs = {
  sku: Scalars['ID']['input'];
};


export type QueryStockArgs = {
  sku: Scalars['ID']['input'];
};


export type QueryOrderArgs = {
  orderId: Scalars['ID']['input'];
};

export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Places an order, and answers when it is confirmed (reserved and paid) or has failed. If that takes too long,
   * the response is the error OUTCOME_PENDING, and the order continues: follow it with `orderEvents`.
   */
  readonly placeOrder: PlaceOrderResult;
  /** Turns the caller's cart into an order. The cart is closed until the order is confirmed or has ended. */
  readonly checkOut: PlaceOrderResult;
  /** Cancels an order and refunds its payment. OrderCancelled on `orderEvents` reports that everything is undone. */
  readonly cancelOrder: CancelOrderResult;
  /** Hands out an order with delivery PICKUP to its customer. */
  readonly collectOrder: CollectOrderResult;
  /** Sets the quantity of a product in the caller's cart; 0 removes the product. */
  readonly setCartLine: CartResult;
  /** Adds to the stock of a product. */
  readonly addStock: AddStockResult;
  /** Changes the price of a product. Orders and carts keep the prices at which they were made. */
  readonly changePrice: ChangePriceResult;
};


export type MutationPlaceOrderArgs = {
  input: PlaceOrder;
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};


export type MutationCheckOutArgs = {
  input: CheckOut;
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};


export type MutationCancelOrderArgs = {
  input: CancelOrder;
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};


export type MutationCollectOrderArgs = {
  orderId: Scalars['ID']['input'];
};


export type MutationSetCartLineArgs = {
  sku: Scalars['ID']['input'];
  quantity: Scalars['Int']['input'];
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};


export type MutationAddStockArgs = {
  sku: Scalars['ID']['input'];
  quantity: Scalars['Int']['input'];
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};


export type MutationChangePriceArgs = {
  sku: Scalars['ID']['input'];
  price: MoneyInput;
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

export type Subscription = {
  readonly __typename?: 'Subscription';
  /**
   * Every step of one order. With `since` or `after`, earlier steps are replayed first; with `snapshot: true` the
   * current state of the order comes first, if there is one.
   */
  readonly orderEvents: OrderEvent;
  /** How the caller's orders are going. With `snapshot: true` the last 50 orders come first. */
  readonly myOrderChanges: OrderListEvent;
  /**
   * How all orders are going, for staff. With `snapshot: true` the orders in progress, at most 200, and the newest 20 that
   * have ended come first.
   */
  readonly orderBoard: OrderListEvent;
  /** Every order that is placed: all orders for staff, their own for customers. */
  readonly ordersPlaced: OrderPlaced;
  /** Stock levels below `below`, each time such a level changes. */
  readonly stockLow: StockLevel;
  /** The stock of a product, each time it changes. With `snapshot: true` its last change comes first, if there was one. */
  readonly stockLevel: StockLevel;
  /**
   * What happens to the price of a product: requests to change it, and their answers. With `snapshot: true` the last price
   * that was set comes first, if any was.
   */
  readonly priceChanges: PriceEvent;
  /** The caller's cart, each time it changes. With `snapshot: true` the current cart comes first, if there is one. */
  readonly cartChanges: CartEvent;
  /** The shop's messages to the caller. */
  readonly notifications: Notified;
};


export type SubscriptionOrderEventsArgs = {
  orderId: Scalars['ID']['input'];
};


export type SubscriptionStockLowArgs = {
  below: Scalars['Int']['input'];
};


export type SubscriptionStockLevelArgs = {
  sku: Scalars['ID']['input'];
};


export type SubscriptionPriceChangesArgs = {
  sku: Scalars['ID']['input'];
};

/** What can happen to an order. `Order` is the snapshot that a subscription may begin with. */
export type OrderEvent = Order | OrderPlaced | StockReserved | StockRefused | PaymentCharged | PaymentDeclined | PaymentRefunded | OrderConfirmed | ReadyForPickup | CancelRequested | OrderShipped | CancelAccepted | CancelRefused | OrderRejected | OrderCancelled;

/** What changes a list of orders. `OrderList` is the snapshot that a subscription may begin with. */
export type OrderListEvent = OrderList | OrderPlaced | OrderConfirmed | ReadyForPickup | OrderShipped | OrderRejected | OrderCancelled | OrderIdTaken;

/** A change of a cart. `Cart` is the snapshot that a subscription may begin with. */
export type CartEvent = Cart | CartChanged;

/** What happens to a price. `Money` is the current price, the snapshot that a subscription may begin with. */
export type PriceEvent = Money | ChangePrice | PriceChanged | PriceNotChanged;

export type PlaceOrderResult = Order | OutOfStock | PaymentDeclined | OrderRejected | OrderCancelled | OrderIdTaken | UnknownProduct | InvalidQuantity | InvalidOrder | AmountTooLarge | CurrencyMismatch | CheckOutRefused;

export type CancelOrderResult = CancelAccepted | CancelRefused;

export type CollectOrderResult = OrderShipped | CollectRefused;

export type CartResult = Cart | CartRefused | UnknownProduct | InvalidQuantity;

export type ChangePriceResult = PriceChanged | PriceNotChanged;

export type AddStockResult = StockLevel | StockNotAdded | UnknownProduct | InvalidQuantity;

/** A request that was not carried out. */
export type Refusal = {
  /** Why, in words for the customer. */
  readonly reason: Scalars['String']['output'];
};

/** The current state of an order. */
export type Order = {
  readonly __typename?: 'Order';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly status: OrderStatus;
  readonly lines: ReadonlyArray<OrderLine>;
  /** The sum of the lines; null if they have none, for example with prices in two currencies. */
  readonly total?: Maybe<Money>;
  readonly delivery: Delivery;
  /** Why it was rejected or cancelled. */
  readonly reason?: Maybe<Scalars['String']['output']>;
  /** Null until the order is shipped. */
  readonly trackingId?: Maybe<Scalars['String']['output']>;
  readonly placedAt: Scalars['DateTime']['output'];
  readonly updatedAt: Scalars['DateTime']['output'];
  /** What has happened to it, the oldest first: `order` and `orderEvents` have the last 300 steps. Null elsewhere. */
  readonly steps?: Maybe<ReadonlyArray<OrderStep>>;
};

/** An event of an order that has happened. */
export type OrderStep = {
  readonly __typename?: 'OrderStep';
  /** The id of the event. */
  readonly id: Scalars['ID']['output'];
  /** The event's type, such as StockReserved: those of `OrderEvent`. */
  readonly type: Scalars['String']['output'];
  readonly time: Scalars['DateTime']['output'];
  /** The product, if the step is about one product. */
  readonly sku?: Maybe<Scalars['ID']['output']>;
  /** Why, if the step is a refusal. */
  readonly reason?: Maybe<Scalars['String']['output']>;
};

/** Orders, the newest first. */
export type OrderList = {
  readonly __typename?: 'OrderList';
  /** The customer whose orders these are; null if they are of all customers. */
  readonly customerId?: Maybe<Scalars['ID']['output']>;
  readonly orders: ReadonlyArray<Order>;
};

export type OrderStatus =
  | 'PLACED'
  | 'CONFIRMED'
  | 'READY_FOR_PICKUP'
  | 'SHIPPED'
  | 'REJECTED'
  | 'CANCELLED';

/** How the customer receives an order. */
export type Delivery =
  | 'PARCEL'
  /** The order waits in the shop until the customer collects it. */
  | 'PICKUP';

/** A customer has placed an order. */
export type OrderPlaced = {
  readonly __typename?: 'OrderPlaced';
  /** Chosen by the client. */
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly lines: ReadonlyArray<OrderLine>;
  readonly delivery?: Maybe<Delivery>;
  /** Whether it was made of the customer's cart. */
  readonly fromCart?: Maybe<Scalars['Boolean']['output']>;
};

/** There is already an order with this id. */
export type OrderIdTaken = Refusal & {
  readonly __typename?: 'OrderIdTaken';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  /** The id of the event that placed the second order. */
  readonly eventId: Scalars['ID']['output'];
  readonly reason: Scalars['String']['output'];
};

/** The cart was not turned into an order. */
export type CheckOutRefused = Refusal & {
  readonly __typename?: 'CheckOutRefused';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly code: CheckOutProblem;
  readonly reason: Scalars['String']['output'];
};

export type CheckOutProblem =
  /** The cart is closed while its order is being placed. */
  | 'CART_CLOSED'
  | 'CART_EMPTY';

/** This quantity of a product is reserved for the order. */
export type StockReserved = {
  readonly __typename?: 'StockReserved';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly sku: Scalars['ID']['output'];
  readonly quantity: Scalars['Int']['output'];
};

/** Fewer of a product are available than were ordered. */
export type StockRefused = {
  readonly __typename?: 'StockRefused';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly sku: Scalars['ID']['output'];
  readonly wanted: Scalars['Int']['output'];
  readonly available: Scalars['Int']['output'];
};

export type PaymentCharged = {
  readonly __typename?: 'PaymentCharged';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  /** The payment provider's id of the charge. */
  readonly chargeId: Scalars['ID']['output'];
  readonly amount: Money;
};

export type PaymentDeclined = Refusal & {
  readonly __typename?: 'PaymentDeclined';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly reason: Scalars['String']['output'];
};

export type PaymentRefunded = {
  readonly __typename?: 'PaymentRefunded';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly chargeId: Scalars['ID']['output'];
  readonly amount: Money;
};

/** The order is accepted: its stock is reserved, and it is paid. */
export type OrderConfirmed = {
  readonly __typename?: 'OrderConfirmed';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly lines: ReadonlyArray<OrderLine>;
  readonly total: Money;
  readonly delivery: Delivery;
  readonly placedAt: Scalars['DateTime']['output'];
  readonly confirmedAt: Scalars['DateTime']['output'];
};

export type ReadyForPickup = {
  readonly __typename?: 'ReadyForPickup';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
};

/** The goods have left the shop. */
export type OrderShipped = {
  readonly __typename?: 'OrderShipped';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly trackingId: Scalars['String']['output'];
  readonly shippedAt: Scalars['DateTime']['output'];
};

/** The order failed. Its stock is released and its payment, if any, refunded. */
export type OrderRejected = Refusal & {
  readonly __typename?: 'OrderRejected';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly code: Rejection;
  readonly reason: Scalars['String']['output'];
  /** The product that is the reason, if it is one product. */
  readonly sku?: Maybe<Scalars['ID']['output']>;
  readonly wanted?: Maybe<Scalars['Int']['output']>;
  readonly available?: Maybe<Scalars['Int']['output']>;
};

export type Rejection =
  | 'OUT_OF_STOCK'
  | 'PAYMENT_DECLINED'
  /** The items do not fit into a parcel. */
  | 'NOT_SHIPPABLE'
  | 'NO_LINES'
  | 'TOO_MANY_LINES'
  | 'INVALID_QUANTITY'
  | 'AMOUNT_TOO_LARGE'
  | 'CURRENCY_MISMATCH';

/** The customer has requested to cancel the order. */
export type CancelRequested = {
  readonly __typename?: 'CancelRequested';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly reason?: Maybe<Scalars['String']['output']>;
};

/** The order will be cancelled, after the steps in progress have been undone. */
export type CancelAccepted = {
  readonly __typename?: 'CancelAccepted';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
};

export type CancelRefused = Refusal & {
  readonly __typename?: 'CancelRefused';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly code: CancelProblem;
  readonly reason: Scalars['String']['output'];
};

export type CancelProblem =
  | 'NO_SUCH_ORDER'
  | 'ALREADY_SHIPPED'
  /** The order has already failed. */
  | 'ALREADY_ENDED';

/** The order is cancelled. Its stock is released and its payment refunded. */
export type OrderCancelled = {
  readonly __typename?: 'OrderCancelled';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  /** Why, in the customer's words. */
  readonly reason?: Maybe<Scalars['String']['output']>;
};

export type CollectOrder = {
  readonly __typename?: 'CollectOrder';
  readonly orderId: Scalars['ID']['output'];
};

export type CollectRefused = Refusal & {
  readonly __typename?: 'CollectRefused';
  readonly orderId: Scalars['ID']['output'];
  readonly reason: Scalars['String']['output'];
};

/** Fewer of a product are available than were ordered. */
export type OutOfStock = Refusal & {
  readonly __typename?: 'OutOfStock';
  readonly orderId: Scalars['ID']['output'];
  readonly sku: Scalars['ID']['output'];
  readonly wanted: Scalars['Int']['output'];
  readonly available: Scalars['Int']['output'];
  readonly reason: Scalars['String']['output'];
};

/** No product has this SKU. */
export type UnknownProduct = Refusal & {
  readonly __typename?: 'UnknownProduct';
  readonly sku: Scalars['ID']['output'];
  readonly reason: Scalars['String']['output'];
};

export type InvalidQuantity = Refusal & {
  readonly __typename?: 'InvalidQuantity';
  readonly sku: Scalars['ID']['output'];
  readonly reason: Scalars['String']['output'];
};

/** The order has no lines, or too many. */
export type InvalidOrder = Refusal & {
  readonly __typename?: 'InvalidOrder';
  readonly code: Rejection;
  readonly reason: Scalars['String']['output'];
};

/** The total exceeds the largest amount of money. */
export type AmountTooLarge = Refusal & {
  readonly __typename?: 'AmountTooLarge';
  readonly reason: Scalars['String']['output'];
};

/** The prices are in different currencies, or not in the requested one. */
export type CurrencyMismatch = Refusal & {
  readonly __typename?: 'CurrencyMismatch';
  readonly reason: Scalars['String']['output'];
};

/** The products that a customer is about to order. */
export type Cart = {
  readonly __typename?: 'Cart';
  readonly customerId: Scalars['ID']['output'];
  readonly lines: ReadonlyArray<OrderLine>;
  readonly total: Money;
  /** The order in progress that was made of it. The cart is closed until that is confirmed or has ended. */
  readonly closedBy?: Maybe<Scalars['ID']['output']>;
};

/** A cart after a change. */
export type CartChanged = {
  readonly __typename?: 'CartChanged';
  readonly customerId: Scalars['ID']['output'];
  readonly lines: ReadonlyArray<OrderLine>;
  readonly total: Money;
  readonly closedBy?: Maybe<Scalars['ID']['output']>;
};

export type SetCartLine = {
  readonly __typename?: 'SetCartLine';
  readonly customerId: Scalars['ID']['output'];
  /** A quantity of 0 removes the product. */
  readonly line: OrderLine;
};

/** Requests that a cart be turned into an order. */
export type CheckOutRequested = {
  readonly __typename?: 'CheckOutRequested';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly delivery?: Maybe<Delivery>;
};

export type CartRefused = Refusal & {
  readonly __typename?: 'CartRefused';
  readonly customerId: Scalars['ID']['output'];
  readonly code: CartProblem;
  readonly reason: Scalars['String']['output'];
};

export type CartProblem =
  | 'CART_CLOSED'
  | 'TOO_MANY_LINES'
  | 'AMOUNT_TOO_LARGE'
  | 'CURRENCY_MISMATCH';

/** A quantity of one product, and the price of each. */
export type OrderLine = {
  readonly __typename?: 'OrderLine';
  readonly sku: Scalars['ID']['output'];
  readonly quantity: Scalars['Int']['output'];
  readonly unitPrice: Money;
};

/** A product that is for sale. */
export type Product = {
  readonly __typename?: 'Product';
  /** Stock keeping unit: the id of the product. */
  readonly sku: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  readonly description: Scalars['String']['output'];
  readonly price: Money;
  readonly stock: StockLevel;
};

/** The stock of a product. */
export type StockLevel = {
  readonly __typename?: 'StockLevel';
  readonly sku: Scalars['ID']['output'];
  /** In the warehouse, reserved or not. */
  readonly onHand: Scalars['Int']['output'];
  readonly reserved: Scalars['Int']['output'];
  /** Not reserved: can still be ordered. */
  readonly available: Scalars['Int']['output'];
};

export type AddStock = {
  readonly __typename?: 'AddStock';
  readonly sku: Scalars['ID']['output'];
  readonly quantity: Scalars['Int']['output'];
};

export type StockNotAdded = Refusal & {
  readonly __typename?: 'StockNotAdded';
  readonly sku: Scalars['ID']['output'];
  readonly reason: Scalars['String']['output'];
};

export type ChangePrice = {
  readonly __typename?: 'ChangePrice';
  readonly sku: Scalars['ID']['output'];
  readonly price: Money;
};

export type PriceChanged = {
  readonly __typename?: 'PriceChanged';
  readonly sku: Scalars['ID']['output'];
  readonly price: Money;
  readonly before: Money;
};

export type PriceNotChanged = Refusal & {
  readonly __typename?: 'PriceNotChanged';
  readonly sku: Scalars['ID']['output'];
  readonly reason: Scalars['String']['output'];
};

/** A message from the shop to a customer. */
export type Notified = {
  readonly __typename?: 'Notified';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly text: Scalars['String']['output'];
};

/** An amount of money. */
export type Money = {
  readonly __typename?: 'Money';
  /** In the currency's minor unit, such as cents. */
  readonly amount: Scalars['Int']['output'];
  /** ISO 4217, such as EUR. */
  readonly currency: Scalars['String']['output'];
};

/** An amount of money. */
export type MoneyInput = {
  /** In the currency's minor unit, such as cents. */
  readonly amount: Scalars['Int']['input'];
  /** ISO 4217, such as EUR. */
  readonly currency: Scalars['String']['input'];
};

export type PlaceOrder = {
  /** A unique id for the order, such as a UUID: up to 100 letters, digits and `. _ : -`. */
  readonly orderId: Scalars['ID']['input'];
  /** At least one line. */
  readonly lines: ReadonlyArray<OrderLineInput>;
  readonly delivery: Delivery;
  /** The currency that you expect to pay in (ISO 4217). The order is refused if its prices are in another one. */
  readonly currency?: InputMaybe<Scalars['String']['input']>;
};

/** A quantity of one product. */
export type OrderLineInput = {
  readonly sku: Scalars['ID']['input'];
  /** At least 1. */
  readonly quantity: Scalars['Int']['input'];
};

export type CheckOut = {
  /** A unique id for the order, such as a UUID: up to 100 letters, digits and `. _ : -`. */
  readonly orderId: Scalars['ID']['input'];
  readonly delivery: Delivery;
};

export type CancelOrder = {
  readonly orderId: Scalars['ID']['input'];
  /** Why, in your own words: up to 1,000 characters. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs>;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;



/** Mapping of union types */
export type ResolversUnionTypes<_RefType extends Record<string, unknown>> = {
  OrderEvent:
    | ( Order & { __typename: 'Order' } )
    | ( OrderPlaced & { __typename: 'OrderPlaced' } )
    | ( StockReserved & { __typename: 'StockReserved' } )
    | ( StockRefused & { __typename: 'StockRefused' } )
    | ( PaymentCharged & { __typename: 'PaymentCharged' } )
    | ( PaymentDeclined & { __typename: 'PaymentDeclined' } )
    | ( PaymentRefunded & { __typename: 'PaymentRefunded' } )
    | ( OrderConfirmed & { __typename: 'OrderConfirmed' } )
    | ( ReadyForPickup & { __typename: 'ReadyForPickup' } )
    | ( CancelRequested & { __typename: 'CancelRequested' } )
    | ( OrderShipped & { __typename: 'OrderShipped' } )
    | ( CancelAccepted & { __typename: 'CancelAccepted' } )
    | ( CancelRefused & { __typename: 'CancelRefused' } )
    | ( OrderRejected & { __typename: 'OrderRejected' } )
    | ( OrderCancelled & { __typename: 'OrderCancelled' } )
  ;
  OrderListEvent:
    | ( OrderList & { __typename: 'OrderList' } )
    | ( OrderPlaced & { __typename: 'OrderPlaced' } )
    | ( OrderConfirmed & { __typename: 'OrderConfirmed' } )
    | ( ReadyForPickup & { __typename: 'ReadyForPickup' } )
    | ( OrderShipped & { __typename: 'OrderShipped' } )
    | ( OrderRejected & { __typename: 'OrderRejected' } )
    | ( OrderCancelled & { __typename: 'OrderCancelled' } )
    | ( OrderIdTaken & { __typename: 'OrderIdTaken' } )
  ;
  CartEvent:
    | ( Cart & { __typename: 'Cart' } )
    | ( CartChanged & { __typename: 'CartChanged' } )
  ;
  PriceEvent:
    | ( Money & { __typename: 'Money' } )
    | ( ChangePrice & { __typename: 'ChangePrice' } )
    | ( PriceChanged & { __typename: 'PriceChanged' } )
    | ( PriceNotChanged & { __typename: 'PriceNotChanged' } )
  ;
  PlaceOrderResult:
    | ( Order & { __typename: 'Order' } )
    | ( OutOfStock & { __typename: 'OutOfStock' } )
    | ( PaymentDeclined & { __typename: 'PaymentDeclined' } )
    | ( OrderRejected & { __typename: 'OrderRejected' } )
    | ( OrderCancelled & { __typename: 'OrderCancelled' } )
    | ( OrderIdTaken & { __typename: 'OrderIdTaken' } )
    | ( UnknownProduct & { __typename: 'UnknownProduct' } )
    | ( InvalidQuantity & { __typename: 'InvalidQuantity' } )
    | ( InvalidOrder & { __typename: 'InvalidOrder' } )
    | ( AmountTooLarge & { __typename: 'AmountTooLarge' } )
    | ( CurrencyMismatch & { __typename: 'CurrencyMismatch' } )
    | ( CheckOutRefused & { __typename: 'CheckOutRefused' } )
  ;
  CancelOrderResult:
    | ( CancelAccepted & { __typename: 'CancelAccepted' } )
    | ( CancelRefused & { __typename: 'CancelRefused' } )
  ;
  CollectOrderResult:
    | ( OrderShipped & { __typename: 'OrderShipped' } )
    | ( CollectRefused & { __typename: 'CollectRefused' } )
  ;
  CartResult:
    | ( Cart & { __typename: 'Cart' } )
    | ( CartRefused & { __typename: 'CartRefused' } )
    | ( UnknownProduct & { __typename: 'UnknownProduct' } )
    | ( InvalidQuantity & { __typename: 'InvalidQuantity' } )
  ;
  ChangePriceResult:
    | ( PriceChanged & { __typename: 'PriceChanged' } )
    | ( PriceNotChanged & { __typename: 'PriceNotChanged' } )
  ;
  AddStockResult:
    | ( StockLevel & { __typename: 'StockLevel' } )
    | ( StockNotAdded & { __typename: 'StockNotAdded' } )
    | ( UnknownProduct & { __typename: 'UnknownProduct' } )
    | ( InvalidQuantity & { __typename: 'InvalidQuantity' } )
  ;
};

/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Refusal:
    | ( OrderIdTaken & { __typename: 'OrderIdTaken' } )
    | ( CheckOutRefused & { __typename: 'CheckOutRefused' } )
    | ( PaymentDeclined & { __typename: 'PaymentDeclined' } )
    | ( OrderRejected & { __typename: 'OrderRejected' } )
    | ( CancelRefused & { __typename: 'CancelRefused' } )
    | ( CollectRefused & { __typename: 'CollectRefused' } )
    | ( OutOfStock & { __typename: 'OutOfStock' } )
    | ( UnknownProduct & { __typename: 'UnknownProduct' } )
    | ( InvalidQuantity & { __typename: 'InvalidQuantity' } )
    | ( InvalidOrder & { __typename: 'InvalidOrder' } )
    | ( AmountTooLarge & { __typename: 'AmountTooLarge' } )
    | ( CurrencyMismatch & { __typename: 'CurrencyMismatch' } )
    | ( CartRefused & { __typename: 'CartRefused' } )
    | ( StockNotAdded & { __typename: 'StockNotAdded' } )
    | ( PriceNotChanged & { __typename: 'PriceNotChanged' } )
  ;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  OutcomeInput: OutcomeInput;
  ShownOfRecord: ShownOfRecord;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  EpochUnit: EpochUnit;
  Envelope: Envelope;
  ValueFormat: ValueFormat;
  EventTypes: EventTypes;
  EventExpressions: EventExpressions;
  EventTypeName: EventTypeName;
  TypeNameRule: TypeNameRule;
  KeyFormat: KeyFormat;
  Partitioner: Partitioner;
  TopicFormat: TopicFormat;
  OnSlow: OnSlow;
  Published: ResolverTypeWrapper<Published>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  Cursor: ResolverTypeWrapper<Scalars['Cursor']['output']>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Long: ResolverTypeWrapper<Scalars['Long']['output']>;
  BigInt: ResolverTypeWrapper<Scalars['BigInt']['output']>;
  Decimal: ResolverTypeWrapper<Scalars['Decimal']['output']>;
  Date: ResolverTypeWrapper<Scalars['Date']['output']>;
  Time: ResolverTypeWrapper<Scalars['Time']['output']>;
  LocalDateTime: ResolverTypeWrapper<Scalars['LocalDateTime']['output']>;
  UUID: ResolverTypeWrapper<Scalars['UUID']['output']>;
  Bytes: ResolverTypeWrapper<Scalars['Bytes']['output']>;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  OrderEvent: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['OrderEvent']>;
  OrderListEvent: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['OrderListEvent']>;
  CartEvent: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['CartEvent']>;
  PriceEvent: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['PriceEvent']>;
  PlaceOrderResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['PlaceOrderResult']>;
  CancelOrderResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['CancelOrderResult']>;
  CollectOrderResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['CollectOrderResult']>;
  CartResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['CartResult']>;
  ChangePriceResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['ChangePriceResult']>;
  AddStockResult: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['AddStockResult']>;
  Refusal: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Refusal']>;
  Order: ResolverTypeWrapper<Order>;
  OrderStep: ResolverTypeWrapper<OrderStep>;
  OrderList: ResolverTypeWrapper<OrderList>;
  OrderStatus: OrderStatus;
  Delivery: Delivery;
  OrderPlaced: ResolverTypeWrapper<OrderPlaced>;
  OrderIdTaken: ResolverTypeWrapper<OrderIdTaken>;
  CheckOutRefused: ResolverTypeWrapper<CheckOutRefused>;
  CheckOutProblem: CheckOutProblem;
  StockReserved: ResolverTypeWrapper<StockReserved>;
  StockRefused: ResolverTypeWrapper<StockRefused>;
  PaymentCharged: ResolverTypeWrapper<PaymentCharged>;
  PaymentDeclined: ResolverTypeWrapper<PaymentDeclined>;
  PaymentRefunded: ResolverTypeWrapper<PaymentRefunded>;
  OrderConfirmed: ResolverTypeWrapper<OrderConfirmed>;
  ReadyForPickup: ResolverTypeWrapper<ReadyForPickup>;
  OrderShipped: ResolverTypeWrapper<OrderShipped>;
  OrderRejected: ResolverTypeWrapper<OrderRejected>;
  Rejection: Rejection;
  CancelRequested: ResolverTypeWrapper<CancelRequested>;
  CancelAccepted: ResolverTypeWrapper<CancelAccepted>;
  CancelRefused: ResolverTypeWrapper<CancelRefused>;
  CancelProblem: CancelProblem;
  OrderCancelled: ResolverTypeWrapper<OrderCancelled>;
  CollectOrder: ResolverTypeWrapper<CollectOrder>;
  CollectRefused: ResolverTypeWrapper<CollectRefused>;
  OutOfStock: ResolverTypeWrapper<OutOfStock>;
  UnknownProduct: ResolverTypeWrapper<UnknownProduct>;
  InvalidQuantity: ResolverTypeWrapper<InvalidQuantity>;
  InvalidOrder: ResolverTypeWrapper<InvalidOrder>;
  AmountTooLarge: ResolverTypeWrapper<AmountTooLarge>;
  CurrencyMismatch: ResolverTypeWrapper<CurrencyMismatch>;
  Cart: ResolverTypeWrapper<Cart>;
  CartChanged: ResolverTypeWrapper<CartChanged>;
  SetCartLine: ResolverTypeWrapper<SetCartLine>;
  CheckOutRequested: ResolverTypeWrapper<CheckOutRequested>;
  CartRefused: ResolverTypeWrapper<CartRefused>;
  CartProblem: CartProblem;
  OrderLine: ResolverTypeWrapper<OrderLine>;
  Product: ResolverTypeWrapper<Product>;
  StockLevel: ResolverTypeWrapper<StockLevel>;
  AddStock: ResolverTypeWrapper<AddStock>;
  StockNotAdded: ResolverTypeWrapper<StockNotAdded>;
  ChangePrice: ResolverTypeWrapper<ChangePrice>;
  PriceChanged: ResolverTypeWrapper<PriceChanged>;
  PriceNotChanged: ResolverTypeWrapper<PriceNotChanged>;
  Notified: ResolverTypeWrapper<Notified>;
  Money: ResolverTypeWrapper<Money>;
  MoneyInput: MoneyInput;
  PlaceOrder: PlaceOrder;
  OrderLineInput: OrderLineInput;
  CheckOut: CheckOut;
  CancelOrder: CancelOrder;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  OutcomeInput: OutcomeInput;
  ShownOfRecord: ShownOfRecord;
  Boolean: Scalars['Boolean']['output'];
  EventTypes: EventTypes;
  EventExpressions: EventExpressions;
  EventTypeName: EventTypeName;
  Published: Published;
  ID: Scalars['ID']['output'];
  Int: Scalars['Int']['output'];
  Cursor: Scalars['Cursor']['output'];
  DateTime: Scalars['DateTime']['output'];
  Long: Scalars['Long']['output'];
  BigInt: Scalars['BigInt']['output'];
  Decimal: Scalars['Decimal']['output'];
  Date: Scalars['Date']['output'];
  Time: Scalars['Time']['output'];
  LocalDateTime: Scalars['LocalDateTime']['output'];
  UUID: Scalars['UUID']['output'];
  Bytes: Scalars['Bytes']['output'];
  JSON: Scalars['JSON']['output'];
  Query: Record<PropertyKey, never>;
  Mutation: Record<PropertyKey, never>;
  Subscription: Record<PropertyKey, never>;
  OrderEvent: ResolversUnionTypes<ResolversParentTypes>['OrderEvent'];
  OrderListEvent: ResolversUnionTypes<ResolversParentTypes>['OrderListEvent'];
  CartEvent: ResolversUnionTypes<ResolversParentTypes>['CartEvent'];
  PriceEvent: ResolversUnionTypes<ResolversParentTypes>['PriceEvent'];
  PlaceOrderResult: ResolversUnionTypes<ResolversParentTypes>['PlaceOrderResult'];
  CancelOrderResult: ResolversUnionTypes<ResolversParentTypes>['CancelOrderResult'];
  CollectOrderResult: ResolversUnionTypes<ResolversParentTypes>['CollectOrderResult'];
  CartResult: ResolversUnionTypes<ResolversParentTypes>['CartResult'];
  ChangePriceResult: ResolversUnionTypes<ResolversParentTypes>['ChangePriceResult'];
  AddStockResult: ResolversUnionTypes<ResolversParentTypes>['AddStockResult'];
  Refusal: ResolversInterfaceTypes<ResolversParentTypes>['Refusal'];
  Order: Order;
  OrderStep: OrderStep;
  OrderList: OrderList;
  OrderPlaced: OrderPlaced;
  OrderIdTaken: OrderIdTaken;
  CheckOutRefused: CheckOutRefused;
  StockReserved: StockReserved;
  StockRefused: StockRefused;
  PaymentCharged: PaymentCharged;
  PaymentDeclined: PaymentDeclined;
  PaymentRefunded: PaymentRefunded;
  OrderConfirmed: OrderConfirmed;
  ReadyForPickup: ReadyForPickup;
  OrderShipped: OrderShipped;
  OrderRejected: OrderRejected;
  CancelRequested: CancelRequested;
  CancelAccepted: CancelAccepted;
  CancelRefused: CancelRefused;
  OrderCancelled: OrderCancelled;
  CollectOrder: CollectOrder;
  CollectRefused: CollectRefused;
  OutOfStock: OutOfStock;
  UnknownProduct: UnknownProduct;
  InvalidQuantity: InvalidQuantity;
  InvalidOrder: InvalidOrder;
  AmountTooLarge: AmountTooLarge;
  CurrencyMismatch: CurrencyMismatch;
  Cart: Cart;
  CartChanged: CartChanged;
  SetCartLine: SetCartLine;
  CheckOutRequested: CheckOutRequested;
  CartRefused: CartRefused;
  OrderLine: OrderLine;
  Product: Product;
  StockLevel: StockLevel;
  AddStock: AddStock;
  StockNotAdded: StockNotAdded;
  ChangePrice: ChangePrice;
  PriceChanged: PriceChanged;
  PriceNotChanged: PriceNotChanged;
  Notified: Notified;
  Money: Money;
  MoneyInput: MoneyInput;
  PlaceOrder: PlaceOrder;
  OrderLineInput: OrderLineInput;
  CheckOut: CheckOut;
  CancelOrder: CancelOrder;
  String: Scalars['String']['output'];
};

export type PublishDirectiveArgs = {
  topic: Scalars['String']['input'];
  type: Scalars['String']['input'];
  key: Scalars['String']['input'];
  data?: Maybe<Scalars['String']['input']>;
  format?: Maybe<TopicFormat>;
  outcome?: Maybe<OutcomeInput>;
};

export type PublishDirectiveResolver<Result, Parent, ContextType = any, Args = PublishDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type SubscribeDirectiveArgs = {
  topic: Scalars['String']['input'];
  key?: Maybe<Scalars['String']['input']>;
  filter?: Maybe<Scalars['String']['input']>;
  tombstone?: Maybe<Scalars['String']['input']>;
  format?: Maybe<TopicFormat>;
  onSlow?: Maybe<OnSlow>;
  show?: Maybe<ShownOfRecord>;
};

export type SubscribeDirectiveResolver<Result, Parent, ContextType = any, Args = SubscribeDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type AuthDirectiveArgs = {
  rule: Scalars['String']['input'];
};

export type AuthDirectiveResolver<Result, Parent, ContextType = any, Args = AuthDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type ViewDirectiveArgs = {
  name: Scalars['String']['input'];
  key: Scalars['String']['input'];
  field?: Maybe<Scalars['String']['input']>;
  type?: Maybe<Scalars['String']['input']>;
};

export type ViewDirectiveResolver<Result, Parent, ContextType = any, Args = ViewDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type EpochDirectiveArgs = {
  unit: EpochUnit;
};

export type EpochDirectiveResolver<Result, Parent, ContextType = any, Args = EpochDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type TopicDirectiveArgs = {
  name: Scalars['String']['input'];
  envelope?: Maybe<Envelope>;
  value: ValueFormat;
  types?: Maybe<EventTypes>;
  event?: Maybe<EventExpressions>;
  partitioner?: Maybe<Partitioner>;
  key?: Maybe<KeyFormat>;
};

export type TopicDirectiveResolver<Result, Parent, ContextType = any, Args = TopicDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type PublishedResolvers<ContextType = any, ParentType extends ResolversParentTypes['Published'] = ResolversParentTypes['Published']> = {
  eventId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  topic?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  partition?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  offset?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  correlationId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  time?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
};

export interface CursorScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Cursor'], any> {
  name: 'Cursor';
}

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export interface LongScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Long'], any> {
  name: 'Long';
}

export interface BigIntScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['BigInt'], any> {
  name: 'BigInt';
}

export interface DecimalScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Decimal'], any> {
  name: 'Decimal';
}

export interface DateScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Date'], any> {
  name: 'Date';
}

export interface TimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Time'], any> {
  name: 'Time';
}

export interface LocalDateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['LocalDateTime'], any> {
  name: 'LocalDateTime';
}

export interface UuidScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['UUID'], any> {
  name: 'UUID';
}

export interface BytesScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Bytes'], any> {
  name: 'Bytes';
}

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON';
}

export type QueryResolvers<ContextType = any, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  catalogue?: Resolver<ReadonlyArray<ResolversTypes['Product']>, ParentType, ContextType>;
  product?: Resolver<Maybe<ResolversTypes['Product']>, ParentType, ContextType, RequireFields<QueryProductArgs, 'sku'>>;
  stock?: Resolver<Maybe<ResolversTypes['StockLevel']>, ParentType, ContextType, RequireFields<QueryStockArgs, 'sku'>>;
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType, RequireFields<QueryOrderArgs, 'orderId'>>;
  myOrders?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Order']>>, ParentType, ContextType>;
  cart?: Resolver<Maybe<ResolversTypes['Cart']>, ParentType, ContextType>;
};

export type MutationResolvers<ContextType = any, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  placeOrder?: Resolver<ResolversTypes['PlaceOrderResult'], ParentType, ContextType, RequireFields<MutationPlaceOrderArgs, 'input'>>;
  checkOut?: Resolver<ResolversTypes['PlaceOrderResult'], ParentType, ContextType, RequireFields<MutationCheckOutArgs, 'input'>>;
  cancelOrder?: Resolver<ResolversTypes['CancelOrderResult'], ParentType, ContextType, RequireFields<MutationCancelOrderArgs, 'input'>>;
  collectOrder?: Resolver<ResolversTypes['CollectOrderResult'], ParentType, ContextType, RequireFields<MutationCollectOrderArgs, 'orderId'>>;
  setCartLine?: Resolver<ResolversTypes['CartResult'], ParentType, ContextType, RequireFields<MutationSetCartLineArgs, 'sku' | 'quantity'>>;
  addStock?: Resolver<ResolversTypes['AddStockResult'], ParentType, ContextType, RequireFields<MutationAddStockArgs, 'sku' | 'quantity'>>;
  changePrice?: Resolver<ResolversTypes['ChangePriceResult'], ParentType, ContextType, RequireFields<MutationChangePriceArgs, 'sku' | 'price'>>;
};

export type SubscriptionResolvers<ContextType = any, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  orderEvents?: SubscriptionResolver<ResolversTypes['OrderEvent'], "orderEvents", ParentType, ContextType, RequireFields<SubscriptionOrderEventsArgs, 'orderId'>>;
  myOrderChanges?: SubscriptionResolver<ResolversTypes['OrderListEvent'], "myOrderChanges", ParentType, ContextType>;
  orderBoard?: SubscriptionResolver<ResolversTypes['OrderListEvent'], "orderBoard", ParentType, ContextType>;
  ordersPlaced?: SubscriptionResolver<ResolversTypes['OrderPlaced'], "ordersPlaced", ParentType, ContextType>;
  stockLow?: SubscriptionResolver<ResolversTypes['StockLevel'], "stockLow", ParentType, ContextType, RequireFields<SubscriptionStockLowArgs, 'below'>>;
  stockLevel?: SubscriptionResolver<ResolversTypes['StockLevel'], "stockLevel", ParentType, ContextType, RequireFields<SubscriptionStockLevelArgs, 'sku'>>;
  priceChanges?: SubscriptionResolver<ResolversTypes['PriceEvent'], "priceChanges", ParentType, ContextType, RequireFields<SubscriptionPriceChangesArgs, 'sku'>>;
  cartChanges?: SubscriptionResolver<ResolversTypes['CartEvent'], "cartChanges", ParentType, ContextType>;
  notifications?: SubscriptionResolver<ResolversTypes['Notified'], "notifications", ParentType, ContextType>;
};

export type OrderEventResolvers<ContextType = any, ParentType extends ResolversParentTypes['OrderEvent'] = ResolversParentTypes['OrderEvent']> = {
  __resolveType: TypeResolveFn<'Order' | 'OrderPlaced' | 'StockReserved' | 'StockRefused' | 'PaymentCharged' | 'PaymentDeclined' | 'PaymentRefunded' | 'OrderConfirmed' | 'ReadyForPickup' | 'CancelRequested' | 'OrderShipped' | 'CancelAccepted' | 'CancelRefused' | 'OrderRejected' | 'OrderCancelled', ParentType, ContextType>;
};

export type OrderListEventResolvers<ContextType = any, ParentType extends ResolversParentTypes['OrderListEvent'] = ResolversParentTypes['OrderListEvent']> = {
  __resolveType: TypeResolveFn<'OrderList' | 'OrderPlaced' | 'OrderConfirmed' | 'ReadyForPickup' | 'OrderShipped' | 'OrderRejected' | 'OrderCancelled' | 'OrderIdTaken', ParentType, ContextType>;
};

export type CartEventResolvers<ContextType = any, ParentType extends ResolversParentTypes['CartEvent'] = ResolversParentTypes['CartEvent']> = {
  __resolveType: TypeResolveFn<'Cart' | 'CartChanged', ParentType, ContextType>;
};

export type PriceEventResolvers<ContextType = any, ParentType extends ResolversParentTypes['PriceEvent'] = ResolversParentTypes['PriceEvent']> = {
  __resolveType: TypeResolveFn<'Money' | 'ChangePrice' | 'PriceChanged' | 'PriceNotChanged', ParentType, ContextType>;
};

export type PlaceOrderResultResolvers<ContextType = any, ParentType extends ResolversParentTypes['PlaceOrderResult'] = ResolversParentTypes['PlaceOrderResult']> = {
  __resolveType: TypeResolveFn<'Order' | 'OutOfStock' | 'PaymentDeclined' | 'OrderRejected' | 'OrderCancelled' | 'OrderIdTaken' | 'UnknownProduct' | 'InvalidQuantity' | 'InvalidOrder' | 'AmountTooLarge' | 'CurrencyMismatch' | 'CheckOutRefused', ParentType, ContextType>;
};

export type CancelOrderResultResolvers<ContextType = any, ParentType extends ResolversParentTypes['CancelOrderResult'] = ResolversParentTypes['CancelOrderResult']> = {
  __resolveType: TypeResolveFn<'CancelAccepted' | 'CancelRefused', ParentType, ContextType>;
};

export type CollectOrderResultResolvers<ContextType = any, ParentType extends ResolversParentTypes['CollectOrderResult'] = ResolversParentTypes['CollectOrderResult']> = {
  __resolveType: TypeResolveFn<'OrderShipped' | 'CollectRefused', ParentType, ContextType>;
};

export type CartResultResolvers<ContextType = any, ParentType extends ResolversParentTypes['CartResult'] = ResolversParentTypes['CartResult']> = {
  __resolveType: TypeResolveFn<'Cart' | 'CartRefused' | 'UnknownProduct' | 'InvalidQuantity', ParentType, ContextType>;
};

export type ChangePriceResultResolvers<ContextType = any, ParentType extends ResolversParentTypes['ChangePriceResult'] = ResolversParentTypes['ChangePriceResult']> = {
  __resolveType: TypeResolveFn<'PriceChanged' | 'PriceNotChanged', ParentType, ContextType>;
};

export type AddStockResultResolvers<ContextType = any, ParentType extends ResolversParentTypes['AddStockResult'] = ResolversParentTypes['AddStockResult']> = {
  __resolveType: TypeResolveFn<'StockLevel' | 'StockNotAdded' | 'UnknownProduct' | 'InvalidQuantity', ParentType, ContextType>;
};

export type RefusalResolvers<ContextType = any, ParentType extends ResolversParentTypes['Refusal'] = ResolversParentTypes['Refusal']> = {
  __resolveType: TypeResolveFn<'OrderIdTaken' | 'CheckOutRefused' | 'PaymentDeclined' | 'OrderRejected' | 'CancelRefused' | 'CollectRefused' | 'OutOfStock' | 'UnknownProduct' | 'InvalidQuantity' | 'InvalidOrder' | 'AmountTooLarge' | 'CurrencyMismatch' | 'CartRefused' | 'StockNotAdded' | 'PriceNotChanged', ParentType, ContextType>;
};

export type OrderResolvers<ContextType = any, ParentType extends ResolversParentTypes['Order'] = ResolversParentTypes['Order']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['OrderStatus'], ParentType, ContextType>;
  lines?: Resolver<ReadonlyArray<ResolversTypes['OrderLine']>, ParentType, ContextType>;
  total?: Resolver<Maybe<ResolversTypes['Money']>, ParentType, ContextType>;
  delivery?: Resolver<ResolversTypes['Delivery'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  trackingId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  placedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  steps?: Resolver<Maybe<ReadonlyArray<ResolversTypes['OrderStep']>>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type OrderStepResolvers<ContextType = any, ParentType extends ResolversParentTypes['OrderStep'] = ResolversParentTypes['OrderStep']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  time?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  sku?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type OrderListResolvers<ContextType = any, ParentType extends ResolversParentTypes['OrderList'] = ResolversParentTypes['OrderList']> = {
  customerId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  orders?: Resolver<ReadonlyArray<ResolversTypes['Order']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type OrderPlacedResolvers<ContextType = any, ParentType extends ResolversParentTypes['OrderPlaced'] = ResolversParentTypes['OrderPlaced']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  lines?: Resolver<ReadonlyArray<ResolversTypes['OrderLine']>, ParentType, ContextType>;
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType>;
  fromCart?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type OrderIdTakenResolvers<ContextType = any, ParentType extends ResolversParentTypes['OrderIdTaken'] = ResolversParentTypes['OrderIdTaken']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  eventId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CheckOutRefusedResolvers<ContextType = any, ParentType extends ResolversParentTypes['CheckOutRefused'] = ResolversParentTypes['CheckOutRefused']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  code?: Resolver<ResolversTypes['CheckOutProblem'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type StockReservedResolvers<ContextType = any, ParentType extends ResolversParentTypes['StockReserved'] = ResolversParentTypes['StockReserved']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sku?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  quantity?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type StockRefusedResolvers<ContextType = any, ParentType extends ResolversParentTypes['StockRefused'] = ResolversParentTypes['StockRefused']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sku?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  wanted?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  available?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PaymentChargedResolvers<ContextType = any, ParentType extends ResolversParentTypes['PaymentCharged'] = ResolversParentTypes['PaymentCharged']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  chargeId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  amount?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PaymentDeclinedResolvers<ContextType = any, ParentType extends ResolversParentTypes['PaymentDeclined'] = ResolversParentTypes['PaymentDeclined']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PaymentRefundedResolvers<ContextType = any, ParentType extends ResolversParentTypes['PaymentRefunded'] = ResolversParentTypes['PaymentRefunded']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  chargeId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  amount?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type OrderConfirmedResolvers<ContextType = any, ParentType extends ResolversParentTypes['OrderConfirmed'] = ResolversParentTypes['OrderConfirmed']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  lines?: Resolver<ReadonlyArray<ResolversTypes['OrderLine']>, ParentType, ContextType>;
  total?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  delivery?: Resolver<ResolversTypes['Delivery'], ParentType, ContextType>;
  placedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  confirmedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ReadyForPickupResolvers<ContextType = any, ParentType extends ResolversParentTypes['ReadyForPickup'] = ResolversParentTypes['ReadyForPickup']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type OrderShippedResolvers<ContextType = any, ParentType extends ResolversParentTypes['OrderShipped'] = ResolversParentTypes['OrderShipped']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  trackingId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  shippedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type OrderRejectedResolvers<ContextType = any, ParentType extends ResolversParentTypes['OrderRejected'] = ResolversParentTypes['OrderRejected']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  code?: Resolver<ResolversTypes['Rejection'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  sku?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  wanted?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  available?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CancelRequestedResolvers<ContextType = any, ParentType extends ResolversParentTypes['CancelRequested'] = ResolversParentTypes['CancelRequested']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CancelAcceptedResolvers<ContextType = any, ParentType extends ResolversParentTypes['CancelAccepted'] = ResolversParentTypes['CancelAccepted']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CancelRefusedResolvers<ContextType = any, ParentType extends ResolversParentTypes['CancelRefused'] = ResolversParentTypes['CancelRefused']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  code?: Resolver<ResolversTypes['CancelProblem'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type OrderCancelledResolvers<ContextType = any, ParentType extends ResolversParentTypes['OrderCancelled'] = ResolversParentTypes['OrderCancelled']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CollectOrderResolvers<ContextType = any, ParentType extends ResolversParentTypes['CollectOrder'] = ResolversParentTypes['CollectOrder']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type CollectRefusedResolvers<ContextType = any, ParentType extends ResolversParentTypes['CollectRefused'] = ResolversParentTypes['CollectRefused']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type OutOfStockResolvers<ContextType = any, ParentType extends ResolversParentTypes['OutOfStock'] = ResolversParentTypes['OutOfStock']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  sku?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  wanted?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  available?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type UnknownProductResolvers<ContextType = any, ParentType extends ResolversParentTypes['UnknownProduct'] = ResolversParentTypes['UnknownProduct']> = {
  sku?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type InvalidQuantityResolvers<ContextType = any, ParentType extends ResolversParentTypes['InvalidQuantity'] = ResolversParentTypes['InvalidQuantity']> = {
  sku?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type InvalidOrderResolvers<ContextType = any, ParentType extends ResolversParentTypes['InvalidOrder'] = ResolversParentTypes['InvalidOrder']> = {
  code?: Resolver<ResolversTypes['Rejection'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AmountTooLargeResolvers<ContextType = any, ParentType extends ResolversParentTypes['AmountTooLarge'] = ResolversParentTypes['AmountTooLarge']> = {
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CurrencyMismatchResolvers<ContextType = any, ParentType extends ResolversParentTypes['CurrencyMismatch'] = ResolversParentTypes['CurrencyMismatch']> = {
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CartResolvers<ContextType = any, ParentType extends ResolversParentTypes['Cart'] = ResolversParentTypes['Cart']> = {
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  lines?: Resolver<ReadonlyArray<ResolversTypes['OrderLine']>, ParentType, ContextType>;
  total?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  closedBy?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CartChangedResolvers<ContextType = any, ParentType extends ResolversParentTypes['CartChanged'] = ResolversParentTypes['CartChanged']> = {
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  lines?: Resolver<ReadonlyArray<ResolversTypes['OrderLine']>, ParentType, ContextType>;
  total?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  closedBy?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SetCartLineResolvers<ContextType = any, ParentType extends ResolversParentTypes['SetCartLine'] = ResolversParentTypes['SetCartLine']> = {
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  line?: Resolver<ResolversTypes['OrderLine'], ParentType, ContextType>;
};

export type CheckOutRequestedResolvers<ContextType = any, ParentType extends ResolversParentTypes['CheckOutRequested'] = ResolversParentTypes['CheckOutRequested']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType>;
};

export type CartRefusedResolvers<ContextType = any, ParentType extends ResolversParentTypes['CartRefused'] = ResolversParentTypes['CartRefused']> = {
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  code?: Resolver<ResolversTypes['CartProblem'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type OrderLineResolvers<ContextType = any, ParentType extends ResolversParentTypes['OrderLine'] = ResolversParentTypes['OrderLine']> = {
  sku?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  quantity?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  unitPrice?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
};

export type ProductResolvers<ContextType = any, ParentType extends ResolversParentTypes['Product'] = ResolversParentTypes['Product']> = {
  sku?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  description?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  price?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  stock?: Resolver<ResolversTypes['StockLevel'], ParentType, ContextType>;
};

export type StockLevelResolvers<ContextType = any, ParentType extends ResolversParentTypes['StockLevel'] = ResolversParentTypes['StockLevel']> = {
  sku?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  onHand?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  reserved?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  available?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AddStockResolvers<ContextType = any, ParentType extends ResolversParentTypes['AddStock'] = ResolversParentTypes['AddStock']> = {
  sku?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  quantity?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type StockNotAddedResolvers<ContextType = any, ParentType extends ResolversParentTypes['StockNotAdded'] = ResolversParentTypes['StockNotAdded']> = {
  sku?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ChangePriceResolvers<ContextType = any, ParentType extends ResolversParentTypes['ChangePrice'] = ResolversParentTypes['ChangePrice']> = {
  sku?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  price?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PriceChangedResolvers<ContextType = any, ParentType extends ResolversParentTypes['PriceChanged'] = ResolversParentTypes['PriceChanged']> = {
  sku?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  price?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  before?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PriceNotChangedResolvers<ContextType = any, ParentType extends ResolversParentTypes['PriceNotChanged'] = ResolversParentTypes['PriceNotChanged']> = {
  sku?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type NotifiedResolvers<ContextType = any, ParentType extends ResolversParentTypes['Notified'] = ResolversParentTypes['Notified']> = {
  orderId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  customerId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  text?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type MoneyResolvers<ContextType = any, ParentType extends ResolversParentTypes['Money'] = ResolversParentTypes['Money']> = {
  amount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  currency?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type Resolvers<ContextType = any> = {
  Published?: PublishedResolvers<ContextType>;
  Cursor?: GraphQLScalarType;
  DateTime?: GraphQLScalarType;
  Long?: GraphQLScalarType;
  BigInt?: GraphQLScalarType;
  Decimal?: GraphQLScalarType;
  Date?: GraphQLScalarType;
  Time?: GraphQLScalarType;
  LocalDateTime?: GraphQLScalarType;
  UUID?: GraphQLScalarType;
  Bytes?: GraphQLScalarType;
  JSON?: GraphQLScalarType;
  Query?: QueryResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  OrderEvent?: OrderEventResolvers<ContextType>;
  OrderListEvent?: OrderListEventResolvers<ContextType>;
  CartEvent?: CartEventResolvers<ContextType>;
  PriceEvent?: PriceEventResolvers<ContextType>;
  PlaceOrderResult?: PlaceOrderResultResolvers<ContextType>;
  CancelOrderResult?: CancelOrderResultResolvers<ContextType>;
  CollectOrderResult?: CollectOrderResultResolvers<ContextType>;
  CartResult?: CartResultResolvers<ContextType>;
  ChangePriceResult?: ChangePriceResultResolvers<ContextType>;
  AddStockResult?: AddStockResultResolvers<ContextType>;
  Refusal?: RefusalResolvers<ContextType>;
  Order?: OrderResolvers<ContextType>;
  OrderStep?: OrderStepResolvers<ContextType>;
  OrderList?: OrderListResolvers<ContextType>;
  OrderPlaced?: OrderPlacedResolvers<ContextType>;
  OrderIdTaken?: OrderIdTakenResolvers<ContextType>;
  CheckOutRefused?: CheckOutRefusedResolvers<ContextType>;
  StockReserved?: StockReservedResolvers<ContextType>;
  StockRefused?: StockRefusedResolvers<ContextType>;
  PaymentCharged?: PaymentChargedResolvers<ContextType>;
  PaymentDeclined?: PaymentDeclinedResolvers<ContextType>;
  PaymentRefunded?: PaymentRefundedResolvers<ContextType>;
  OrderConfirmed?: OrderConfirmedResolvers<ContextType>;
  ReadyForPickup?: ReadyForPickupResolvers<ContextType>;
  OrderShipped?: OrderShippedResolvers<ContextType>;
  OrderRejected?: OrderRejectedResolvers<ContextType>;
  CancelRequested?: CancelRequestedResolvers<ContextType>;
  CancelAccepted?: CancelAcceptedResolvers<ContextType>;
  CancelRefused?: CancelRefusedResolvers<ContextType>;
  OrderCancelled?: OrderCancelledResolvers<ContextType>;
  CollectOrder?: CollectOrderResolvers<ContextType>;
  CollectRefused?: CollectRefusedResolvers<ContextType>;
  OutOfStock?: OutOfStockResolvers<ContextType>;
  UnknownProduct?: UnknownProductResolvers<ContextType>;
  InvalidQuantity?: InvalidQuantityResolvers<ContextType>;
  InvalidOrder?: InvalidOrderResolvers<ContextType>;
  AmountTooLarge?: AmountTooLargeResolvers<ContextType>;
  CurrencyMismatch?: CurrencyMismatchResolvers<ContextType>;
  Cart?: CartResolvers<ContextType>;
  CartChanged?: CartChangedResolvers<ContextType>;
  SetCartLine?: SetCartLineResolvers<ContextType>;
  CheckOutRequested?: CheckOutRequestedResolvers<ContextType>;
  CartRefused?: CartRefusedResolvers<ContextType>;
  OrderLine?: OrderLineResolvers<ContextType>;
  Product?: ProductResolvers<ContextType>;
  StockLevel?: StockLevelResolvers<ContextType>;
  AddStock?: AddStockResolvers<ContextType>;
  StockNotAdded?: StockNotAddedResolvers<ContextType>;
  ChangePrice?: ChangePriceResolvers<ContextType>;
  PriceChanged?: PriceChangedResolvers<ContextType>;
  PriceNotChanged?: PriceNotChangedResolvers<ContextType>;
  Notified?: NotifiedResolvers<ContextType>;
  Money?: MoneyResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = any> = {
  publish?: PublishDirectiveResolver<any, any, ContextType>;
  subscribe?: SubscribeDirectiveResolver<any, any, ContextType>;
  auth?: AuthDirectiveResolver<any, any, ContextType>;
  view?: ViewDirectiveResolver<any, any, ContextType>;
  epoch?: EpochDirectiveResolver<any, any, ContextType>;
  topic?: TopicDirectiveResolver<any, any, ContextType>;
};
