/**
 * The ways in which clients get results of subscriptions: framings over one delivery (`delivery/`), with the same limits,
 * credentials and guarantees. By name, as in `TRANSPORTS`: what a client uses to choose it.
 */
const CHOSEN_BY = {
  'graphql-transport-ws': 'a WebSocket with the subprotocol graphql-transport-ws',
  'graphql-ws': 'a WebSocket with the subprotocol graphql-ws',
  sse: '`Accept: text/event-stream`',
  'sse-single': 'a shared event stream, reserved with PUT',
  multipart: '`Accept: multipart/mixed;subscriptionSpec=1.0`',
} as const;

export type Transport = keyof typeof CHOSEN_BY;

export const TRANSPORTS: readonly Transport[] = [
  'graphql-transport-ws',
  'graphql-ws',
  'sse',
  'sse-single',
  'multipart',
];

/** In words: what a client may use. */
export function choices(transports: Iterable<Transport>): string {
  return [...transports].map((transport) => CHOSEN_BY[transport]).join(', ');
}
