import { array, assert, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { offset, partition, topic } from '../../src/core/ids.js';
import { type EventTree, eventTrees, type TracedEvent } from '../../src/lineage/lineage.js';
import { lineageLines } from '../../src/lineage/lineage-format.js';
import { timesBySource } from '../../src/lineage/step-times.js';

let next = 0;
function event(id: string, causationId?: string, more: Partial<TracedEvent> = {}): TracedEvent {
  next += 1;
  return {
    ...{ topic: topic('orders'), partition: partition(0), offset: offset(next), id, causationId },
    ...{
      source: '/gateway',
      type: id,
      key: 'k',
      timestamp: 1_000,
      correlationId: 'c',
      traceparent: undefined,
      deadLetters: [],
    },
    ...more,
  };
}
const flat = (trees: readonly EventTree[]): readonly TracedEvent[] =>
  trees.flatMap(({ event: one, effects }) => [one, ...flat(effects)]);

describe('the trees of events', () => {
  it('have each event below its cause, in the order of time, whatever the order in which they were read', () => {
    const events = [
      event('charged', 'reserved', { timestamp: 1_030 }),
      event('placed', undefined, { timestamp: 1_000 }),
      event('reserved', 'placed', { timestamp: 1_010, topic: topic('stock') }),
      event('refused', 'placed', { timestamp: 1_005 }),
      event('other', 'of another day', { timestamp: 2_000 }),
    ];
    expect(lineageLines(events).map((line) => line.replace(/ +orders.*| +stock.*/, ''))).toEqual([
      'from 1970-01-01T00:00:01.000Z',
      '   +0 ms  placed',
      '   +5 ms    refused',
      '  +10 ms    reserved',
      '  +30 ms      charged',
      '+1000 ms  other',
    ]);
  });

  it('have every event once, also with repeated ids and with causes in a circle', () => {
    const id = integer({ min: 0, max: 5 }).map(String);
    const events = array(record({ id, cause: id, timestamp: integer({ min: 0, max: 9 }) }), {
      maxLength: 20,
    });
    assert(
      property(events, (given) => {
        const all = given.map(({ id: name, cause, timestamp }) => event(name, cause, { timestamp }));
        const found = flat(eventTrees(all));
        expect(new Set(found)).toEqual(new Set(all));
        expect(found).toHaveLength(all.length);
      }),
    );
  });

  it('may be as deep as the log is long', () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => event(`e${i}`, `e${i - 1}`));
    expect(lineageLines(chain)).toHaveLength(20_001);
  });

  it('show what dead letters say below their event, and no control characters of producers', () => {
    const at = { topic: topic('orders.dlt'), partition: partition(0), offset: offset(4) };
    const deadLetters = [{ kind: 'service', reason: 'no \u001b[31mstock', failedIn: 'inventory', at }];
    expect(lineageLines([event('placed\n', undefined, { deadLetters })])).toEqual([
      'from 1970-01-01T00:00:01.000Z',
      expect.stringMatching(/^\+0 ms {2}placed {3}orders\/0@\d+ {2}k {2}\/gateway$/),
      '    stopped in inventory: service: no  [31mstock (orders.dlt/0@4)',
    ]);
  });

  it('say how long each publisher took from cause to effect, and never less than nothing', () => {
    const events = [
      event('placed', undefined, { timestamp: 1_000 }),
      event('reserved', 'placed', { timestamp: 1_010, source: '/services/inventory' }),
      event('charged', 'reserved', { timestamp: 1_040, source: '/services/payment' }),
      // Stamped by another clock than its cause.
      event('shipped', 'charged', { timestamp: 990, source: '/services/shipping' }),
      event('released', 'charged', { timestamp: 1_060, source: '/services/inventory' }),
    ];
    expect(timesBySource(events)).toEqual([
      { source: '/services/inventory', events: 2, totalMs: 30, longestMs: 20 },
      { source: '/services/payment', events: 1, totalMs: 30, longestMs: 30 },
      { source: '/services/shipping', events: 1, totalMs: 0, longestMs: 0 },
    ]);
  });
});
