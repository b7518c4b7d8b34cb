import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type MetricObject } from 'prom-client';
import { z } from 'zod';
import { backoffMs, pause } from '../core/async.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';

/**
 * Gateways on several cores: processes that share one port, and a primary that starts them, starts those
 * anew that end, and adds their metrics up. Each follows the fan-out for itself.
 */

/** What a worker tells its primary. */
const FromWorker = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started'), url: z.string(), lines: z.array(z.string()) }),
  /** Somebody asks this worker for the metrics of all. */
  z.object({ kind: z.literal('scrape'), id: z.number() }),
  /** Its own, as the primary asked. prom-client made them, and reads them again. */
  z.object({ kind: z.literal('own-metrics'), id: z.number(), metrics: z.array(z.custom<MetricObject>()) }),
]);
/** What the primary tells a worker. */
const FromPrimary = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('own-metrics'), id: z.number() }),
  z.object({ kind: z.literal('all-metrics'), id: z.number(), text: z.string() }),
]);

/** How long a worker may take to say its metrics: one that does not is left out. */
const SCRAPE_WITHIN = 5_000;

export interface StartedWorker {
  readonly url: string;
  readonly lines: readonly string[];
}

/** The workers of this process, which is their primary. */
export class Workers implements AsyncDisposable {
  /** Rejects when a worker ends before it has ever run: the next one would too. */
  readonly ended: Promise<never>;
  readonly #logger: Logger;
  readonly #own: Metrics | undefined;
  readonly #stop = new AbortController();
  readonly #waiting = new Map<number, (metrics: readonly MetricObject[]) => void>();
  #asked = 0;
  #fail: (error: Error) => void = () => undefined;

  private constructor(logger: Logger, own: Metrics | undefined) {
    this.#logger = logger;
    this.#own = own;
    this.ended = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    this.ended.catch(() => undefined); // Whoever runs them looks at it.
  }

  /**
   * Resolves once all of them listen. The first one is started alone, so that what is wrong is told once.
   * @param own the metrics of the primary, which are added to the workers'
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

  /** The processes that run. */
  get pids(): readonly number[] {
    return running().flatMap(({ process }) => process.pid ?? []);
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
            return this.#waiting.get(message.id)?.(message.metrics);
        }
      });
      worker.once('exit', (code, signal) => {
        if (this.#stop.signal.aborted) return;
        if (!started) reject(new WorkerFailed(code));
        else void this.#replace(worker, code ?? signal);
      });
    });
  }

  async #replace(gone: Worker, why: string | number): Promise<void> {
    this.#logger.error({ pid: gone.process.pid, why }, 'a worker ended; another one takes its place');
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      try {
        await pause(backoffMs(attempt), this.#stop.signal);
        if (this.#stop.signal.aborted) return;
        await this.#launch();
        return;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#logger.error({ err: error }, 'a worker could not be started; it is tried again');
        if (attempt === 10) return this.#fail(error instanceof Error ? error : new Error(String(error)));
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
    const id = this.#asked++;
    return new Promise((resolve) => {
      const done = (metrics: readonly MetricObject[]): void => {
        clearTimeout(late);
        this.#waiting.delete(id);
        resolve([...metrics]);
      };
      const late = setTimeout(() => done([]), SCRAPE_WITHIN);
      this.#waiting.set(id, done);
      if (worker.isConnected()) worker.send({ kind: 'own-metrics', id });
      else done([]);
    });
  }

  /** Tells all of them to stop, and waits until they have. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('The workers are stopped'));
    await Promise.all(
      running().map((worker) => {
        const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
        worker.process.kill('SIGTERM');
        return gone;
      }),
    );
  }
}

/** The first worker ended before it ran; it has said why. */
export class WorkerFailed extends Error {
  override readonly name = 'WorkerFailed';
  constructor(readonly exitCode: number) {
    super(`A worker ended with ${exitCode} before it ran`);
  }
}

/** The worker's side, in a process that `Workers` started. Disposing lets go of the primary. */
export class WorkerSide implements Disposable {
  readonly #waiting = new Map<number, (text: string) => void>();
  #asked = 0;

  constructor(metrics: Metrics) {
    process.on('message', (raw) => {
      const message = FromPrimary.parse(raw);
      if (message.kind === 'all-metrics') this.#waiting.get(message.id)?.(message.text);
      else void this.#answer(message.id, metrics);
    });
  }

  /** It listens. */
  started(worker: StartedWorker): void {
    process.send?.({ kind: 'started', ...worker });
  }

  /** The metrics of all workers and their primary, as Prometheus reads them. */
  scrape(): Promise<string> {
    const id = this.#asked++;
    return new Promise((resolve) => {
      this.#waiting.set(id, (text) => {
        this.#waiting.delete(id);
        resolve(text);
      });
      process.send?.({ kind: 'scrape', id });
    });
  }

  /** Listening to the primary keeps the process: nothing else does at its end. */
  [Symbol.dispose](): void {
    process.disconnect?.();
  }

  async #answer(id: number, metrics: Metrics): Promise<void> {
    process.send?.({ kind: 'own-metrics', id, metrics: await metrics.registry.getMetricsAsJSON() });
  }
}

/** Whether this process is one of several that `Workers` started. */
export const isWorker = (): boolean => cluster.isWorker;

function running(): Worker[] {
  return Object.values(cluster.workers ?? {}).flatMap((worker) => worker ?? []);
}
