// Written by `npm run types` from the documents beside it; not to be edited.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
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

/** An amount of money. */
export type MoneyInput = {
  /** In the currency's minor unit, such as cents. */
  readonly amount: number;
  /** ISO 4217, such as EUR. */
  readonly currency: string;
};

export type CheckOut = {
  /** A unique id for the order, such as a UUID: up to 100 letters, digits and `. _ : -`. */
  readonly orderId: string;
  readonly delivery?: Delivery;
};

export type CatalogueQueryVariables = Exact<{ [key: string]: never; }>;


export type CatalogueQuery = { readonly catalogue: ReadonlyArray<{ readonly sku: string, readonly name: string, readonly description: string, readonly price: { readonly amount: number, readonly currency: string }, readonly stock: { readonly available: number, readonly onHand: number, readonly reserved: number } }> };

export type StockOfSubscriptionVariables = Exact<{
  sku: string;
  snapshot?: boolean | null | undefined;
}>;


export type StockOfSubscription = { readonly stockLevel: { readonly available: number, readonly onHand: number, readonly reserved: number } };

export type PriceOfSubscriptionVariables = Exact<{
  sku: string;
  snapshot?: boolean | null | undefined;
}>;


export type PriceOfSubscription = { readonly priceChanges:
    | { readonly __typename: 'Money', readonly amount: number, readonly currency: string }
    | { readonly __typename: 'ChangePrice' }
    | { readonly __typename: 'PriceChanged', readonly price: { readonly amount: number, readonly currency: string } }
    | { readonly __typename: 'PriceNotChanged' }
   };

export type CartLinesFragment = { readonly closedBy: string | null, readonly lines: ReadonlyArray<{ readonly sku: string, readonly quantity: number, readonly unitPrice: { readonly amount: number, readonly currency: string } }>, readonly total: { readonly amount: number, readonly currency: string } };

export type MyCartSubscriptionVariables = Exact<{
  snapshot?: boolean | null | undefined;
}>;


export type MyCartSubscription = { readonly cartChanges:
    | { readonly __typename: 'Cart', readonly closedBy: string | null, readonly lines: ReadonlyArray<{ readonly sku: string, readonly quantity: number, readonly unitPrice: { readonly amount: number, readonly currency: string } }>, readonly total: { readonly amount: number, readonly currency: string } }
    | { readonly __typename: 'CartChanged', readonly closedBy: string | null, readonly lines: ReadonlyArray<{ readonly sku: string, readonly quantity: number, readonly unitPrice: { readonly amount: number, readonly currency: string } }>, readonly total: { readonly amount: number, readonly currency: string } }
   };

export type SetCartLineMutationVariables = Exact<{
  sku: string;
  quantity: number;
}>;


export type SetCartLineMutation = { readonly setCartLine:
    | { readonly __typename: 'Cart' }
    | { readonly __typename: 'CartRefused', readonly reason: string }
    | { readonly __typename: 'UnknownProduct', readonly reason: string }
    | { readonly __typename: 'InvalidQuantity', readonly reason: string }
   };

export type CheckOutMutationVariables = Exact<{
  input: CheckOut;
}>;


export type CheckOutMutation = { readonly checkOut:
    | { readonly __typename: 'Order' }
    | { readonly __typename: 'OutOfStock', readonly reason: string }
    | { readonly __typename: 'PaymentDeclined', readonly reason: string }
    | { readonly __typename: 'OrderRejected', readonly reason: string }
    | { readonly __typename: 'OrderCancelled' }
    | { readonly __typename: 'OrderIdTaken', readonly reason: string }
    | { readonly __typename: 'UnknownProduct', readonly reason: string }
    | { readonly __typename: 'InvalidQuantity', readonly reason: string }
    | { readonly __typename: 'InvalidOrder', readonly reason: string }
    | { readonly __typename: 'AmountTooLarge', readonly reason: string }
    | { readonly __typename: 'CurrencyMismatch', readonly reason: string }
    | { readonly __typename: 'CheckOutRefused', readonly reason: string }
   };

export type CancelOrderMutationVariables = Exact<{
  orderId: string;
}>;


export type CancelOrderMutation = { readonly cancelOrder:
    | { readonly __typename: 'CancelAccepted' }
    | { readonly __typename: 'CancelRefused', readonly reason: string }
   };

export type FollowOrderSubscriptionVariables = Exact<{
  orderId: string;
  snapshot?: boolean | null | undefined;
}>;


export type FollowOrderSubscription = { readonly orderEvents:
    | { readonly __typename: 'Order', readonly orderId: string, readonly customerId: string, readonly status: OrderStatus, readonly delivery: Delivery, readonly placedAt: string, readonly trackingId: string | null, readonly reason: string | null, readonly lines: ReadonlyArray<{ readonly sku: string, readonly quantity: number, readonly unitPrice: { readonly amount: number, readonly currency: string } }>, readonly total: { readonly amount: number, readonly currency: string } | null, readonly steps: ReadonlyArray<{ readonly id: string, readonly type: string, readonly time: string, readonly sku: string | null, readonly reason: string | null }> | null }
    | { readonly __typename: 'OrderPlaced', readonly orderId: string, readonly customerId: string, readonly placedDelivery: Delivery | null, readonly lines: ReadonlyArray<{ readonly sku: string, readonly quantity: number, readonly unitPrice: { readonly amount: number, readonly currency: string } }> }
    | { readonly __typename: 'StockReserved', readonly sku: string }
    | { readonly __typename: 'StockRefused', readonly sku: string }
    | { readonly __typename: 'PaymentCharged' }
    | { readonly __typename: 'PaymentDeclined', readonly refusal: string }
    | { readonly __typename: 'PaymentRefunded' }
    | { readonly __typename: 'OrderConfirmed' }
    | { readonly __typename: 'ReadyForPickup' }
    | { readonly __typename: 'CancelRequested' }
    | { readonly __typename: 'OrderShipped', readonly shippedTrackingId: string }
    | { readonly __typename: 'CancelAccepted' }
    | { readonly __typename: 'CancelRefused', readonly refusal: string }
    | { readonly __typename: 'OrderRejected', readonly refusal: string }
    | { readonly __typename: 'OrderCancelled', readonly cancelReason: string | null }
   };

export type ListedOrderFragment = { readonly orderId: string, readonly customerId: string, readonly status: OrderStatus, readonly delivery: Delivery, readonly placedAt: string, readonly lines: ReadonlyArray<{ readonly sku: string, readonly quantity: number, readonly unitPrice: { readonly amount: number, readonly currency: string } }>, readonly total: { readonly amount: number, readonly currency: string } | null };

type OrderChange_OrderList_Fragment = { readonly __typename: 'OrderList', readonly orders: ReadonlyArray<{ readonly orderId: string, readonly customerId: string, readonly status: OrderStatus, readonly delivery: Delivery, readonly placedAt: string, readonly lines: ReadonlyArray<{ readonly sku: string, readonly quantity: number, readonly unitPrice: { readonly amount: number, readonly currency: string } }>, readonly total: { readonly amount: number, readonly currency: string } | null }> };

type OrderChange_OrderPlaced_Fragment = { readonly __typename: 'OrderPlaced', readonly orderId: string, readonly customerId: string, readonly placedDelivery: Delivery | null, readonly lines: ReadonlyArray<{ readonly sku: string, readonly quantity: number, readonly unitPrice: { readonly amount: number, readonly currency: string } }> };

type OrderChange_OrderConfirmed_Fragment = { readonly __typename: 'OrderConfirmed', readonly orderId: string };

type OrderChange_ReadyForPickup_Fragment = { readonly __typename: 'ReadyForPickup', readonly orderId: string };

type OrderChange_OrderShipped_Fragment = { readonly __typename: 'OrderShipped', readonly orderId: string };

type OrderChange_OrderRejected_Fragment = { readonly __typename: 'OrderRejected', readonly orderId: string };

type OrderChange_OrderCancelled_Fragment = { readonly __typename: 'OrderCancelled', readonly orderId: string };

type OrderChange_OrderIdTaken_Fragment = { readonly __typename: 'OrderIdTaken', readonly orderId: string, readonly eventId: string };

export type OrderChangeFragment =
  | OrderChange_OrderList_Fragment
  | OrderChange_OrderPlaced_Fragment
  | OrderChange_OrderConfirmed_Fragment
  | OrderChange_ReadyForPickup_Fragment
  | OrderChange_OrderShipped_Fragment
  | OrderChange_OrderRejected_Fragment
  | OrderChange_OrderCancelled_Fragment
  | OrderChange_OrderIdTaken_Fragment
;

export type MyOrdersSubscriptionVariables = Exact<{
  snapshot?: boolean | null | undefined;
}>;


export type MyOrdersSubscription = { readonly myOrderChanges:
    | { readonly __typename: 'OrderList', readonly orders: ReadonlyArray<{ readonly orderId: string, readonly customerId: string, readonly status: OrderStatus, readonly delivery: Delivery, readonly placedAt: string, readonly lines: ReadonlyArray<{ readonly sku: string, readonly quantity: number, readonly unitPrice: { readonly amount: number, readonly currency: string } }>, readonly total: { readonly amount: number, readonly currency: string } | null }> }
    | { readonly __typename: 'OrderPlaced', readonly orderId: string, readonly customerId: string, readonly placedDelivery: Delivery | null, readonly lines: ReadonlyArray<{ readonly sku: string, readonly quantity: number, readonly unitPrice: { readonly amount: number, readonly currency: string } }> }
    | { readonly __typename: 'OrderConfirmed', readonly orderId: string }
    | { readonly __typename: 'ReadyForPickup', readonly orderId: string }
    | { readonly __typename: 'OrderShipped', readonly orderId: string }
    | { readonly __typename: 'OrderRejected', readonly orderId: string }
    | { readonly __typename: 'OrderCancelled', readonly orderId: string }
    | { readonly __typename: 'OrderIdTaken', readonly orderId: string, readonly eventId: string }
   };

export type OrderBoardSubscriptionVariables = Exact<{
  snapshot?: boolean | null | undefined;
}>;


export type OrderBoardSubscription = { readonly orderBoard:
    | { readonly __typename: 'OrderList', readonly orders: ReadonlyArray<{ readonly orderId: string, readonly customerId: string, readonly status: OrderStatus, readonly delivery: Delivery, readonly placedAt: string, readonly lines: ReadonlyArray<{ readonly sku: string, readonly quantity: number, readonly unitPrice: { readonly amount: number, readonly currency: string } }>, readonly total: { readonly amount: number, readonly currency: string } | null }> }
    | { readonly __typename: 'OrderPlaced', readonly orderId: string, readonly customerId: string, readonly placedDelivery: Delivery | null, readonly lines: ReadonlyArray<{ readonly sku: string, readonly quantity: number, readonly unitPrice: { readonly amount: number, readonly currency: string } }> }
    | { readonly __typename: 'OrderConfirmed', readonly orderId: string }
    | { readonly __typename: 'ReadyForPickup', readonly orderId: string }
    | { readonly __typename: 'OrderShipped', readonly orderId: string }
    | { readonly __typename: 'OrderRejected', readonly orderId: string }
    | { readonly __typename: 'OrderCancelled', readonly orderId: string }
    | { readonly __typename: 'OrderIdTaken', readonly orderId: string, readonly eventId: string }
   };

export type NotificationsSubscriptionVariables = Exact<{
  since?: string | null | undefined;
}>;


export type NotificationsSubscription = { readonly notifications: { readonly orderId: string, readonly text: string } };

export type AddStockMutationVariables = Exact<{
  sku: string;
  quantity: number;
}>;


export type AddStockMutation = { readonly addStock:
    | { readonly __typename: 'StockLevel' }
    | { readonly __typename: 'StockNotAdded', readonly reason: string }
    | { readonly __typename: 'UnknownProduct', readonly reason: string }
    | { readonly __typename: 'InvalidQuantity', readonly reason: string }
   };

export type ChangePriceMutationVariables = Exact<{
  sku: string;
  price: MoneyInput;
}>;


export type ChangePriceMutation = { readonly changePrice:
    | { readonly __typename: 'PriceChanged' }
    | { readonly __typename: 'PriceNotChanged', readonly reason: string }
   };

export type HandOutMutationVariables = Exact<{
  orderId: string;
}>;


export type HandOutMutation = { readonly collectOrder:
    | { readonly __typename: 'OrderShipped' }
    | { readonly __typename: 'CollectRefused', readonly reason: string }
   };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const CartLinesFragmentDoc = new TypedDocumentString(`
    fragment CartLines on Cart {
  lines {
    sku
    quantity
    unitPrice {
      amount
      currency
    }
  }
  total {
    amount
    currency
  }
  closedBy
}
    `, {"fragmentName":"CartLines"}) as unknown as TypedDocumentString<CartLinesFragment, unknown>;
export const ListedOrderFragmentDoc = new TypedDocumentString(`
    fragment ListedOrder on Order {
  orderId
  customerId
  status
  delivery
  placedAt
  lines {
    sku
    quantity
    unitPrice {
      amount
      currency
    }
  }
  total {
    amount
    currency
  }
}
    `, {"fragmentName":"ListedOrder"}) as unknown as TypedDocumentString<ListedOrderFragment, unknown>;
export const OrderChangeFragmentDoc = new TypedDocumentString(`
    fragment OrderChange on OrderListEvent {
  __typename
  ... on OrderList {
    orders {
      ...ListedOrder
    }
  }
  ... on OrderPlaced {
    orderId
    customerId
    placedDelivery: delivery
    lines {
      sku
      quantity
      unitPrice {
        amount
        currency
      }
    }
  }
  ... on OrderConfirmed {
    orderId
  }
  ... on ReadyForPickup {
    orderId
  }
  ... on OrderShipped {
    orderId
  }
  ... on OrderRejected {
    orderId
  }
  ... on OrderCancelled {
    orderId
  }
  ... on OrderIdTaken {
    orderId
    eventId
  }
}
    fragment ListedOrder on Order {
  orderId
  customerId
  status
  delivery
  placedAt
  lines {
    sku
    quantity
    unitPrice {
      amount
      currency
    }
  }
  total {
    amount
    currency
  }
}`, {"fragmentName":"OrderChange"}) as unknown as TypedDocumentString<OrderChangeFragment, unknown>;
export const CatalogueDocument = new TypedDocumentString(`
    query Catalogue {
  catalogue {
    sku
    name
    description
    price {
      amount
      currency
    }
    stock {
      available
      onHand
      reserved
    }
  }
}
    `) as unknown as TypedDocumentString<CatalogueQuery, CatalogueQueryVariables>;
export const StockOfDocument = new TypedDocumentString(`
    subscription StockOf($sku: ID!, $snapshot: Boolean) {
  stockLevel(sku: $sku, snapshot: $snapshot) {
    available
    onHand
    reserved
  }
}
    `) as unknown as TypedDocumentString<StockOfSubscription, StockOfSubscriptionVariables>;
export const PriceOfDocument = new TypedDocumentString(`
    subscription PriceOf($sku: ID!, $snapshot: Boolean) {
  priceChanges(sku: $sku, snapshot: $snapshot) {
    __typename
    ... on Money {
      amount
      currency
    }
    ... on PriceChanged {
      price {
        amount
        currency
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PriceOfSubscription, PriceOfSubscriptionVariables>;
export const MyCartDocument = new TypedDocumentString(`
    subscription MyCart($snapshot: Boolean) {
  cartChanges(snapshot: $snapshot) {
    __typename
    ...CartLines
    ... on CartChanged {
      lines {
        sku
        quantity
        unitPrice {
          amount
          currency
        }
      }
      total {
        amount
        currency
      }
      closedBy
    }
  }
}
    fragment CartLines on Cart {
  lines {
    sku
    quantity
    unitPrice {
      amount
      currency
    }
  }
  total {
    amount
    currency
  }
  closedBy
}`) as unknown as TypedDocumentString<MyCartSubscription, MyCartSubscriptionVariables>;
export const SetCartLineDocument = new TypedDocumentString(`
    mutation SetCartLine($sku: ID!, $quantity: Int!) {
  setCartLine(sku: $sku, quantity: $quantity) {
    __typename
    ... on Refusal {
      reason
    }
  }
}
    `) as unknown as TypedDocumentString<SetCartLineMutation, SetCartLineMutationVariables>;
export const CheckOutDocument = new TypedDocumentString(`
    mutation CheckOut($input: CheckOut!) {
  checkOut(input: $input) {
    __typename
    ... on Refusal {
      reason
    }
  }
}
    `) as unknown as TypedDocumentString<CheckOutMutation, CheckOutMutationVariables>;
export const CancelOrderDocument = new TypedDocumentString(`
    mutation CancelOrder($orderId: ID!) {
  cancelOrder(input: {orderId: $orderId}) {
    __typename
    ... on Refusal {
      reason
    }
  }
}
    `) as unknown as TypedDocumentString<CancelOrderMutation, CancelOrderMutationVariables>;
export const FollowOrderDocument = new TypedDocumentString(`
    subscription FollowOrder($orderId: ID!, $snapshot: Boolean) {
  orderEvents(orderId: $orderId, snapshot: $snapshot) {
    __typename
    ... on Order {
      orderId
      customerId
      status
      delivery
      placedAt
      trackingId
      reason
      lines {
        sku
        quantity
        unitPrice {
          amount
          currency
        }
      }
      total {
        amount
        currency
      }
      steps {
        id
        type
        time
        sku
        reason
      }
    }
    ... on OrderPlaced {
      orderId
      customerId
      placedDelivery: delivery
      lines {
        sku
        quantity
        unitPrice {
          amount
          currency
        }
      }
    }
    ... on StockReserved {
      sku
    }
    ... on StockRefused {
      sku
    }
    ... on OrderShipped {
      shippedTrackingId: trackingId
    }
    ... on Refusal {
      refusal: reason
    }
    ... on OrderCancelled {
      cancelReason: reason
    }
  }
}
    `) as unknown as TypedDocumentString<FollowOrderSubscription, FollowOrderSubscriptionVariables>;
export const MyOrdersDocument = new TypedDocumentString(`
    subscription MyOrders($snapshot: Boolean) {
  myOrderChanges(snapshot: $snapshot) {
    ...OrderChange
  }
}
    fragment ListedOrder on Order {
  orderId
  customerId
  status
  delivery
  placedAt
  lines {
    sku
    quantity
    unitPrice {
      amount
      currency
    }
  }
  total {
    amount
    currency
  }
}
fragment OrderChange on OrderListEvent {
  __typename
  ... on OrderList {
    orders {
      ...ListedOrder
    }
  }
  ... on OrderPlaced {
    orderId
    customerId
    placedDelivery: delivery
    lines {
      sku
      quantity
      unitPrice {
        amount
        currency
      }
    }
  }
  ... on OrderConfirmed {
    orderId
  }
  ... on ReadyForPickup {
    orderId
  }
  ... on OrderShipped {
    orderId
  }
  ... on OrderRejected {
    orderId
  }
  ... on OrderCancelled {
    orderId
  }
  ... on OrderIdTaken {
    orderId
    eventId
  }
}`) as unknown as TypedDocumentString<MyOrdersSubscription, MyOrdersSubscriptionVariables>;
export const OrderBoardDocument = new TypedDocumentString(`
    subscription OrderBoard($snapshot: Boolean) {
  orderBoard(snapshot: $snapshot) {
    ...OrderChange
  }
}
    fragment ListedOrder on Order {
  orderId
  customerId
  status
  delivery
  placedAt
  lines {
    sku
    quantity
    unitPrice {
      amount
      currency
    }
  }
  total {
    amount
    currency
  }
}
fragment OrderChange on OrderListEvent {
  __typename
  ... on OrderList {
    orders {
      ...ListedOrder
    }
  }
  ... on OrderPlaced {
    orderId
    customerId
    placedDelivery: delivery
    lines {
      sku
      quantity
      unitPrice {
        amount
        currency
      }
    }
  }
  ... on OrderConfirmed {
    orderId
  }
  ... on ReadyForPickup {
    orderId
  }
  ... on OrderShipped {
    orderId
  }
  ... on OrderRejected {
    orderId
  }
  ... on OrderCancelled {
    orderId
  }
  ... on OrderIdTaken {
    orderId
    eventId
  }
}`) as unknown as TypedDocumentString<OrderBoardSubscription, OrderBoardSubscriptionVariables>;
export const NotificationsDocument = new TypedDocumentString(`
    subscription Notifications($since: DateTime) {
  notifications(since: $since) {
    orderId
    text
  }
}
    `) as unknown as TypedDocumentString<NotificationsSubscription, NotificationsSubscriptionVariables>;
export const AddStockDocument = new TypedDocumentString(`
    mutation AddStock($sku: ID!, $quantity: Int!) {
  addStock(sku: $sku, quantity: $quantity) {
    __typename
    ... on Refusal {
      reason
    }
  }
}
    `) as unknown as TypedDocumentString<AddStockMutation, AddStockMutationVariables>;
export const ChangePriceDocument = new TypedDocumentString(`
    mutation ChangePrice($sku: ID!, $price: MoneyInput!) {
  changePrice(sku: $sku, price: $price) {
    __typename
    ... on Refusal {
      reason
    }
  }
}
    `) as unknown as TypedDocumentString<ChangePriceMutation, ChangePriceMutationVariables>;
export const HandOutDocument = new TypedDocumentString(`
    mutation HandOut($orderId: ID!) {
  collectOrder(orderId: $orderId) {
    __typename
    ... on Refusal {
      reason
    }
  }
}
    `) as unknown as TypedDocumentString<HandOutMutation, HandOutMutationVariables>;
