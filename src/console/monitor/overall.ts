import { BREAKDOWNS, FLOWS, LEVELS } from '../../observe/figures/figures.js';
import { percentile } from '../../observe/figures/percentile.js';
import { record } from '../../observe/figures/sample.js';
import { DELIVERY_BUCKETS_S } from '../../observe/metrics.js';
import type { PresentNode } from '../../ports/node-registry.js';
import { NODE_REPORT, type NodeReport } from './node-report.js';
import { REPORT_INTERVAL_MS } from './node-reporter.js';

/** A node that is older than this has missed two reports. */
const SILENT_AFTER_MS = 2.5 * REPORT_INTERVAL_MS;
/** C4: how many lags one reading has. */
const MAX_LAGS = 200;
const MS_PER_S = 1_000;

interface ReportedNode extends Omit<PresentNode, 'report'> {
  readonly report: NodeReport;
}

/** The nodes whose reports this version can read. @returns also how many it cannot */
export function readable(nodes: readonly PresentNode[]): {
  readonly reported: readonly ReportedNode[];
  readonly unreadable: number;
} {
  const reported = nodes.flatMap(({ report, ...node }): ReportedNode[] => {
    const read = NODE_REPORT.safeParse(report);
    return read.success ? [{ ...node, report: read.data }] : [];
  });
  return { reported, unreadable: nodes.length - reported.length };
}

export const nameOf = ({ host, pid }: Pick<NodeReport, 'host' | 'pid'>): string => `${host}:${pid}`;

/** One node, as the page shows it. */
export function nodeOf({ id, isSelf, ageMs, report }: ReportedNode) {
  const { host, pid, workerOf, uptimeMs, checks, process, ...rest } = report;
  return {
    ...rest,
    ...process,
    id,
    isSelf,
    name: nameOf({ host, pid }),
    isAnswering: ageMs < SILENT_AFTER_MS,
    reportedSecondsAgo: ageMs / MS_PER_S,
    workerOf: workerOf === undefined ? undefined : nameOf({ host, pid: workerOf }),
    uptimeSeconds: uptimeMs / MS_PER_S,
    checks: Object.entries(checks).map(([name, outcome]) => ({ name, outcome })),
  };
}

/** What all nodes are together. @param namespace the prefix of consumer groups */
export function overall(nodes: readonly ReportedNode[], namespace: string) {
  const reports = nodes.map(({ report }) => report);
  const sum = (pick: (report: NodeReport) => number): number =>
    reports.reduce((total, report) => total + pick(report), 0);
  const lags = reports
    .flatMap((report) => report.lags.map((lag) => lagOf(lag, report, namespace)))
    .filter(isBehind)
    .sort((one, other) => other.behind - one.behind);
  return {
    lags: lags.slice(0, MAX_LAGS),
    lagsLeftOut: Math.max(0, lags.length - MAX_LAGS) + sum(({ lagsLeftOut }) => lagsLeftOut),
    rates: record(FLOWS, (flow) => sum(({ rates }) => rates[flow])),
    levels: record(LEVELS, (level) => sum(({ levels }) => levels[level])),
    latency: latencyOf(
      [...DELIVERY_BUCKETS_S, Number.POSITIVE_INFINITY].map((_, i) => sum(({ latency }) => latency[i] ?? 0)),
    ),
    counts: BREAKDOWNS.map((name) => ({
      name,
      counts: added(reports.map(({ breakdowns }) => breakdowns[name])),
    })),
  };
}

/** How many readings a lag has to last. What a batch holds while it is handled is none. */
const READINGS_OF_A_LAG = 3;

const isBehind = ({
  behind,
  recent,
}: {
  readonly behind: number;
  readonly recent: readonly number[];
}): boolean => behind > 0 && recent.slice(-READINGS_OF_A_LAG).every((value) => value > 0);

function lagOf(
  { stage, trend, name, ...lag }: NodeReport['lags'][number],
  report: NodeReport,
  namespace: string,
) {
  const group = {
    relay: `${namespace}-relay`,
    service: `${namespace}-service-${name}`,
    view: `${namespace}-view-${name}`,
    node: nameOf(report),
    subscription: nameOf(report),
  }[stage];
  return { ...lag, group, stage: stage.toUpperCase(), trend: trend.toUpperCase() };
}

function latencyOf(counts: readonly number[]) {
  const ms = (share: number): number | undefined => {
    const seconds = percentile(DELIVERY_BUCKETS_S, counts, share);
    return seconds === undefined ? undefined : seconds * MS_PER_S;
  };
  const deliveries = counts.reduce((sum, count) => sum + count, 0);
  return { p50Ms: ms(0.5), p95Ms: ms(0.95), p99Ms: ms(0.99), deliveries };
}

function added(all: readonly Readonly<Record<string, number>>[]) {
  const counts = new Map<string, number>();
  for (const one of all)
    for (const [label, count] of Object.entries(one)) counts.set(label, (counts.get(label) ?? 0) + count);
  return [...counts]
    .map(([label, count]) => ({ label, count }))
    .sort((one, other) => other.count - one.count);
}
