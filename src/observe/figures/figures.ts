import { DELIVERY_BUCKETS_S, type Metrics } from '../metrics.js';
import { LAG_STAGES, type Lag, type LagStage } from './lag.js';

/** What only grows, since the process started. Rates are made from it. */
export const FLOWS = [
  'published',
  'relayed',
  'received',
  'executed',
  'delivered',
  'handled',
  'folded',
  'gaps',
  'repairs',
  'resyncs',
  'deadLetters',
] as const;
export type Flow = (typeof FLOWS)[number];

/** What is so at the moment. */
export const LEVELS = [
  'connections',
  'subscriptions',
  'cohorts',
  'live',
  'behind',
  'slowClients',
  'slowBytes',
  'waiting',
  'followed',
] as const;
export type Level = (typeof LEVELS)[number];

/** What is counted by a label. */
export const BREAKDOWNS = [
  'connections',
  'repairs',
  'resyncs',
  'ended',
  'slowDisconnects',
  'deadLetters',
  'gaps',
  'refused',
  'problems',
  'serviceFailures',
] as const;
type Breakdown = (typeof BREAKDOWNS)[number];

/** The figures of one process at one moment. All of them are metrics too: nothing is counted twice. */
export interface Figures {
  readonly flows: Readonly<Record<Flow, number>>;
  readonly levels: Readonly<Record<Level, number>>;
  readonly breakdowns: Readonly<Record<Breakdown, Readonly<Record<string, number>>>>;
  /** Results delivered by each field of Subscription, and events that mutations put into each topic. Both only grow. */
  readonly deliveredByField: Readonly<Record<string, number>>;
  readonly publishedByTopic: Readonly<Record<string, number>>;
  /** Deliveries by latency: in each bucket of `DELIVERY_BUCKETS_S` and beyond the last, not cumulative. */
  readonly latency: readonly number[];
  readonly lags: readonly Lag[];
}

interface Value {
  readonly value: number;
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly metricName?: string | undefined;
}

interface Metric {
  get(): Promise<{ readonly values: readonly Value[] }>;
}

/** kafkajs logs normal operation as errors, hundreds of them while topics are created: no reader could tell what is wrong. */
const NO_PROBLEM = 'kafkajs';

export async function readFigures(metrics: Metrics): Promise<Figures> {
  const flows = {
    published: metrics.published,
    relayed: metrics.relayed,
    received: metrics.received,
    executed: metrics.executions,
    delivered: metrics.deliveries,
    handled: metrics.serviceEvents,
    folded: metrics.viewEvents,
    gaps: metrics.gaps,
    repairs: metrics.repairs,
    resyncs: metrics.resyncs,
    deadLetters: metrics.deadLetters,
  } satisfies Record<Flow, Metric>;
  const levels = {
    connections: metrics.connections,
    subscriptions: metrics.subscriptions,
    cohorts: metrics.cohorts,
    live: metrics.live,
    behind: metrics.behind,
    slowClients: metrics.slowClients,
    slowBytes: metrics.slowBytes,
    waiting: metrics.publishWaiting,
    followed: metrics.followed,
  } satisfies Record<Level, Metric>;
  const breakdowns = {
    connections: by('transport', metrics.connections),
    repairs: by('source', metrics.repairs),
    resyncs: by('reason', metrics.resyncs),
    ended: by('reason', metrics.subscriptionsEnded),
    slowDisconnects: by('why', metrics.slowDisconnects),
    deadLetters: by('topic', metrics.deadLetters),
    gaps: by('topic', metrics.gaps),
    refused: by('reason', metrics.refused),
    problems: by('kind', metrics.problems, NO_PROBLEM),
    serviceFailures: by('service', metrics.serviceFailures),
  } satisfies Record<Breakdown, unknown>;
  const lags = {
    relay: metrics.relayLag,
    service: metrics.serviceLag,
    view: metrics.viewLag,
    node: metrics.nodeLag,
    subscription: metrics.subscriptionLag,
  } satisfies Record<LagStage, Metric>;
  return {
    flows: await all(flows, sum),
    levels: await all(levels, sum),
    breakdowns: await all(breakdowns, (counts) => counts),
    deliveredByField: await by('field', metrics.deliveries),
    publishedByTopic: await by('topic', metrics.published),
    latency: await latencyOf(metrics.deliveryLatency),
    lags: (await Promise.all(LAG_STAGES.map((stage) => lagsOf(stage, lags[stage])))).flat(),
  };
}

async function all<K extends string, S, R>(
  sources: Readonly<Record<K, S>>,
  read: (source: S) => R | Promise<R>,
): Promise<Record<K, R>> {
  const names = Object.keys(sources) as K[];
  const entries = await Promise.all(names.map(async (name) => [name, await read(sources[name])] as const));
  // The keys are those of `sources`, which has every K.
  return Object.fromEntries(entries) as Record<K, R>;
}

async function sum(metric: Metric): Promise<number> {
  return (await metric.get()).values.reduce((total, { value }) => total + value, 0);
}

async function by(
  label: string,
  metric: Metric,
  leftOut?: string,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { labels, value } of (await metric.get()).values) {
    const name = String(labels[label] ?? '');
    if (value !== 0 && name !== leftOut) counts[name] = (counts[name] ?? 0) + value;
  }
  return counts;
}

/** prom-client's buckets are cumulative, each with its upper bound as the label `le`. */
async function latencyOf(metric: Metric): Promise<readonly number[]> {
  const { values } = await metric.get();
  const cumulative = values.filter(({ labels }) => labels['le'] !== undefined).map(({ value }) => value);
  const upTo = cumulative.length === 0 ? DELIVERY_BUCKETS_S.map(() => 0).concat(0) : cumulative;
  return upTo.map((count, i) => count - (upTo[i - 1] ?? 0));
}

async function lagsOf(stage: LagStage, metric: Metric): Promise<readonly Lag[]> {
  return (await metric.get()).values.map(({ labels, value }) => ({
    stage,
    name: String(labels['service'] ?? labels['view'] ?? ''),
    topic: String(labels['topic'] ?? ''),
    partition: Number(labels['partition'] ?? 0),
    behind: value,
  }));
}
