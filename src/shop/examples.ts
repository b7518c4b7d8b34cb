import type { Example } from 'millrace';

/** GraphiQL's tabs, in the order in which they are best tried: follow an order, place it, cancel it. */
export const EXAMPLES: readonly Example[] = [
  {
    title: 'Follow order-1. It ends when you leave this tab.',
    query: `subscription FollowOrder($orderId: ID!) {
  orderEvents(orderId: $orderId) {
    __typename
    ... on OrderPlaced { lines { sku quantity } }
    ... on OrderConfirmed { total { amount currency } }
    ... on OrderRejected { rejectedBecause: reason }
    ... on OrderCancelled { cancelledBecause: reason }
  }
}`,
    variables: { orderId: 'order-1' },
  },
  {
    title: 'Place order-1',
    query: `mutation PlaceOrder($input: PlaceOrder!) {
  placeOrder(input: $input) { eventId topic partition offset correlationId time }
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
    title: 'Cancel order-1',
    query: `mutation CancelOrder($input: CancelOrder!) {
  cancelOrder(input: $input) { eventId offset }
}`,
    variables: { input: { orderId: 'order-1', reason: 'The neighbours had flour.' } },
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
];
