interface Result {
  readonly data: { readonly ordersPlaced: { readonly orderId: string } } | null;
}
interface Failure {
  readonly extensions: { readonly code: string };
}

/** @returns what ends it */
export function followOrders(
  url: string,
  on: { readonly show: (result: Result) => void; readonly failed: (error: Failure) => void },
): () => void;
