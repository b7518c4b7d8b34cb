import type { Metrics } from '../../observe/metrics.js';
import { FromPrimary, type StartedWorker } from './messages.js';

/** The worker's side of the channel, in a process that `Workers` started. Disposing closes the channel. */
export class WorkerSide implements Disposable {
  readonly #pendingScrapes = new Map<number, (text: string) => void>();
  #lastId = 0;

  constructor(metrics: Metrics) {
    process.on('message', (raw) => {
      const message = FromPrimary.parse(raw);
      if (message.kind === 'all-metrics') this.#pendingScrapes.get(message.id)?.(message.text);
      else void this.#answer(message.id, metrics);
    });
  }

  /** Reports that this worker listens. */
  started(worker: StartedWorker): void {
    process.send?.({ kind: 'started', ...worker });
  }

  /** The metrics of all workers and their primary, in Prometheus's text format. */
  scrape(): Promise<string> {
    const id = this.#lastId++;
    return new Promise((resolve) => {
      this.#pendingScrapes.set(id, (text) => {
        this.#pendingScrapes.delete(id);
        resolve(text);
      });
      process.send?.({ kind: 'scrape', id });
    });
  }

  /** An open channel would keep the process alive. */
  [Symbol.dispose](): void {
    process.disconnect?.();
  }

  async #answer(id: number, metrics: Metrics): Promise<void> {
    process.send?.({ kind: 'own-metrics', id, metrics: await metrics.registry.getMetricsAsJSON() });
  }
}
