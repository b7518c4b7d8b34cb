import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventId, offset, partition, topic } from '../../src/core/ids.js';
import { EventTrail } from '../../src/observe/event-trail.js';

const at = { topic: topic('orders'), partition: partition(2) };
const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    offset: offset(from + i),
    timestamp: 0,
    event: { id: eventId(`e${from + i}`), source: '/t', type: 'T', subject: 'k', time: '', data: null },
  }));
const shown = (all: ReturnType<typeof events>) => all.map((relayed) => ({ relayed }));
const ask = (...offsets: number[]) => [{ topic: 'orders', partition: 2, offsets }];

describe('the trail of events through a node', () => {
  it('has what happened to each event: relayed, received, shown to how many clients of which field, repaired', () => {
    let now = 100;
    const trail = new EventTrail({ now: () => now });
    const [orders, stock] = [trail.fieldNumber('orderEvents'), trail.fieldNumber('stockLow')];
    expect(trail.fieldNumber('orderEvents')).toBe(orders);
    const all = events(5, 4);
    trail.relayed(at, all);
    trail.relayed(at, []);
    now = 110;
    trail.repaired(at, 4, 6);
    const tally = trail.tally(all);
    // Two cohorts of one field; the second one's only member took the first of its two events.
    tally.shown(orders, shown(all.slice(0, 3)), 3 * 7);
    tally.shown(orders, shown(all.slice(1, 3)), 1);
    tally.shown(stock, shown(all.slice(0, 1)), 0);
    trail.delivered(at, tally);
    const { entries, since, isCut } = trail.answer(ask(5, 6, 7, 8));
    const where = { of: 0 };
    expect(entries).toEqual([
      { ...where, kind: 'relayed', first: 5, last: 8, time: 100 },
      { ...where, kind: 'repaired', first: 5, last: 6, time: 110 },
      { ...where, kind: 'received', first: 8, last: 8, time: 110 },
      { ...where, kind: 'shown', first: 5, last: 5, time: 110, field: 'orderEvents', clients: 7 },
      { ...where, kind: 'shown', first: 6, last: 6, time: 110, field: 'orderEvents', clients: 8 },
      { ...where, kind: 'shown', first: 7, last: 7, time: 110, field: 'orderEvents', clients: 7 },
      { ...where, kind: 'shown', first: 5, last: 5, time: 110, field: 'stockLow', clients: 0 },
    ]);
    expect({ since, isCut }).toEqual({ since: 100, isCut: false });
    expect(trail.answer(ask(4, 9)).entries).toEqual([]);
    expect(trail.answer([{ topic: 'orders', partition: 1, offsets: [5] }]).entries).toEqual([]);
    expect(trail.answer([{ topic: 'unknown', partition: 2, offsets: [5] }]).entries).toEqual([]);
  });

  it('C4 keeps its newest entries, and says since when it knows anything', () => {
    let now = 0;
    const trail = new EventTrail({ entries: 10, now: () => now });
    for (now = 1; now <= 25; now += 1) trail.relayed(at, events(now, 1));
    const { entries, since } = trail.answer(ask(...Array.from({ length: 30 }, (_, i) => i)));
    expect(entries.map(({ first }) => first)).toEqual([16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
    expect(since).toBe(16);
  });

  it('S4 answers with a bounded number of entries, the newest ones', () => {
    const trail = new EventTrail();
    for (let i = 0; i < 2_500; i += 1) trail.relayed(at, events(i % 10, 1));
    const { entries, isCut } = trail.answer(ask(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    expect(entries).toHaveLength(1_000);
    expect(isCut).toBe(true);
    expect(entries.at(-1)?.first).toBe(9);
  });

  it('counts every client once, whatever cohorts show which events', () => {
    const cohort = record({
      field: constantFrom('a', 'b', 'c'),
      mask: integer({ min: 1, max: 255 }),
      members: integer({ min: 0, max: 9 }),
    });
    assert(
      property(array(array(cohort, { maxLength: 6 }), { maxLength: 4 }), (rounds) => {
        const trail = new EventTrail();
        const expected = new Map<string, number>();
        for (const [round, cohorts] of rounds.entries()) {
          const all = events(round * 8, 1 + (round % 8));
          const tally = trail.tally(all);
          for (const { field, mask, members } of cohorts) {
            const some = all.filter((_, i) => ((mask >> i) & 1) === 1);
            if (some.length === 0) continue;
            tally.shown(trail.fieldNumber(field), shown(some), some.length * members);
            for (const one of some) {
              const name = `${field} ${one.offset}`;
              expected.set(name, (expected.get(name) ?? 0) + members);
            }
          }
          trail.delivered(at, tally);
        }
        const found = new Map<string, number>();
        const { entries } = trail.answer(ask(...Array.from({ length: 40 }, (_, i) => i)));
        for (const { field, first, last, clients = 0 } of entries)
          if (field !== undefined) for (let i = first; i <= last; i += 1) found.set(`${field} ${i}`, clients);
        expect(found).toEqual(expected);
      }),
    );
  });
});
