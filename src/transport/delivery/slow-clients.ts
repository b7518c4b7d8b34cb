import type { Metrics } from '../../observe/metrics.js';

/** One client, as far as it matters here. */
export interface SlowClient {
  /** Bytes that wait for it. */
  readonly waiting: number;
  /** Whether the system has taken bytes for it since this was last asked. */
  moved(): boolean;
  /** Tells it why, as far as its transport can, and ends its subscriptions. */
  end(): void;
  /** Ends the connection at once. */
  cutOff(): void;
}

interface Watched {
  /** When the system last took bytes for it, as far as was looked. */
  movedAt: number;
  ended: boolean;
}

/** How often they are looked at, in milliseconds, unless the time-out asks for more. */
const LOOK = 1_000;

/**
 * The clients of a node for which more than the high-water mark waits. One that takes nothing for the
 * time-out is ended, and cut off when it does not take that either (D8): its memory is not its own to keep.
 * One timer for all of them, and nothing for a client that reads.
 */
export class SlowClients implements Disposable {
  readonly #timeout: number;
  readonly #metrics: Metrics;
  readonly #now: () => number;
  readonly #watched = new Map<SlowClient, Watched>();
  readonly #timer: NodeJS.Timeout;

  /**
   * @param timeout in milliseconds
   * @param now a clock that is never set, in milliseconds
   */
  constructor(timeout: number, metrics: Metrics, now: () => number = () => performance.now()) {
    this.#timeout = timeout;
    this.#metrics = metrics;
    this.#now = now;
    metrics.slowBytesNow = () => this.#bytes();
    this.#timer = setInterval(() => this.look(), Math.min(LOOK, timeout / 4));
    this.#timer.unref();
  }

  add(client: SlowClient): void {
    if (this.#watched.has(client)) return;
    client.moved();
    this.#watched.set(client, { movedAt: this.#now(), ended: false });
    this.#metrics.slowClients.set(this.#watched.size);
  }

  /** It has taken what waited, or is gone. */
  delete(client: SlowClient): void {
    if (this.#watched.delete(client)) this.#metrics.slowClients.set(this.#watched.size);
  }

  /** Ends those that took nothing for too long. */
  look(): void {
    const now = this.#now();
    for (const [client, watched] of this.#watched) {
      if (client.moved()) watched.movedAt = now;
      else if (watched.ended) client.cutOff();
      else if (now - watched.movedAt >= this.#timeout) {
        watched.ended = true;
        this.#metrics.slowDisconnects.inc({ why: 'timeout' });
        client.end();
      }
    }
  }

  #bytes(): number {
    let bytes = 0;
    for (const client of this.#watched.keys()) bytes += client.waiting;
    return bytes;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#watched.clear();
    this.#metrics.slowClients.set(0);
  }
}
