import { FigureHistory, HISTORY_STEP_MS } from '../../observe/figures/figure-history.js';
import { type Figures, readFigures } from '../../observe/figures/figures.js';
import { LagTrends } from '../../observe/figures/lag.js';
import { ProcessMeter } from '../../observe/figures/process-figures.js';
import { RecentRates } from '../../observe/figures/recent-rates.js';
import { sampleOf } from '../../observe/figures/sample.js';
import type { Metrics } from '../../observe/metrics.js';
import type { ReadinessReport } from '../../observe/readiness.js';
import type { WarningThrottle } from '../../observe/warning-throttle.js';
import type { NodeRegistry } from '../../ports/node-registry.js';
import { bounded, type NodeReport } from './node-report.js';

/** Who reports. */
type NodeIdentity = Pick<NodeReport, 'host' | 'pid' | 'workerOf' | 'roles' | 'services' | 'version'>;

interface NodeReporterParts {
  readonly registry: NodeRegistry;
  readonly identity: NodeIdentity;
  readonly metrics: Metrics;
  /** What `/readyz` answers. */
  readonly ready: () => Promise<ReadinessReport>;
  readonly warnings: WarningThrottle;
}

/** How often a node says how it is. Two reports may be lost before it counts as gone (`PRESENT_MS`). */
export const REPORT_INTERVAL_MS = 2_000;
const REPORTS_PER_SAMPLE = HISTORY_STEP_MS / REPORT_INTERVAL_MS;
/** Percentiles of latency are made from the deliveries of so many reports: half a minute. */
const LATENCY_REPORTS = 15;

/** The topic on which nodes ask each other for their last hour. */
export const HISTORY_TOPIC = 'history';

interface Reading {
  readonly figures: Figures;
  readonly atMs: number;
}

/**
 * Announces one process to the others, and remembers its last hour. Everything that it tells is a metric: it counts
 * nothing by itself.
 */
export class NodeReporter implements Disposable {
  readonly #parts: NodeReporterParts;
  readonly #history = new FigureHistory();
  readonly #trends = new LagTrends();
  readonly #delivered = new RecentRates();
  readonly #published = new RecentRates();
  readonly #meter = new ProcessMeter();
  /** Of the samples: each meter measures from its own last reading. */
  readonly #sampleMeter = new ProcessMeter();
  readonly #timer: NodeJS.Timeout;
  readonly #answering: Disposable;
  #last: Reading | undefined;
  #lastSample: Reading | undefined;
  #latencies: (readonly number[])[] = [];
  #reports = 0;
  #isReporting = false;

  constructor(parts: NodeReporterParts) {
    this.#parts = parts;
    this.#answering = parts.registry.answer(HISTORY_TOPIC, () => this.#history.read());
    this.#timer = setInterval(() => void this.#report(), REPORT_INTERVAL_MS);
    this.#timer.unref();
    void this.#report();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#answering[Symbol.dispose]();
    this.#meter[Symbol.dispose]();
    this.#sampleMeter[Symbol.dispose]();
  }

  /** While a check waits for Kafka or Redis, no second report begins. */
  async #report(): Promise<void> {
    if (this.#isReporting) return;
    this.#isReporting = true;
    const { registry, warnings } = this.#parts;
    try {
      const report = await this.#read();
      // Why it was not announced is what the page says too (`Presence.unheard`); the carrier has logged it.
      void registry.announce(report).catch((error) => warnings.report('node-report', error, FAILED));
    } catch (error) {
      warnings.report('node-report', error, FAILED);
    } finally {
      this.#isReporting = false;
    }
  }

  async #read(): Promise<NodeReport> {
    const { identity, metrics, ready } = this.#parts;
    const [figures, { checks, refusals }] = await Promise.all([readFigures(metrics), ready()]);
    const now: Reading = { figures, atMs: performance.now() };
    const before = this.#last ?? now;
    const sample = sampleOf(before.figures, figures, this.#meter.read(), now.atMs - before.atMs);
    this.#latencies = [...this.#latencies, sample.latency].slice(-LATENCY_REPORTS);
    this.#last = now;
    this.#remember(now);
    const lags = this.#trends.read(figures.lags);
    return bounded({
      ...identity,
      uptimeMs: process.uptime() * 1_000,
      checks: { ...checks },
      refusals: [...refusals],
      rates: sample.rates,
      levels: sample.levels,
      breakdowns: figures.breakdowns,
      deliveredByField: this.#delivered.read(figures.deliveredByField, now.atMs),
      publishedByTopic: this.#published.read(figures.publishedByTopic, now.atMs),
      latency: sample.latency.map((_, i) => this.#latencies.reduce((sum, one) => sum + (one[i] ?? 0), 0)),
      process: sample.process,
      lags: lags.map((lag) => ({ ...lag, recent: [...lag.recent] })),
      lagsLeftOut: figures.lags.length - lags.length,
    });
  }

  #remember(now: Reading): void {
    const isDue = this.#reports % REPORTS_PER_SAMPLE === 0;
    this.#reports += 1;
    if (!isDue) return;
    const before = this.#lastSample ?? now;
    const elapsedMs = now.atMs - before.atMs;
    this.#history.push(sampleOf(before.figures, now.figures, this.#sampleMeter.read(), elapsedMs));
    this.#lastSample = now;
  }
}

const FAILED = 'this node could not say how it is; the console does not show it';
