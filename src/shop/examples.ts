// The example operations that GraphiQL opens with.
import type { Example } from 'millrace';

/** GraphiQL's tabs, in the order in which to try them: follow an order, place it, cancel it. */
export const EXAMPLES: readonly Example[] = [
  {
    title: 'Follow order-1: its current state, and then each step. Results (on the left) keeps all of them.',
    query: `subscription FollowOrder($orderId: ID!) {
  orderEvents(orderId: $orderId, snapshot: true) {
    __typename
    ... on Order { status }
    ... on OrderPlaced { lines { sku quantity } }
    ... on StockReserved { sku quantity }
    ... on StockRefused { sku wanted available }
    ... on PaymentCharged { amount { amount currency } }
    ... on OrderConfirmed { total { amount currency } }
    ... on OrderShipped { trackingId }
    ... on OrderRejected { rejectedBecause: reason }
    ... on OrderCancelled { cancelledBecause: reason }
  }
}`,
    variables: { orderId: 'order-1' },
  },
  {
    title: 'Place order-1. The response arrives when its stock is reserved and it is paid.',
    query: `mutation PlaceOrder($input: PlaceOrder!) {
  placeOrder(input: $input) {
    __typename
    ... on Order { orderId status total { amount currency } }
    ... on OutOfStock { sku available }
    ... on Refusal { reason }
  }
}`,
    variables: {
      input: {
        orderId: 'order-1',
        lines: [
          { sku: 'flour-rye', quantity: 2 },
          { sku: 'basket', quantity: 1 },
        ],
        // Has a default, but GraphiQL underlines variables that leave out a field whose type ends in `!`.
        delivery: 'PARCEL',
      },
    },
  },
  {
    title: 'The current state of order-1',
    query: `query Order($orderId: ID!) {
  order(orderId: $orderId) { status lines { sku quantity } total { amount currency } reason updatedAt }
  stock(sku: "basket") { onHand reserved available }
}`,
    variables: { orderId: 'order-1' },
  },
  {
    title: 'Place order-2, for pickup',
    query: `mutation PlaceOrderForPickup($input: PlaceOrder!) {
  placeOrder(input: $input) {
    __typename
    ... on Order { orderId status }
    ... on Refusal { reason }
  }
}`,
    variables: {
      input: { orderId: 'order-2', lines: [{ sku: 'sourdough', quantity: 1 }], delivery: 'PICKUP' },
    },
  },
  {
    title: 'Cancel order-2: its payment is refunded and its stock released. Order-1 has shipped already.',
    query: `mutation CancelOrder($input: CancelOrder!) {
  cancelOrder(input: $input) {
    __typename
    ... on Refusal { reason }
  }
}`,
    variables: { input: { orderId: 'order-2', reason: 'The neighbours had some.' } },
  },
  {
    title: 'Catalogue',
    query: `query Catalogue {
  catalogue { sku name description price { amount currency } }
}`,
  },
  {
    title: 'All orders, as staff (see Headers)',
    query: `subscription OrdersPlaced {
  ordersPlaced { orderId customerId lines { sku quantity } }
}`,
    headers: { Authorization: 'Demo staff' },
  },
  {
    title: 'Hand out order-2, as staff (see Headers)',
    query: `mutation CollectOrder($orderId: ID!) {
  collectOrder(orderId: $orderId) {
    __typename
    ... on OrderShipped { trackingId }
    ... on Refusal { reason }
  }
}`,
    variables: { orderId: 'order-2' },
    headers: { Authorization: 'Demo staff' },
  },
];
