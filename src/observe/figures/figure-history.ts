import { DELIVERY_BUCKETS_S } from '../metrics.js';
import { FLOWS, LEVELS } from './figures.js';
import { LAG_STAGES } from './lag.js';
import type { Sample } from './sample.js';

/** How often a sample is kept, and how many: one hour. */
export const HISTORY_STEP_MS = 10_000;
export const HISTORY_LENGTH = 360;

/** The series that are kept, each with where its value is. */
const SERIES: Readonly<Record<string, (sample: Sample) => number>> = {
  ...named('rate', FLOWS, (sample, flow) => sample.rates[flow]),
  ...named('level', LEVELS, (sample, level) => sample.levels[level]),
  ...named('lag', LAG_STAGES, (sample, stage) => sample.lag[stage]),
  ...named(
    'latency',
    [...DELIVERY_BUCKETS_S, 'more'].map((_, i) => String(i)),
    (sample, i) => sample.latency[Number(i)] ?? 0,
  ),
  'process.loopDelayMs': ({ process }) => process.loopDelayMs,
  'process.cpuShare': ({ process }) => process.cpuShare,
  'process.residentBytes': ({ process }) => process.residentBytes,
};

/** What a node tells of its past. Its clock is in nothing of it. */
interface RecordedHistory {
  readonly stepMs: number;
  /** How long ago the newest value of each series was taken. */
  readonly newestAgeMs: number;
  /** Oldest first, all of the same length. A series that was always 0 is left out. */
  readonly series: Readonly<Record<string, readonly number[]>>;
}

/** The last hour of one process: rings of a fixed size, about 70 KiB in all (C4). */
export class FigureHistory {
  readonly #rings = new Map<string, Float32Array>();
  #count = 0;
  #newestAt = performance.now();

  constructor() {
    for (const name of Object.keys(SERIES)) this.#rings.set(name, new Float32Array(HISTORY_LENGTH));
  }

  push(sample: Sample): void {
    const at = this.#count % HISTORY_LENGTH;
    for (const [name, ring] of this.#rings) ring[at] = SERIES[name]?.(sample) ?? 0;
    this.#count += 1;
    this.#newestAt = performance.now();
  }

  read(): RecordedHistory {
    const length = Math.min(this.#count, HISTORY_LENGTH);
    const first = this.#count - length;
    const series: Record<string, readonly number[]> = {};
    for (const [name, ring] of this.#rings) {
      const values = Array.from({ length }, (_, i) => rounded(ring[(first + i) % HISTORY_LENGTH] ?? 0));
      if (values.some((value) => value !== 0)) series[name] = values;
    }
    return { stepMs: HISTORY_STEP_MS, newestAgeMs: performance.now() - this.#newestAt, series };
  }
}

/** Three digits: what a chart shows, and few bytes in an answer (`MAX_MESSAGE_BYTES`). */
const rounded = (value: number): number => (value === 0 ? 0 : Number(value.toPrecision(3)));

function named<K extends string>(
  prefix: string,
  names: readonly K[],
  pick: (sample: Sample, name: K) => number,
): Record<string, (sample: Sample) => number> {
  return Object.fromEntries(
    names.map((name) => [`${prefix}.${name}`, (sample: Sample) => pick(sample, name)]),
  );
}
