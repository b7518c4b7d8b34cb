import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChainState, onBeat, onRelayed, onRepaired } from '../../src/core/chain.js';
import type { Relayed } from '../../src/core/event.js';
import { eventId, offset } from '../../src/core/ids.js';

const relayed = (at: number): Relayed => ({
  offset: offset(at),
  timestamp: at,
  event: { id: eventId(String(at)), source: '/t', type: 'T', subject: null, time: '', data: null },
});
const live = (at: number): ChainState => ({ state: 'live', at: offset(at) });
const message = (prev: number, ...offsets: number[]) => ({
  prev: offset(prev),
  events: offsets.map(relayed),
});
const offsetsOf = (events: readonly Relayed[]) => events.map((event) => Number(event.offset));

describe('the chain', () => {
  it('D3 delivers events that follow, over holes in the offsets', () => {
    const step = onRelayed(live(4), message(4, 7, 9), 100);
    expect(offsetsOf(step.deliver)).toEqual([7, 9]);
    expect(step.chain).toEqual(live(9));
  });

  it('D3 drops events that were delivered before, also within a message', () => {
    expect(onRelayed(live(9), message(4, 7, 9), 100)).toEqual({ chain: live(9), deliver: [] });
    expect(offsetsOf(onRelayed(live(7), message(4, 7, 9), 100).deliver)).toEqual([9]);
    // A late repeat does not take the place back, or what follows would be delivered again.
    expect(onRelayed(live(9), message(4, 7), 100)).toEqual({ chain: live(9), deliver: [] });
  });

  it('D3 holds messages after a gap until the gap is repaired', () => {
    const gap = onRelayed(live(4), message(6, 8), 100);
    expect(gap.deliver).toEqual([]);
    expect(gap.chain).toMatchObject({ state: 'repairing', at: 4, upTo: 6 });
    const closed = onRepaired(gap.chain, [relayed(6)], offset(6));
    expect(offsetsOf(closed.deliver)).toEqual([6, 8]);
    expect(closed.chain).toEqual(live(8));
  });

  it('D7 treats a beat above its position as a gap', () => {
    expect(onBeat(live(4), offset(4)).chain).toEqual(live(4));
    expect(onBeat(live(4), offset(6)).chain).toMatchObject({ state: 'repairing', upTo: 6 });
  });

  it('C4 holds no more events than its limit, and repairs the rest instead', () => {
    const gap = onRelayed(live(0), message(2, 3, 4), 2);
    const full = onRelayed(gap.chain, message(4, 5), 2);
    expect(full.chain).toMatchObject({ state: 'repairing', upTo: 5, held: [], heldEvents: 0 });
  });

  it('D3 delivers every event once and in order, whatever messages are dropped, repeated or split', () => {
    const visible = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 });
    const plan = fc.array(
      fc.record({ drop: fc.boolean(), twice: fc.boolean(), beat: fc.boolean(), repairNow: fc.boolean() }),
      {
        minLength: 30,
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(
        visible,
        plan,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 4 }),
        (raw, fate, size, maxHeldEvents) => {
          const log = raw.sort((a, b) => a - b);
          const got: number[] = [];
          let chain: ChainState = live(0);
          const apply = (step: { chain: ChainState; deliver: readonly Relayed[] }) => {
            chain = step.chain;
            got.push(...offsetsOf(step.deliver));
          };
          const repair = () => {
            for (let i = 0; i < 100 && chain.state === 'repairing'; i++) {
              const { at, upTo } = chain;
              const through = Math.min(upTo, at + 7);
              apply(
                onRepaired(chain, log.filter((o) => o > at && o <= through).map(relayed), offset(through)),
              );
            }
          };
          let prev = 0;
          for (let i = 0, turn = 0; i < log.length; i += size, turn++) {
            const events = log.slice(i, i + size);
            const next = message(prev, ...events);
            prev = events.at(-1) ?? prev;
            const fateOf = fate[turn % fate.length];
            if (!fateOf?.drop) apply(onRelayed(chain, next, maxHeldEvents));
            if (fateOf?.twice) apply(onRelayed(chain, next, maxHeldEvents));
            if (fateOf?.beat) apply(onBeat(chain, offset(prev)));
            if (fateOf?.repairNow) repair();
          }
          apply(onBeat(chain, offset(prev)));
          repair();
          expect(got).toEqual(log);
          expect(chain.state).toBe('live');
        },
      ),
    );
  });
});
