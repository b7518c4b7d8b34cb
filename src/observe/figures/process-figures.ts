import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** What the process itself uses, since the last reading. */
export interface ProcessFigures {
  /** The 99th percentile of how late the event loop was. */
  readonly loopDelayMs: number;
  /** Of one core: 1 is all of it. Worker threads may add more. */
  readonly cpuShare: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

const LOOP_RESOLUTION_MS = 20;
const NANOSECONDS_PER_MS = 1e6;
const MICROSECONDS_PER_MS = 1e3;

/** Measures the process. Disposing stops it. */
export class ProcessMeter implements Disposable {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  #readAt = performance.now();
  #cpu = process.cpuUsage();

  constructor() {
    this.#delay.enable();
  }

  read(): ProcessFigures {
    const now = performance.now();
    const elapsedMs = Math.max(1, now - this.#readAt);
    const { user, system } = process.cpuUsage(this.#cpu);
    // The histogram has the whole interval between two ticks, so a loop that is never late shows its resolution.
    const late = this.#delay.percentile(99) / NANOSECONDS_PER_MS - LOOP_RESOLUTION_MS;
    this.#delay.reset();
    this.#readAt = now;
    this.#cpu = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    return {
      loopDelayMs: Math.max(0, late),
      cpuShare: (user + system) / MICROSECONDS_PER_MS / elapsedMs,
      residentBytes: rss,
      heapBytes: heapUsed,
    };
  }

  [Symbol.dispose](): void {
    this.#delay.disable();
  }
}
