import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type MetricObject } from 'prom-client';
import { backoffMs, pause } from '../../core/async.js';
import type { Logger } from '../../observe/log.js';
import type { Metrics } from '../../observe/metrics.js';
import { FromWorker, type StartedWorker } from './messages.js';

/** How long a worker may take to send its metrics; after that, the sum is without them. */
const SCRAPE_TIMEOUT_MS = 5_000;
/** How often a replacement is tried before the primary gives up, with backoff in between. */
const MAX_RESTARTS = 10;

/**
 * The gateway processes of one port. This process is their primary: it starts them, replaces those that end,
 * and adds up their metrics. Each worker follows the fan-out independently.
 */
export class Workers implements AsyncDisposable {
  /** Rejects when a worker cannot be replaced. Never resolves. */
  readonly ended: Promise<never>;
  readonly #logger: Logger;
  readonly #own: Metrics | undefined;
  readonly #stop = new AbortController();
  readonly #pendingMetrics = new Map<number, (metrics: readonly MetricObject[]) => void>();
  #lastId = 0;
  #fail: (error: Error) => void = () => undefined;

  private constructor(logger: Logger, own: Metrics | undefined) {
    this.#logger = logger;
    this.#own = own;
    this.ended = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    this.ended.catch(() => undefined); // Handled by the caller, perhaps later.
  }

  /**
   * Resolves once all workers listen. The first one starts alone, so that a mistake is reported once.
   * @param own the metrics of the primary, which are added to the workers'
   * @throws {WorkerFailed} when the first worker ends before it listens
   */
  static async start(
    count: number,
    logger: Logger,
    own?: Metrics,
  ): Promise<{ readonly workers: Workers; readonly first: StartedWorker }> {
    const workers = new Workers(logger, own);
    try {
      const first = await workers.#launch();
      await Promise.all(Array.from({ length: count - 1 }, () => workers.#launch()));
      return { workers, first };
    } catch (error) {
      await workers[Symbol.asyncDispose]();
      throw error;
    }
  }

  #launch(): Promise<StartedWorker> {
    const worker = cluster.fork();
    return new Promise((resolve, reject) => {
      let started = false;
      worker.on('message', (raw: unknown) => {
        const message = FromWorker.parse(raw);
        switch (message.kind) {
          case 'started':
            started = true;
            return resolve(message);
          case 'scrape':
            return void this.#scrape(worker, message.id);
          case 'own-metrics':
            return this.#pendingMetrics.get(message.id)?.(message.metrics);
        }
      });
      worker.once('exit', (code, signal) => {
        if (this.#stop.signal.aborted) return;
        if (!started) reject(new WorkerFailed(code));
        else void this.#replace(worker, code ?? signal);
      });
    });
  }

  async #replace(ended: Worker, why: string | number): Promise<void> {
    this.#logger.error({ pid: ended.process.pid, why }, 'A worker ended. Starting a replacement.');
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      try {
        await pause(backoffMs(attempt), this.#stop.signal);
        if (this.#stop.signal.aborted) return;
        await this.#launch();
        return;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#logger.error({ err: error }, 'A worker could not be started. Retrying.');
        if (attempt === MAX_RESTARTS)
          return this.#fail(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  async #scrape(asking: Worker, id: number): Promise<void> {
    const parts = await Promise.all(running().map((worker) => this.#metricsOf(worker)));
    if (this.#own !== undefined) parts.push(await this.#own.registry.getMetricsAsJSON());
    const text = await AggregatorRegistry.aggregate(parts.filter((part) => part.length > 0)).metrics();
    if (asking.isConnected()) asking.send({ kind: 'all-metrics', id, text });
  }

  #metricsOf(worker: Worker): Promise<MetricObject[]> {
    const id = this.#lastId++;
    return new Promise((resolve) => {
      const done = (metrics: readonly MetricObject[]): void => {
        clearTimeout(late);
        this.#pendingMetrics.delete(id);
        resolve([...metrics]);
      };
      const late = setTimeout(() => done([]), SCRAPE_TIMEOUT_MS);
      this.#pendingMetrics.set(id, done);
      if (worker.isConnected()) worker.send({ kind: 'own-metrics', id });
      else done([]);
    });
  }

  /** Stops all workers, and waits until they have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('The workers are being stopped'));
    await Promise.all(
      running().map((worker) => {
        const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
        worker.process.kill('SIGTERM');
        return exited;
      }),
    );
  }
}

/** A worker ended before it listened. It has printed the reason itself. */
export class WorkerFailed extends Error {
  override readonly name = 'WorkerFailed';
  constructor(readonly exitCode: number) {
    super(`A worker ended with exit code ${exitCode} before it listened`);
  }
}

/** Whether this process was started by `Workers`. */
export const isWorker = (): boolean => cluster.isWorker;

function running(): Worker[] {
  return Object.values(cluster.workers ?? {}).flatMap((worker) => worker ?? []);
}
