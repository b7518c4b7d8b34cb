/** Follows placed orders with an EventSource and loses none: a browser sends the last id when it reconnects. */
export function followOrders(url, { show, failed }) {
  const query = 'subscription { ordersPlaced { orderId } }';
  const source = new EventSource(`${url}?${new URLSearchParams({ query })}`);
  source.addEventListener('next', ({ data }) => {
    const result = JSON.parse(data);
    const [error] = result.errors ?? [];
    // An error without a cursor is not a result. The gateway lets the EventSource come back if it may be retried.
    if (error === undefined || result.extensions?.cursor !== undefined) show(result);
    else if (!error.extensions.retry) failed(error);
  });
  return () => source.close();
}
