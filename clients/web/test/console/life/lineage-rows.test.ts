import { describe, expect, it } from 'vitest';
import {
  DeliveryIndex,
  type DeliveryStep,
  silenceSentence,
  stepSentence,
} from '../../../src/console/life/deliveries';
import { Collection, type FoundEvent } from '../../../src/console/life/found';
import { type EventRow, rowsOf } from '../../../src/console/life/lineage-rows';
import type { LifeSubscription } from '../../../src/console/life/operations';
import { summaryOf } from '../../../src/console/life/summary';
import { duration } from '../../../src/console/life/wording';

type Step = LifeSubscription['life'];
type Event = Step['events'][number];

const timeOf = (ms: number): string => new Date(1_000_000 + ms).toISOString();
let next = 0;
function event(id: string, ms: number, causationId: string | null = null, more: Partial<Event> = {}): Event {
  next += 1;
  return {
    ...{ topic: 'orders', partition: 0, offset: next, id, source: '/gateway', type: id, key: 'order-1' },
    ...{ time: timeOf(ms), correlationId: 'c', causationId, traceId: null, traceUrl: null, ...more },
  };
}
const progress = {
  ...{ pass: 'DONE' as const, done: 1, total: 1, records: 1, since: timeOf(0), topics: ['orders'] },
  ...{ notReadWhole: [], isCut: false },
};
const step = (events: readonly Event[], letters: Step['letters'] = []): Step => ({
  ...{ events, letters, progress, reading: null },
});
const collected = (...steps: readonly Step[]) => {
  const collection = new Collection();
  for (const one of steps) collection.add(one);
  return collection.found();
};
const eventRows = (events: readonly FoundEvent[], arrangement: 'time' | 'tree') =>
  rowsOf(events, arrangement).filter((row): row is EventRow => row.kind === 'event');

describe('what a reading has found', () => {
  it('has every event once, in the order of time, with its dead letters, whatever comes again', () => {
    const [placed, charged] = [event('placed', 0), event('charged', 20, 'placed')];
    const letter = {
      ...{ topic: 'orders', partition: 0, kind: 'service', reason: 'no stock', failedIn: 'inventory' },
      ...{ time: timeOf(30), isEvent: true, letterTopic: 'orders.dlt', letterPartition: 0 },
    };
    const letters = [
      { ...letter, offset: placed.offset, letterOffset: 0 },
      { ...letter, offset: 99_999, letterOffset: 1, isEvent: false },
    ];
    const found = collected(step([charged], letters), step([placed, charged], letters.slice(0, 1)));
    expect(found.events.map(({ id, letters: of }) => [id, of.length])).toEqual([
      ['placed', 1],
      ['charged', 0],
    ]);
    expect(found.orphans.map(({ position }) => position)).toEqual(['orders/0@99999']);
  });

  it('is arranged as a tree by causes, and every event has one row, also with causes in a circle', () => {
    const { events } = collected(
      step([
        event('placed', 0),
        event('charged', 30, 'reserved'),
        event('reserved', 10, 'placed', { source: '/services/inventory' }),
        event('a', 40, 'b'),
        event('b', 50, 'a'),
        event('self', 60, 'self'),
      ]),
    );
    expect(eventRows(events, 'tree').map(({ event: { id }, depth }) => [id, depth])).toEqual([
      ['placed', 0],
      ['reserved', 1],
      ['charged', 2],
      ['self', 0],
      ['a', 0],
      ['b', 1],
    ]);
    const bySource = rowsOf(events, 'source').map((row) =>
      row.kind === 'source' ? row.source : row.event.id,
    );
    expect(bySource).toEqual([
      '/gateway',
      'placed',
      'charged',
      'a',
      'b',
      'self',
      '/services/inventory',
      'reserved',
    ]);
  });

  it('says that clocks disagree by a negative time, and sums up no time less than none', () => {
    const { events } = collected(
      step([event('placed', 100), event('reserved', 60, 'placed', { source: '/services/inventory' })]),
    );
    const [first] = eventRows(events, 'time');
    expect(first).toMatchObject({ event: { id: 'reserved' }, tookMs: -40 });
    expect(rowsOf(events, 'source')[0]).toMatchObject({ source: '/services/inventory', totalMs: 0 });
  });

  it('is one row for each of 10,000 events within half a second, however deep', () => {
    const events = Array.from({ length: 10_000 }, (_, i) => event(`e${i}`, i, i === 0 ? null : `e${i - 1}`));
    const collection = new Collection();
    const began = performance.now();
    let rows = 0;
    for (let i = 0; i < 20; i += 1) {
      collection.add(step(events.slice(i * 500, (i + 1) * 500)));
      rows = rowsOf(collection.found().events, 'tree').length;
    }
    expect(rows).toBe(10_000);
    // Twenty times: all of what a page does while they arrive.
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('is summed up in one sentence', () => {
    const { events, ...rest } = collected(
      step([
        event('OrderPlaced', 0),
        event('OrderConfirmed', 1_210, 'OrderPlaced', { source: '/services/order' }),
        event('StockLevel', 1_250, 'OrderPlaced', { source: '/services/inventory', key: 'mug' }),
      ]),
    );
    const [placed] = events;
    const shown = { topic: 'orders', partition: 0, kind: 'SHOWN' as const, field: 'f', time: timeOf(0) };
    const at = placed?.offset ?? 0;
    const index = new DeliveryIndex({
      steps: [
        { ...shown, node: 'a', first: at, last: at, clients: 2 },
        { ...shown, node: 'b', first: at, last: at, clients: 1 },
      ],
    });
    expect(summaryOf('order-1', { events, ...rest }, index)).toBe(
      'Key order-1: 3 events in 1.3 s from 2 services and gateway; the last of the key is OrderConfirmed; delivered to 3 clients.',
    );
    expect(summaryOf('c', { events, ...rest }, undefined)).toMatch(/^Correlation id c: 3 events in 1.3 s/);
    expect(summaryOf('checkout-1', { events, ...rest }, undefined)).toMatch(/^Idempotency key checkout-1: /);
  });
});

describe('what the nodes did with an event, in sentences', () => {
  const NOW = Date.parse('2026-01-31T12:00:00Z');
  const base = {
    node: 'abcdefgh-1',
    topic: 'orders',
    partition: 0,
    first: 1,
    last: 1,
    time: '2026-01-31T11:59:58Z',
  };
  const of = (more: Partial<DeliveryStep>): DeliveryStep => ({
    ...{ ...base, kind: 'RELAYED', field: null, clients: null, ...more },
  });

  it('says who delivered it to how many clients, or why to none', () => {
    expect(stepSentence(of({}), NOW)).toMatch(/^Relayed .* by node abcdefgh at /);
    expect(stepSentence(of({ kind: 'SHOWN', field: 'f', clients: 1 }), NOW)).toMatch(/to 1 client of f\.$/);
    expect(stepSentence(of({ kind: 'SHOWN', field: 'f', clients: 0 }), NOW)).toMatch(
      /were behind. They replay it/,
    );
    expect(stepSentence(of({ kind: 'RECEIVED' }), NOW)).toMatch(/^Filtered out on node abcdefgh/);
    expect(stepSentence(of({ kind: 'REPAIRED' }), NOW)).toMatch(/the gap is repaired/);
  });

  it('says what is not known: before the memory of the nodes, or because nobody subscribes', () => {
    const node = { id: 'a', isSelf: true, isCut: false, since: '2026-01-31T11:00:00Z' };
    const known = { nodes: [node], silent: [], unheard: null, steps: [] };
    const at = (time: string) => ({ at: Date.parse(time) });
    expect(silenceSentence(at('2026-01-31T10:00:00Z'), [], known, NOW)).toMatch(
      /remember what they did since/,
    );
    expect(silenceSentence(at('2026-01-31T11:30:00Z'), [of({})], known, NOW)).toMatch(
      /^No subscription follows/,
    );
    expect(silenceSentence(at('2026-01-31T11:30:00Z'), [of({ kind: 'SHOWN' })], known, NOW)).toBeUndefined();
    expect(silenceSentence(at('2026-01-31T11:30:00Z'), [], { ...known, nodes: [] }, NOW)).toMatch(/^No node/);
  });
});

describe('a duration', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1_240, '1.2 s'],
    [59_400, '59 s'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [90_000_000, '1 d 1 h'],
    [-40, '−40 ms'],
  ])('of %i milliseconds is %s', (ms, text) => expect(duration(ms)).toBe(text));
});
