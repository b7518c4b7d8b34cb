import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { InProcessNodes } from '../../../src/adapters/memory/node-registry.js';
import { joinHistories } from '../../../src/console/monitor/joined-history.js';
import { monitorPage } from '../../../src/console/monitor/monitor.js';
import { bounded, NODE_REPORT, type NodeReport } from '../../../src/console/monitor/node-report.js';
import { NodeReporter } from '../../../src/console/monitor/node-reporter.js';
import { RecentRates } from '../../../src/observe/figures/recent-rates.js';
import { openLogger } from '../../../src/observe/log.js';
import { Metrics } from '../../../src/observe/metrics.js';
import { WarningThrottle } from '../../../src/observe/warning-throttle.js';
import { MAX_REPORT_BYTES, type NodeRegistry } from '../../../src/ports/node-registry.js';

const EVENTUALLY = { timeout: 15_000, interval: 50 };

/** A process that reports. */
function reporting(nodes: InProcessNodes, pid: number, metrics = new Metrics()): NodeRegistry {
  const registry = nodes.open();
  const warnings = new WarningThrottle(openLogger('silent'));
  const reporter = new NodeReporter({
    registry,
    metrics,
    warnings,
    identity: { host: 'machine', pid, roles: ['relay'], services: [], version: '1.0.0' },
    ready: async () => ({
      ready: false,
      missing: ['log'],
      checks: { log: 'refused' },
      refusals: ['Kafka refuses.'],
    }),
  });
  onTestFinished(async () => {
    reporter[Symbol.dispose]();
    warnings[Symbol.dispose]();
    await registry[Symbol.asyncDispose]();
  });
  return registry;
}

/** The newest reading of a page that looks. */
async function reading(registry: NodeRegistry) {
  const leaving = new AbortController();
  const context = {
    identity: { claims: {}, expiresAt: undefined },
    signal: leaving.signal,
    after: undefined,
  };
  const payloads = await monitorPage({ registry, namespace: 'shop' }).Subscription?.['monitor']?.(
    {},
    context,
  );
  for await (const { data } of payloads ?? []) {
    leaving.abort();
    // The page's own result, of which these parts are looked at.
    return data as Readonly<Record<'nodes' | 'lags' | 'counts' | 'unheard', unknown>>;
  }
  throw new Error('The page got nothing');
}

const history = async (registry: NodeRegistry) => {
  const context = {
    identity: { claims: {}, expiresAt: undefined },
    signal: new AbortController().signal,
    after: undefined,
  };
  return (await monitorPage({ registry, namespace: 'shop' }).Query?.['monitorHistory']?.({}, context)) as {
    readonly secondsAgo: readonly number[];
    readonly silent: readonly string[];
  };
};

describe('the monitor', () => {
  it('shows every node with its health, and what is behind, worst first, under the name of its consumer group', async () => {
    const nodes = new InProcessNodes();
    const metrics = new Metrics();
    metrics.serviceLag.set({ service: 'payments', topic: 'orders', partition: 2 }, 12_000);
    metrics.relayLag.set({ topic: 'orders', partition: 0 }, 5);
    metrics.relayLag.set({ topic: 'orders', partition: 1 }, 0);
    metrics.resyncs.inc({ reason: 'RETENTION' });
    const one = reporting(nodes, 1, metrics);
    const two = reporting(nodes, 2);
    await vi.waitFor(async () => expect((await two.list()).nodes).toHaveLength(2), EVENTUALLY);
    const page = await reading(one);
    expect(page.unheard).toBeUndefined();
    expect(page.nodes).toMatchObject([
      {
        name: 'machine:1',
        isSelf: true,
        isAnswering: true,
        checks: [{ name: 'log', outcome: 'refused' }],
        refusals: ['Kafka refuses.'],
      },
      { name: 'machine:2', isSelf: false },
    ]);
    expect(page.lags).toMatchObject([
      { stage: 'SERVICE', group: 'shop-service-payments', topic: 'orders', partition: 2, behind: 12_000 },
      { stage: 'RELAY', group: 'shop-relay', behind: 5, trend: 'STEADY', recent: [5] },
    ]);
    expect(page.counts).toContainEqual({ name: 'resyncs', counts: [{ label: 'RETENTION', count: 1 }] });
  });

  it('shows the other nodes when one reports what this version cannot read, and says so', async () => {
    const nodes = new InProcessNodes();
    const one = reporting(nodes, 1);
    const other = nodes.open();
    onTestFinished(() => other[Symbol.asyncDispose]());
    await other.announce({ of: 'another version' });
    await vi.waitFor(async () => expect((await one.list()).nodes).toHaveLength(2), EVENTUALLY);
    const page = await reading(one);
    expect(page.nodes).toHaveLength(1);
    expect(page.unheard).toBe('One node is of another version of Millrace, and cannot be shown.');
  });

  it('S4 all pages that look at the same time share one reading', async () => {
    const registry = reporting(new InProcessNodes(), 1);
    const list = vi.spyOn(registry, 'list');
    const page = monitorPage({ registry, namespace: 'shop' });
    const leaving = new AbortController();
    const context = {
      identity: { claims: {}, expiresAt: undefined },
      signal: leaving.signal,
      after: undefined,
    };
    const look = async () => {
      for await (const { data } of (await page.Subscription?.['monitor']?.({}, context)) ?? []) return data;
    };
    const seen = await Promise.all([look(), look(), look()]);
    expect(new Set(seen).size).toBe(1);
    expect(list).toHaveBeenCalledTimes(1);
  });

  it('names a node that does not tell its last hour', async () => {
    const nodes = new InProcessNodes();
    const one = reporting(nodes, 1);
    const two = reporting(nodes, 2);
    two.answer('history', () => new Promise(() => undefined));
    await vi.waitFor(async () => expect((await one.list()).nodes).toHaveLength(2), EVENTUALLY);
    const { secondsAgo, silent } = await history(one);
    expect(silent).toEqual(['machine:2']);
    expect(secondsAgo).toEqual([0]);
  });
});

describe('the histories of several nodes', () => {
  const recorded = (newestAgeMs: number, series: Record<string, number[]>) =>
    ({ stepMs: 10_000, newestAgeMs, series }) as const;
  const valuesOf = (joined: ReturnType<typeof joinHistories>, name: string) =>
    joined.series.find((one) => one.name === name)?.values;

  it('are aligned by age, added up, and the worst of lags counts', () => {
    const joined = joinHistories([
      recorded(1_000, { 'rate.relayed': [1, 2, 3], 'lag.relay': [9, 9, 1] }),
      // It stopped recording twenty seconds ago.
      recorded(21_000, { 'rate.relayed': [10, 20], 'lag.relay': [4, 4] }),
    ]);
    expect(joined.secondsAgo).toEqual([30, 20, 10, 0]);
    expect(valuesOf(joined, 'rate.relayed')).toEqual([10, 21, 2, 3]);
    expect(valuesOf(joined, 'lag.relay')).toEqual([4, 9, 9, 1]);
  });

  it('have percentiles of all deliveries together, and none where nothing was delivered', () => {
    const joined = joinHistories([
      recorded(0, { 'latency.3': [0, 90] }),
      recorded(0, { 'latency.5': [0, 10] }),
    ]);
    const [none, some] = valuesOf(joined, 'latency.p95') ?? [];
    expect(none).toBeNull();
    expect(some).toBeCloseTo(37.5);
    expect(valuesOf(joined, 'latency.3')).toBeUndefined();
  });

  it('are nothing when nobody remembers', () => {
    expect(joinHistories([])).toEqual({ secondsAgo: [], series: [] });
  });
});

describe('the report of a node', () => {
  it('C4 fits whatever there is: the lags that are least behind are left out, and counted', async () => {
    const nodes = new InProcessNodes();
    const registry = reporting(nodes, 1);
    const report = await vi.waitFor(
      async () => NODE_REPORT.parse((await registry.list()).nodes[0]?.report),
      EVENTUALLY,
    );
    const lags: NodeReport['lags'] = Array.from({ length: 100 }, (_, partition) => ({
      stage: 'view',
      name: 'v'.repeat(200),
      topic: 't'.repeat(249),
      partition,
      behind: 1_000_000 - partition,
      trend: 'growing',
      recent: Array.from({ length: 30 }, () => 1_000_000),
    }));
    const large = bounded({ ...report, lags, lagsLeftOut: 7, refusals: Array(50).fill('x'.repeat(5_000)) });
    expect(Buffer.byteLength(JSON.stringify(large))).toBeLessThanOrEqual(MAX_REPORT_BYTES);
    expect(large.lags[0]?.partition).toBe(0);
    expect(large.lags.length + large.lagsLeftOut).toBe(107);
    expect(NODE_REPORT.safeParse(large).success).toBe(true);
    const names = Array.from({ length: 1_000 }, (_, i) => [`${i}${'n'.repeat(290)}`, 1]);
    const rates = {
      deliveredByField: Object.fromEntries(names),
      publishedByTopic: Object.fromEntries(names),
    };
    const wordy = bounded({ ...report, ...rates, lags: [], services: Array(100).fill('s'.repeat(200)) });
    expect(Buffer.byteLength(JSON.stringify(wordy))).toBeLessThanOrEqual(MAX_REPORT_BYTES);
  });

  it('has the rates of fields, averaged over the last readings, and none of what does not move', () => {
    const rates = new RecentRates();
    expect(rates.read({ old: 7, placed: 10 }, 0)).toEqual({});
    expect(rates.read({ old: 7, placed: 30 }, 2_000)).toEqual({ placed: 10 });
    expect(rates.read({ old: 7, placed: 30, fresh: 4 }, 4_000)).toEqual({ placed: 5, fresh: 1 });
    for (const atMs of [6_000, 8_000, 10_000, 12_000]) rates.read({ old: 7, placed: 30, fresh: 4 }, atMs);
    expect(rates.read({ old: 7, placed: 30, fresh: 4 }, 14_000)).toEqual({});
  });
});
