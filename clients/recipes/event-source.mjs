/** Follows placed orders with an EventSource and loses none: it sends the last id when it reconnects. */
export function followOrders(url, { show, failed }) {
  const query = 'subscription { ordersPlaced { orderId } }';
  // A first result with an id. Browsers need none, as they also take an id that comes without a result.
  const extensions = JSON.stringify({ startCursor: true });
  const source = new EventSource(`${url}?${new URLSearchParams({ query, extensions })}`);
  source.addEventListener('next', ({ data }) => {
    const result = JSON.parse(data);
    if (result.extensions?.cursor !== undefined) show(result);
    // An error that ends the stream. If it may be retried, the EventSource comes back by itself.
    else if (!result.errors[0].extensions.retry) failed(result.errors[0]);
  });
  return () => source.close();
}
