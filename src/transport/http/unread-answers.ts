import type { ServerResponse } from 'node:http';
import type { Metrics } from '../../observe/metrics.js';
import type { SlowClient, SlowClientMonitor } from '../delivery/slow-client-monitor.js';
import { WriteProgress } from '../delivery/write-progress.js';

/**
 * Whole answers that their clients have not read to the end (S4). They are bounded in time, by the monitor of slow
 * clients, and in bytes, together: above the limit, those that have been unread for longest are cut off, first of
 * all where nothing is being read. The newest stays, whatever its size.
 */
export class UnreadAnswers {
  readonly #limit: number;
  readonly #slowClients: SlowClientMonitor;
  readonly #metrics: Metrics;
  /** In the order in which they were written. */
  readonly #answers = new Map<ServerResponse, UnreadAnswer>();
  #bytes = 0;

  /** @param limit of the bytes of all of them */
  constructor(limit: number, slowClients: SlowClientMonitor, metrics: Metrics) {
    this.#limit = limit;
    this.#slowClients = slowClients;
    this.#metrics = metrics;
  }

  /**
   * Call it when an answer was written whole. Costs next to nothing when the operating system has accepted all of it.
   * @param held the bytes that are in memory for this answer alone; by default everything that is unread
   */
  watch(response: ServerResponse, held?: number): void {
    if (!response.writableEnded || response.writableLength === 0 || response.destroyed) return;
    const answer = new UnreadAnswer(response, held ?? response.writableLength);
    this.#answers.set(response, answer);
    this.#bytes += answer.pendingBytes;
    this.#slowClients.watch(answer);
    response.once('close', () => {
      this.#answers.delete(response);
      this.#bytes -= answer.pendingBytes;
      this.#slowClients.unwatch(answer);
    });
    this.#cutOff();
  }

  #cutOff(): void {
    let excess = this.#bytes - this.#limit;
    if (excess <= 0) return;
    const older = [...this.#answers.values()].slice(0, -1).filter((answer) => answer.pendingBytes > 0);
    const stalled = older.filter((answer) => !answer.isBeingRead());
    for (const answer of new Set([...stalled, ...older])) {
      if (excess <= 0) return;
      excess -= answer.pendingBytes;
      this.#metrics.slowDisconnects.inc({ why: 'bytes' });
      answer.terminate();
    }
  }
}

class UnreadAnswer implements SlowClient {
  readonly #response: ServerResponse;
  /** For the monitor. */
  readonly #progress: WriteProgress;
  /** For `isBeingRead`: each forgets what it has seen. */
  readonly #ownProgress: WriteProgress;

  constructor(
    response: ServerResponse,
    readonly pendingBytes: number,
  ) {
    this.#response = response;
    this.#progress = new WriteProgress(response.req.socket);
    this.#ownProgress = new WriteProgress(response.req.socket);
  }

  isBeingRead(): boolean {
    return this.#ownProgress.advanced();
  }

  madeProgress(): boolean {
    return this.#progress.advanced();
  }

  disconnect(): void {
    this.terminate();
  }

  terminate(): void {
    this.#response.req.socket.destroy();
  }
}
