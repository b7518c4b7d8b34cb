import { describe, expect, it } from 'vitest';
import { offset, partition, topic } from '../../src/core/ids.js';
import { FlowMeter } from '../../src/topology/flow-meter.js';

const ORDERS = topic('orders');

/** A reading of one topic and of one group, whose progress is `undefined` in partitions that it has not committed. */
const reading = (atMs: number, ends: readonly number[], progress: readonly (number | undefined)[] = []) => ({
  atMs,
  ends: new Map([[ORDERS, ends.map(offset)]]),
  groups: [
    {
      name: 'billing',
      protocol: undefined,
      state: 'Stable',
      members: 1,
      clients: [],
      topics: [ORDERS],
      progress: progress.flatMap((at, number) =>
        at === undefined ? [] : [{ topic: ORDERS, partition: partition(number), offset: offset(at) }],
      ),
    },
  ],
});

function meterOf(readings: readonly ReturnType<typeof reading>[]): FlowMeter {
  const meter = new FlowMeter();
  for (const one of readings) meter.add(one);
  return meter;
}

describe('what moves on the map', () => {
  it('has no rate after one reading, but a lag', () => {
    const meter = meterOf([reading(0, [10, 5], [4, 5])]);
    expect(meter.topic('orders').perSecond).toBeUndefined();
    expect(meter.group('billing', 'orders')).toEqual({ perSecond: undefined, lag: 6, isLagGrowing: false });
  });

  it('has rates of topics and groups, summed over partitions and averaged over the last readings', () => {
    const meter = meterOf([
      reading(0, [10, 5], [10, 5]),
      reading(2_000, [14, 5], [12, 5]),
      reading(4_000, [14, 9], [14, 5]),
    ]);
    expect(meter.topic('orders').perSecond).toBe(2);
    expect(meter.group('billing', 'orders')).toMatchObject({ perSecond: 1, lag: 4 });
  });

  it('does not take the first commit in a partition, a reset or a recreated topic for events', () => {
    const meter = meterOf([
      reading(0, [1_000_000, 500], [undefined, 500]),
      reading(2_000, [1_000_000, 0], [1_000_000, 0]),
    ]);
    expect(meter.topic('orders').perSecond).toBe(0);
    expect(meter.group('billing', 'orders')).toMatchObject({ perSecond: 0, lag: 0 });
  });

  it('counts no lag in partitions in which the group has no progress: it may begin anywhere', () => {
    expect(meterOf([reading(0, [10, 5])]).group('billing', 'orders').lag).toBeUndefined();
  });

  it('begins again after a pause in which nobody looked', () => {
    const meter = meterOf([reading(0, [0]), reading(600_000, [600])]);
    expect(meter.topic('orders').perSecond).toBeUndefined();
  });

  it('says that a lag grows when it does over many readings, and not when a consumer commits now and then', () => {
    const growing = Array.from({ length: 8 }, (_, i) => reading(i * 2_000, [100 + 20 * i], [100 + 10 * i]));
    expect(meterOf(growing).group('billing', 'orders').isLagGrowing).toBe(true);
    expect(meterOf(growing.slice(0, 4)).group('billing', 'orders').isLagGrowing).toBe(false);
    const saw = Array.from({ length: 8 }, (_, i) =>
      reading(i * 2_000, [100 + 10 * i], [100 + 10 * (i - (i % 3))]),
    );
    expect(meterOf(saw).group('billing', 'orders').isLagGrowing).toBe(false);
  });
});
