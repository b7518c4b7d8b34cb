import type { Metrics } from '../../observe/metrics.js';

/** A client, as far as the monitor needs it. */
export interface SlowClient {
  /** Bytes that this node holds for it. */
  readonly pendingBytes: number;
  /** Whether the operating system has accepted bytes for it since the last call. */
  madeProgress(): boolean;
  /** Ends its subscriptions, and tells it why as far as its transport can. */
  disconnect(): void;
  /** Destroys the connection without waiting for the client. */
  terminate(): void;
}

interface Watch {
  /** The time of the last check that saw progress, by the monitor's clock. */
  progressAt: number;
  disconnected: boolean;
}

const CHECK_INTERVAL_MS = 1_000;

/**
 * The clients of a node that are above the high-water mark. A client that reads nothing for the time-out is
 * disconnected, and terminated if it does not read the reason either (D8): it may not hold the node's memory
 * for ever. One timer serves all of them, and a client that reads costs nothing.
 */
export class SlowClientMonitor implements Disposable {
  readonly #timeoutMs: number;
  readonly #metrics: Metrics;
  readonly #now: () => number;
  readonly #watched = new Map<SlowClient, Watch>();
  readonly #timer: NodeJS.Timeout;

  /** @param now a monotonic clock, in milliseconds */
  constructor(timeoutMs: number, metrics: Metrics, now: () => number = () => performance.now()) {
    this.#timeoutMs = timeoutMs;
    this.#metrics = metrics;
    this.#now = now;
    metrics.slowBytesNow = () => this.#pendingBytes();
    this.#timer = setInterval(() => this.check(), Math.min(CHECK_INTERVAL_MS, timeoutMs / 4));
    this.#timer.unref();
  }

  watch(client: SlowClient): void {
    if (this.#watched.has(client)) return;
    client.madeProgress(); // Forgets what it read before.
    this.#watched.set(client, { progressAt: this.#now(), disconnected: false });
    this.#metrics.slowClients.set(this.#watched.size);
  }

  /** Call it when the client has read its backlog, or is gone. */
  unwatch(client: SlowClient): void {
    if (this.#watched.delete(client)) this.#metrics.slowClients.set(this.#watched.size);
  }

  /** Disconnects the clients that have not read for too long. */
  check(): void {
    const now = this.#now();
    for (const [client, watch] of this.#watched) {
      if (client.madeProgress()) watch.progressAt = now;
      else if (watch.disconnected) client.terminate();
      else if (now - watch.progressAt >= this.#timeoutMs) {
        watch.disconnected = true;
        this.#metrics.slowDisconnects.inc({ why: 'timeout' });
        client.disconnect();
      }
    }
  }

  #pendingBytes(): number {
    let bytes = 0;
    for (const client of this.#watched.keys()) bytes += client.pendingBytes;
    return bytes;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#watched.clear();
    this.#metrics.slowClients.set(0);
  }
}
