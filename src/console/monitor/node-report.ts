import { z } from 'zod';
import { BREAKDOWNS, FLOWS, LEVELS } from '../../observe/figures/figures.js';
import { LAG_STAGES, TRENDS } from '../../observe/figures/lag.js';
import { MAX_REPORT_BYTES } from '../../ports/node-registry.js';

const name = z.string().max(300);
const amount = z.number().finite();
const amounts = <K extends string>(names: readonly K[]) => z.record(z.enum(names), amount);

/** What a node says of itself. Read from Redis, where another version of Millrace may have written it. */
export const NODE_REPORT = z.object({
  host: name,
  pid: z.int(),
  /** The process that it is a worker of. */
  workerOf: z.int().optional(),
  roles: z.array(name).max(10),
  services: z.array(name).max(1_000),
  version: name,
  uptimeMs: amount,
  /** `ok`, or what is wrong. */
  checks: z.record(name, name),
  refusals: z.array(z.string().max(2_000)).max(20),
  rates: amounts(FLOWS),
  levels: amounts(LEVELS),
  breakdowns: z.record(z.enum(BREAKDOWNS), z.record(name, amount)),
  /** Per second. Reports of older versions have neither. */
  deliveredByField: z.record(name, amount).optional(),
  publishedByTopic: z.record(name, amount).optional(),
  latency: z.array(amount).max(100),
  process: z.object({
    loopDelayMs: amount,
    cpuShare: amount,
    residentBytes: amount,
    heapBytes: amount,
  }),
  lags: z.array(
    z.object({
      stage: z.enum(LAG_STAGES),
      name,
      topic: name,
      partition: z.int(),
      behind: amount,
      trend: z.enum(TRENDS),
      recent: z.array(amount).max(100),
    }),
  ),
  lagsLeftOut: z.int(),
});

export type NodeReport = z.infer<typeof NODE_REPORT>;

/** How many labels of a breakdown are told: the most frequent. */
const MAX_LABELS = 20;
/** Of how many fields and topics the rates are told: the busiest. */
const MAX_RATES = 50;
const MAX_REFUSALS = 10;
const MAX_SENTENCE = 1_000;
/** Of how many lags the latest values are told. */
const MAX_RECENT = 20;

/** C4: what a registry accepts. The lags that are least behind are left out first. */
export function bounded(report: NodeReport): NodeReport {
  const { breakdowns, refusals, services } = report;
  const small: NodeReport = {
    ...report,
    services: services.slice(0, 100),
    refusals: refusals.slice(0, MAX_REFUSALS).map((sentence) => sentence.slice(0, MAX_SENTENCE)),
    deliveredByField: mostFrequent(report.deliveredByField ?? {}, MAX_RATES),
    publishedByTopic: mostFrequent(report.publishedByTopic ?? {}, MAX_RATES),
    breakdowns: {
      ...breakdowns,
      ...Object.fromEntries(BREAKDOWNS.map((one) => [one, mostFrequent(breakdowns[one], MAX_LABELS)])),
    },
  };
  for (let kept = report.lags.length; ; kept = Math.floor(kept / 2)) {
    const lags = report.lags.slice(0, kept).map((lag, i) => (i < MAX_RECENT ? lag : { ...lag, recent: [] }));
    const lagsLeftOut = report.lagsLeftOut + report.lags.length - kept;
    const fitting = { ...small, lags, lagsLeftOut };
    if (Buffer.byteLength(JSON.stringify(fitting)) <= MAX_REPORT_BYTES) return fitting;
    // Names are as long as a schema likes. The rates of fields are what the map can be without.
    if (kept === 0) return { ...fitting, deliveredByField: {}, publishedByTopic: {} };
  }
}

function mostFrequent(counts: Readonly<Record<string, number>>, most: number): Record<string, number> {
  const entries = Object.entries(counts).sort(([, one], [, other]) => other - one);
  return Object.fromEntries(entries.slice(0, most));
}
