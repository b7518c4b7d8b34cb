import type { Example } from 'millrace';

/** GraphiQL's tabs, in the order in which they are best tried: follow an order, place it, cancel it. */
export const EXAMPLES: readonly Example[] = [
  {
    title: 'Follow order-1: how it stands, and then each step. It ends when you leave this tab.',
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
    title: 'Place order-1. The answer comes once it is reserved and paid.',
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
      },
    },
  },
  {
    title: 'Order-1 as it stands',
    query: `query Order($orderId: ID!) {
  order(orderId: $orderId) { status lines { sku quantity } total { amount currency } reason updatedAt }
  stock(sku: "basket") { onHand reserved available }
}`,
    variables: { orderId: 'order-1' },
  },
  {
    title: 'Place order-2, to be picked up',
    query: `mutation PlaceOrder($input: PlaceOrder!) {
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
    title: 'Cancel order-2: what was paid and reserved comes back. Order-1 has left the shop.',
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
    title: 'Hand order-2 out, as staff (see Headers)',
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
