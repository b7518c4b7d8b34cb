/** The share of a node that one client may use (S4). The settings and their defaults are in `node/config.ts`. */
export interface TransportLimits {
  /** Bytes of one request body or one WebSocket message. */
  readonly bodyBytes: number;
  /** Operations that run at the same time on one WebSocket. */
  readonly operationsPerConnection: number;
  /** WebSockets, event streams and requests that are open at the same time on this node. */
  readonly connections: number;
  /** Bytes that may be pending for one client before its subscriptions stop sending and fall behind (D8). */
  readonly highWaterMark: number;
  /** Bytes of whole answers that their clients have not read yet, on this node together. */
  readonly unreadBytes: number;
  /** Milliseconds that a client above the high-water mark may go without reading before it is disconnected (D8). */
  readonly slowTimeout: number;
}
