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
  readonly within: Scalars['String']['input'];
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
  /** Where it is, for `minCursor` of fields that show a view. */
  readonly cursor: Scalars['Cursor']['output'];
};

export type Query = {
  readonly __typename?: 'Query';
  /** Everything that is for sale, at the prices of now. */
  readonly catalogue: ReadonlyArray<Product>;
  /** One product; null when there is none with this SKU. */
  readonly product?: Maybe<Product>;
  /** How many there are of a product; null when there is none with this SKU. */
  readonly stock?: Maybe<StockLevel>;
  /** An order as it stands; null when there is none with this id. */
  readonly order?: Maybe<Order>;
  /** The caller's orders, the newest first: the last 50. */
  readonly myOrders?: Maybe<ReadonlyArray<Order>>;
  /** The caller's cart; null before anything was in it. */
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
   * Places an order, and answers once it is confirmed (reserved and paid) or has come to nothing. When that
   * takes too long the answer is the error OUTCOME_PENDING, and the order goes on: see `orderEvents`.
   */
  readonly placeOrder: PlaceOrderResult;
  /** Makes an order of the caller's cart. Until the order is confirmed or has ended, the cart is closed. */
  readonly checkOut: PlaceOrderResult;
  /** Cancels an order. What was paid is returned; OrderCancelled on `orderEvents` says when all is undone. */
  readonly cancelOrder: CancelOrderResult;
  /** Hands an order out to who ordered it for PICKUP. */
  readonly collectOrder: CollectOrderResult;
  /** Puts so many of a product into the caller's cart, instead of those that are in it; 0 takes it out. */
  readonly setCartLine: CartResult;
  /** More of a product has come in. */
  readonly addStock: AddStockResult;
  /** Changes what a product costs from now on. Orders and carts keep the prices they were made at. */
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
   * Every step of one order. After `since` or `after`, the steps that came before are replayed first; with
   * `snapshot: true` the order as it stands comes first, if there is one.
   */
  readonly orderEvents: OrderEvent;
  /** Every order that is placed: all of them for staff, a customer's own for a customer. */
  readonly ordersPlaced: OrderPlaced;
  /** Products of which fewer than so many are left, each time that changes. */
  readonly stockLow: StockLevel;
  /** How many there are of a product, each time that changes. */
  readonly stockLevel: StockLevel;
  /** What the shop tells the caller. */
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

/** What can happen to an order; and the order itself, where a subscription begins with a snapshot. */
export type OrderEvent = Order | OrderPlaced | StockReserved | StockRefused | PaymentCharged | PaymentDeclined | PaymentRefunded | OrderConfirmed | ReadyForPickup | CancelRequested | OrderShipped | CancelAccepted | CancelRefused | OrderRejected | OrderCancelled;

export type PlaceOrderResult = Order | OutOfStock | PaymentDeclined | OrderRejected | OrderCancelled | OrderIdTaken | UnknownProduct | InvalidQuantity | InvalidOrder | AmountTooLarge | CurrencyMismatch | CheckOutRefused;

export type CancelOrderResult = CancelAccepted | CancelRefused;

export type CollectOrderResult = OrderShipped | CollectRefused;

export type CartResult = Cart | CartRefused | UnknownProduct | InvalidQuantity;

export type ChangePriceResult = PriceChanged | PriceNotChanged;

export type AddStockResult = StockLevel | StockNotAdded | UnknownProduct | InvalidQuantity;

/** Why something did not happen. */
export type Refusal = {
  /** In words for the customer. */
  readonly reason: Scalars['String']['output'];
};

/** An order as it stands. */
export type Order = {
  readonly __typename?: 'Order';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly status: OrderStatus;
  readonly lines: ReadonlyArray<OrderLine>;
  /** Once it is confirmed. */
  readonly total?: Maybe<Money>;
  readonly delivery: Delivery;
  /** Why it was rejected or cancelled. */
  readonly reason?: Maybe<Scalars['String']['output']>;
  /** Once it is shipped. */
  readonly trackingId?: Maybe<Scalars['String']['output']>;
  readonly placedAt: Scalars['DateTime']['output'];
  readonly updatedAt: Scalars['DateTime']['output'];
};

export type OrderStatus =
  | 'PLACED'
  | 'CONFIRMED'
  | 'READY_FOR_PICKUP'
  | 'SHIPPED'
  | 'REJECTED'
  | 'CANCELLED';

/** How an order comes to the customer. */
export type Delivery =
  | 'PARCEL'
  /** It waits in the shop until it is collected. */
  | 'PICKUP';

/** A customer wants to buy something. */
export type OrderPlaced = {
  readonly __typename?: 'OrderPlaced';
  /** Chosen by the client. */
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly lines: ReadonlyArray<OrderLine>;
  readonly delivery?: Maybe<Delivery>;
  /** It was made of the customer's cart. */
  readonly fromCart?: Maybe<Scalars['Boolean']['output']>;
};

/** There is an order with this id already. */
export type OrderIdTaken = Refusal & {
  readonly __typename?: 'OrderIdTaken';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  /** Of the event that placed the second one. */
  readonly eventId: Scalars['ID']['output'];
  readonly reason: Scalars['String']['output'];
};

/** No order was made of the cart. */
export type CheckOutRefused = Refusal & {
  readonly __typename?: 'CheckOutRefused';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly code: CheckOutProblem;
  readonly reason: Scalars['String']['output'];
};

export type CheckOutProblem =
  /** An order is being made of it already. */
  | 'CART_CLOSED'
  | 'CART_EMPTY';

/** So many of a product are kept for the order. */
export type StockReserved = {
  readonly __typename?: 'StockReserved';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly sku: Scalars['ID']['output'];
  readonly quantity: Scalars['Int']['output'];
};

/** There is less of a product than was ordered. */
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
  /** The payment provider's name for it. */
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

/** The shop takes the order: its stock is reserved, and it is paid. */
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

/** The order came to nothing: nothing of it is reserved or paid any more. */
export type OrderRejected = Refusal & {
  readonly __typename?: 'OrderRejected';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly code: Rejection;
  readonly reason: Scalars['String']['output'];
  /** Where one product is the reason. */
  readonly sku?: Maybe<Scalars['ID']['output']>;
  readonly wanted?: Maybe<Scalars['Int']['output']>;
  readonly available?: Maybe<Scalars['Int']['output']>;
};

export type Rejection =
  | 'OUT_OF_STOCK'
  | 'PAYMENT_DECLINED'
  /** What was ordered does not go into a parcel. */
  | 'NOT_SHIPPABLE'
  | 'NO_LINES'
  | 'TOO_MANY_LINES'
  | 'INVALID_QUANTITY'
  | 'AMOUNT_TOO_LARGE'
  | 'CURRENCY_MISMATCH';

/** The customer does not want the order any more. */
export type CancelRequested = {
  readonly __typename?: 'CancelRequested';
  readonly orderId: Scalars['ID']['output'];
  readonly customerId: Scalars['ID']['output'];
  readonly reason?: Maybe<Scalars['String']['output']>;
};

/** The order will be cancelled: what is under way for it is undone first. */
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
  /** It came to nothing already. */
  | 'ALREADY_ENDED';

/** The order is cancelled: nothing of it is reserved or paid any more. */
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

/** There is less of a product than was ordered. */
export type OutOfStock = Refusal & {
  readonly __typename?: 'OutOfStock';
  readonly orderId: Scalars['ID']['output'];
  readonly sku: Scalars['ID']['output'];
  readonly wanted: Scalars['Int']['output'];
  readonly available: Scalars['Int']['output'];
  readonly reason: Scalars['String']['output'];
};

/** There is no product with this SKU. */
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

/** No lines, or too many of them. */
export type InvalidOrder = Refusal & {
  readonly __typename?: 'InvalidOrder';
  readonly code: Rejection;
  readonly reason: Scalars['String']['output'];
};

/** More than an amount of money can be. */
export type AmountTooLarge = Refusal & {
  readonly __typename?: 'AmountTooLarge';
  readonly reason: Scalars['String']['output'];
};

/** Prices in different currencies, or in another than was expected. */
export type CurrencyMismatch = Refusal & {
  readonly __typename?: 'CurrencyMismatch';
  readonly reason: Scalars['String']['output'];
};

/** What a customer is about to order. */
export type Cart = {
  readonly __typename?: 'Cart';
  readonly customerId: Scalars['ID']['output'];
  readonly lines: ReadonlyArray<OrderLine>;
  readonly total: Money;
  /** The order that is being made of it: until that is confirmed or has ended, the cart is closed. */
  readonly closedBy?: Maybe<Scalars['ID']['output']>;
};

/** A cart, after a change. */
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
  /** A quantity of 0 takes the product out. */
  readonly line: OrderLine;
};

/** Makes an order of a cart. */
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

/** So many of one product, each at this price. */
export type OrderLine = {
  readonly __typename?: 'OrderLine';
  readonly sku: Scalars['ID']['output'];
  readonly quantity: Scalars['Int']['output'];
  readonly unitPrice: Money;
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

/** How many there are of a product. */
export type StockLevel = {
  readonly __typename?: 'StockLevel';
  readonly sku: Scalars['ID']['output'];
  /** In the house, reserved or not. */
  readonly onHand: Scalars['Int']['output'];
  readonly reserved: Scalars['Int']['output'];
  /** What can still be ordered. */
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

/** What the shop tells a customer. */
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
  /** A name for the order that nobody else uses, such as a UUID. */
  readonly orderId: Scalars['ID']['input'];
  /** What is ordered: at least one line. */
  readonly lines: ReadonlyArray<OrderLineInput>;
  readonly delivery: Delivery;
  /** The currency that you mean to pay in (ISO 4217). */
  readonly currency?: InputMaybe<Scalars['String']['input']>;
};

/** So many of one product. */
export type OrderLineInput = {
  readonly sku: Scalars['ID']['input'];
  /** At least 1. */
  readonly quantity: Scalars['Int']['input'];
};

export type CheckOut = {
  /** A name for the order that nobody else uses, such as a UUID. */
  readonly orderId: Scalars['ID']['input'];
  readonly delivery: Delivery;
};

export type CancelOrder = {
  readonly orderId: Scalars['ID']['input'];
  /** Why, in your own words. */
  readonly reason?: InputMaybe<Scalars['String']['input']>;
};
