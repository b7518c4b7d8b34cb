import { describe, expect, it } from 'vitest';
import { offset } from '../../src/core/ids.js';
import { DuplicateFilter } from '../../src/hub/duplicate-filter.js';
import { LiveDelivery } from '../../src/hub/live-delivery.js';
import { Ring } from '../../src/hub/ring.js';
import { TickBudget } from '../../src/hub/tick-budget.js';
import { Metrics } from '../../src/observe/metrics.js';
import { freshPartition, relayed, upTo } from '../contract/fanout-tools.js';

const nextTick = () => new Promise(setImmediate);

/** A delivery of a partition, and the offsets of each call of its listener. The clock stands still. */
function open({ maxDue = 100, now = (): number => 0 } = {}) {
  const calls: number[][] = [];
  let first: (() => void) | undefined;
  const listener = {
    onEvents: (_at: unknown, events: readonly { readonly offset: number }[]) => {
      calls.push(events.map((event) => event.offset));
      first?.();
      first = undefined;
    },
    onLost: () => undefined,
  };
  const ring = new Ring(offset(-1), { events: 100, bytes: 1 << 20 });
  const delivery = new LiveDelivery(offset(-1), {
    at: freshPartition(),
    listeners: new Set([listener]),
    ring,
    duplicates: new DuplicateFilter(),
    tickBudget: new TickBudget(now),
    metrics: new Metrics(),
    maxDue,
  });
  const push = (first: number, last: number): void =>
    delivery.push(
      upTo(first, last).map((at) => relayed(at)),
      offset(last),
    );
  const onFirst = (call: () => void): void => {
    first = call;
  };
  return { calls, ring, delivery, push, onFirst };
}

describe('the live delivery of a partition', () => {
  it('D3 delivers the first message of a tick at once, and all others of it together in the next, in order', async () => {
    const { calls, delivery, push } = open();
    push(0, 1);
    expect(calls).toEqual([[0, 1]]);
    push(2, 4);
    push(5, 6);
    expect(calls).toEqual([[0, 1]]);
    expect(delivery.delivered.offset).toBe(1);
    await nextTick();
    expect(calls).toEqual([[0, 1], upTo(2, 6)]);
    expect(delivery.delivered.offset).toBe(6);
    push(7, 7);
    expect(calls.at(-1)).toEqual([7]);
  });

  it('D3 delivers what a listener causes to arrive after what it is being given', async () => {
    const { calls, push, onFirst } = open();
    onFirst(() => push(3, 4));
    push(0, 2);
    await nextTick();
    expect(calls).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
  });

  it('moves its position over offsets that are not visible', () => {
    const { delivery } = open();
    delivery.push([], offset(7));
    expect(delivery.delivered).toEqual({ offset: 7, fingerprint: 0 });
  });

  it('S4 continues in the next tick once the budget of a tick is spent', async () => {
    let time = 0;
    const { calls, push } = open({ now: () => (time += 1_000) });
    push(0, 19);
    const delivered = calls.flat().length;
    expect(delivered).toBeGreaterThan(0);
    expect(delivered).toBeLessThan(20);
    await expect.poll(() => calls.flat()).toEqual(upTo(0, 19));
  });

  it('C4 delivers at once when more events are due than may wait', () => {
    const { calls, push } = open({ maxDue: 3 });
    push(0, 3);
    expect(calls.flat()).toEqual([0, 1, 2, 3]);
  });

  it('D5 delivers what is due before it continues after a loss', async () => {
    const { calls, ring, delivery, push } = open();
    push(0, 2);
    delivery.flush();
    expect(calls.flat()).toEqual([0, 1, 2]);
    expect(delivery.delivered).toEqual({ offset: 2, fingerprint: 0 });
    delivery.restart(offset(9));
    expect(delivery.delivered).toEqual({ offset: 9, fingerprint: 0 });
    expect(ring.after(offset(2), 10)).toBeUndefined();
    push(10, 11);
    await nextTick();
    expect(calls.flat()).toEqual([0, 1, 2, 10, 11]);
    expect(ring.after(offset(9), 10)).toHaveLength(2);
  });
});

describe('the duplicate filter of a partition', () => {
  it('D1 drops a later event with the id of an idempotent event, and keeps the first however often it is read', () => {
    const filter = new DuplicateFilter();
    const first = relayed(1, { idempotent: true });
    const second = { ...relayed(5), event: first.event };
    expect(filter.filter([first, second])).toEqual([first]);
    expect(filter.filter([first])).toEqual([first]);
    expect(filter.filter([second])).toEqual([]);
  });

  it('D1 keeps events with equal ids that are not idempotent', () => {
    const filter = new DuplicateFilter();
    const events = [relayed(1), { ...relayed(2), event: relayed(1).event }];
    expect(filter.filter(events)).toEqual(events);
  });
});
