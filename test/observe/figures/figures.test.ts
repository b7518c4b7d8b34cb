import { describe, expect, it } from 'vitest';
import { FigureHistory, HISTORY_LENGTH } from '../../../src/observe/figures/figure-history.js';
import { readFigures } from '../../../src/observe/figures/figures.js';
import { LagTrends, MAX_LAGS, trendOf } from '../../../src/observe/figures/lag.js';
import { percentile } from '../../../src/observe/figures/percentile.js';
import { ProcessMeter } from '../../../src/observe/figures/process-figures.js';
import { sampleOf } from '../../../src/observe/figures/sample.js';
import { DELIVERY_BUCKETS_S, Metrics } from '../../../src/observe/metrics.js';
import { MAX_MESSAGE_BYTES } from '../../../src/ports/node-registry.js';

const PROCESS = { loopDelayMs: 1.25, cpuShare: 0.5, residentBytes: 123_456_789, heapBytes: 1 };

describe('the figures of a node', () => {
  it('are read from the metrics, so that nothing is counted twice', async () => {
    const metrics = new Metrics();
    metrics.published.inc({ topic: 'a' }, 2);
    metrics.published.inc({ topic: 'b' }, 3);
    metrics.deliveries.add('orders', 4);
    metrics.connectionsNow = () => ({ websocket: 5, sse: 1 });
    metrics.repairs.inc({ topic: 'a', source: 'log' });
    metrics.repairs.inc({ topic: 'b', source: 'log' });
    metrics.subscriptionsEnded.inc({ reason: 'RESYNC_REQUIRED' });
    metrics.relayLag.set({ topic: 'a', partition: 1 }, 7);
    metrics.viewLag.set({ view: 'orders', topic: 'b', partition: 0 }, 9);
    metrics.subscriptionLagNow = () => [{ topic: 'a', partition: 1, lag: 11 }];
    metrics.deliveryLatency.observe(0.004);
    metrics.deliveryLatency.observe(60);
    const { flows, levels, breakdowns, latency, lags } = await readFigures(metrics);
    expect(flows).toMatchObject({ published: 5, delivered: 4, repairs: 2, relayed: 0 });
    expect(levels).toMatchObject({ connections: 6, subscriptions: 0 });
    expect(breakdowns.connections).toEqual({ websocket: 5, sse: 1 });
    expect(breakdowns.repairs).toEqual({ log: 2 });
    expect(breakdowns.ended).toEqual({ RESYNC_REQUIRED: 1 });
    expect(latency).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(lags).toEqual([
      { stage: 'relay', name: '', topic: 'a', partition: 1, behind: 7 },
      { stage: 'view', name: 'orders', topic: 'b', partition: 0, behind: 9 },
      { stage: 'subscription', name: '', topic: 'a', partition: 1, behind: 11 },
    ]);
  });

  it('problems are what may be wrong: lines of kafkajs, which logs normal operation as errors, are none', async () => {
    const metrics = new Metrics();
    metrics.problems.inc({ kind: 'kafkajs' }, 290);
    metrics.problems.inc({ kind: 'relay' });
    expect((await readFigures(metrics)).breakdowns.problems).toEqual({ relay: 1 });
  });

  it('a lag of a partition that nobody replays any more is gone', async () => {
    const metrics = new Metrics();
    metrics.subscriptionLagNow = () => [{ topic: 'a', partition: 1, lag: 11 }];
    await readFigures(metrics);
    metrics.subscriptionLagNow = () => [];
    expect((await readFigures(metrics)).lags).toEqual([]);
  });

  it('rates are per second between two readings, and a process that began again has none below zero', async () => {
    const metrics = new Metrics();
    const before = await readFigures(metrics);
    metrics.relayed.inc({ topic: 'a' }, 30);
    metrics.deliveryLatency.observe(0.0005);
    const now = await readFigures(metrics);
    const sample = sampleOf(before, now, PROCESS, 2_000);
    expect(sample.rates.relayed).toBe(15);
    expect(sample.latency[0]).toBe(1);
    expect(sampleOf(now, before, PROCESS, 2_000).rates.relayed).toBe(0);
  });

  it('the process is measured from one reading to the next', () => {
    using meter = new ProcessMeter();
    const { loopDelayMs, cpuShare, residentBytes, heapBytes } = meter.read();
    expect(loopDelayMs).toBeGreaterThanOrEqual(0);
    expect(cpuShare).toBeGreaterThanOrEqual(0);
    expect(residentBytes).toBeGreaterThan(heapBytes);
  });
});

describe('a percentile', () => {
  it('is linear within the bucket, and at most the last bound', () => {
    const counts = DELIVERY_BUCKETS_S.map(() => 0).concat(0);
    expect(percentile(DELIVERY_BUCKETS_S, counts, 0.5)).toBeUndefined();
    // 100 values between 5 and 10 ms: the median is in the middle.
    expect(percentile(DELIVERY_BUCKETS_S, counts.with(3, 100), 0.5)).toBeCloseTo(0.0075);
    expect(percentile(DELIVERY_BUCKETS_S, counts.with(3, 90).with(5, 10), 0.95)).toBeCloseTo(0.0375);
    expect(percentile(DELIVERY_BUCKETS_S, counts.with(12, 1), 0.5)).toBe(10);
  });
});

describe('the trend of a lag', () => {
  it('is steady for what moves by a batch, and by a twentieth', () => {
    expect(trendOf([])).toBe('steady');
    expect(trendOf([0, 10])).toBe('steady');
    expect(trendOf([0, 11])).toBe('growing');
    expect(trendOf([12_000, 12_600])).toBe('steady');
    expect(trendOf([12_000, 11_000])).toBe('shrinking');
  });

  it('compares with ten readings ago', () => {
    expect(trendOf([900, ...Array<number>(11).fill(500)])).toBe('steady');
  });

  it('C4 is kept for the worst partitions only, worst first', () => {
    const trends = new LagTrends();
    const lagOf = (partition: number) =>
      ({ stage: 'relay', name: '', topic: 'a', partition, behind: partition }) as const;
    const lags = Array.from({ length: MAX_LAGS + 50 }, (_, i) => lagOf(i));
    trends.read(lags);
    const read = trends.read(lags);
    expect(read).toHaveLength(MAX_LAGS);
    expect(read[0]).toMatchObject({ partition: MAX_LAGS + 49, recent: [MAX_LAGS + 49, MAX_LAGS + 49] });
  });
});

describe('the history of a node', () => {
  it('C4 keeps one hour and no more, oldest first, and fits into one answer', async () => {
    const history = new FigureHistory();
    const metrics = new Metrics();
    const figures = await readFigures(metrics);
    const sample = sampleOf(figures, figures, PROCESS, 1);
    expect(history.read().series).toEqual({});
    for (let i = 0; i < HISTORY_LENGTH + 5; i++) {
      const odd = 1_234_567 + i / 7;
      const latency = figures.latency.map(() => odd);
      const rates = Object.fromEntries(Object.keys(sample.rates).map((name) => [name, odd]));
      const levels = Object.fromEntries(Object.keys(sample.levels).map((name) => [name, odd]));
      history.push({
        ...sample,
        latency,
        rates: { ...sample.rates, ...rates, relayed: i },
        levels: { ...sample.levels, ...levels },
      });
    }
    const { series, stepMs } = history.read();
    expect(series['rate.relayed']).toHaveLength(HISTORY_LENGTH);
    expect(series['rate.relayed']?.[0]).toBe(5);
    expect(series['rate.relayed']?.at(-1)).toBe(HISTORY_LENGTH + 4);
    expect(series['process.cpuShare']?.at(-1)).toBe(0.5);
    expect(stepMs * HISTORY_LENGTH).toBe(3_600_000);
    expect(Buffer.byteLength(JSON.stringify(history.read()))).toBeLessThan(MAX_MESSAGE_BYTES);
  });
});
