import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PartitionPosition } from '../../../src/core/cursor.js';
import type { Relayed } from '../../../src/core/event.js';
import { eventId, type Offset, offset, type Partition, partition, topic } from '../../../src/core/ids.js';
import {
  type CatchingUp,
  catchUpConflated,
  type Readable,
} from '../../../src/subscribe/delivery/conflated-replay.js';
import {
  Conflation,
  ConflationBudget,
  type ConflationLimits,
} from '../../../src/subscribe/delivery/conflation.js';

/** One event of a history: on which partition, of which key, and whether the subscription matches it. */
interface Past {
  readonly on: 0 | 1;
  readonly key: string | null;
  readonly wanted: boolean;
  /** Whether a result can be made of it. */
  readonly sound: boolean;
}

interface Run {
  readonly past: readonly Past[];
  /** How many are there when the client begins to read, how many come with each turn, and the stretch of a read. */
  readonly missed: number;
  readonly arriving: number;
  readonly stretch: number;
  /** How many results the client takes each time that it reads. */
  readonly rooms: readonly number[];
  readonly limits: ConflationLimits;
  readonly nodeBytes: number;
}

const runs: fc.Arbitrary<Run> = fc.record({
  past: fc.array(
    fc.record<Past>({
      on: fc.constantFrom(0, 1),
      key: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { freq: 3 }),
      wanted: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
      sound: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    }),
    { maxLength: 60 },
  ),
  missed: fc.nat(60),
  arriving: fc.nat(3),
  stretch: fc.integer({ min: 1, max: 20 }),
  rooms: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 30 }),
  limits: fc.record({ keys: fc.integer({ min: 1, max: 6 }), bytes: fc.constantFrom(1_200, 1_000_000) }),
  nodeBytes: fc.constantFrom(1_000, 1_000_000),
});

interface Shown {
  readonly on: Partition;
  readonly offset: Offset;
  readonly leftOut: number;
  /** The offset reached in each partition, as the result's cursor says it. */
  readonly cursor: ReadonlyMap<Partition, Offset>;
}

/** A slow client's way through a history. */
async function follow(run: Run) {
  const { past, limits } = run;
  const at = (number: Partition) => ({ topic: topic('t'), partition: number });
  const histories = [0, 1].map((on) =>
    past.flatMap((one, i): (Past & { readonly relayed: Relayed; readonly from: number })[] => {
      if (one.on !== on) return [];
      const event = { id: eventId(`e${i}`), source: '/', type: 'E', subject: one.key, time: '', data: null };
      // With holes, as in Kafka.
      return [{ ...one, from: i, relayed: { offset: offset(2 * i), timestamp: 0, event } }];
    }),
  );
  let there = Math.min(run.missed, past.length);
  const partitions = histories.map((history, on): Readable => {
    const here = () => history.filter(({ from }) => from < there);
    return {
      at: { ...at(partition(on)), topicId: undefined },
      get reached(): PartitionPosition {
        return { offset: offset(here().at(-1)?.relayed.offset ?? -1), fingerprint: 0 };
      },
      read: async (after) => {
        const events = here()
          .map(({ relayed }) => relayed)
          .filter((one) => one.offset > after)
          .slice(0, run.stretch);
        return { events, through: events.at(-1)?.offset ?? after };
      },
    };
  });
  const known = (on: Partition, here: Offset) =>
    histories[on]?.find(({ relayed }) => relayed.offset === here);
  const reached = new Map(partitions.map((one) => [one.at.partition, offset(-1)]));
  const shown: Shown[] = [];
  let room = 0;
  let heldMost = 0;
  const budget = new ConflationBudget(run.nodeBytes);
  const conflation = new Conflation(limits, budget);
  const catchingUp: CatchingUp = {
    at: (number) => reached.get(number) ?? offset(-1),
    advance: (number, through) => {
      if (through > (reached.get(number) ?? -1)) reached.set(number, through);
    },
    matches: (event) => known(event.at.partition, event.relayed.offset)?.wanted === true,
    deliver: async (event, leftOut) => {
      const { partition: on } = event.at;
      heldMost = Math.max(heldMost, conflation.size);
      if (room === 0) return 'refused';
      reached.set(on, event.relayed.offset);
      if (known(on, event.relayed.offset)?.sound === false) return 'filtered';
      room -= 1;
      shown.push({ on, offset: event.relayed.offset, leftOut, cursor: new Map(reached) });
      return 'delivered';
    },
    nextTick: async () => {
      there = Math.min(past.length, there + run.arriving);
      return true;
    },
  };
  const behind = () => partitions.some((one) => catchingUp.at(one.at.partition) < one.reached.offset);
  for (let reads = 0; behind() || there < past.length; reads++) {
    if (!behind()) there += 1;
    room = run.rooms[reads % Math.max(1, run.rooms.length)] ?? 1;
    await catchUpConflated(conflation, partitions, catchingUp);
  }
  return { histories, shown, budget, heldMost };
}

describe('conflation', () => {
  it('D8 D3 conflation delivers the newest event of each key once and in order, and counts what it leaves out', () =>
    fc.assert(
      fc.asyncProperty(runs, async (run) => {
        const { histories, shown } = await follow(run);
        for (const [on, history] of histories.entries()) {
          const wanted = history.filter((one) => one.wanted);
          const results = shown.filter((one) => one.on === on);
          const offsets = results.map((one) => Number(one.offset));
          expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
          const kept = new Set(offsets);
          for (const [i, { key, sound, relayed }] of wanted.entries()) {
            const isNewest = key === null || !wanted.slice(i + 1).some((later) => later.key === key);
            if (isNewest && sound) expect(kept).toContain(relayed.offset);
          }
          // Between two results, everything that was wanted and could be shown is counted, and nothing else.
          let before = -1;
          for (const { offset: here, leftOut } of results) {
            const between = wanted.filter(({ relayed: { offset: o } }) => o > before && o < here);
            expect(leftOut).toBeLessThanOrEqual(between.length);
            expect(leftOut).toBeGreaterThanOrEqual(between.filter(({ sound }) => sound).length);
            before = here;
          }
        }
      }),
    ));

  it('D4 every conflated event that was not delivered, or a newer one of its key, follows each cursor', () =>
    fc.assert(
      fc.asyncProperty(runs, async (run) => {
        const { histories, shown } = await follow(run);
        for (const [i, { cursor }] of shown.entries()) {
          const before = new Set(shown.slice(0, i + 1).map((one) => `${one.on}@${one.offset}`));
          for (const [on, history] of histories.entries()) {
            const here = cursor.get(partition(on)) ?? -1;
            const wanted = history.filter((one) => one.wanted);
            for (const [j, { key, sound, relayed }] of wanted.entries()) {
              if (relayed.offset > here || !sound || before.has(`${on}@${relayed.offset}`)) continue;
              const newer = wanted.slice(j + 1).filter((later) => later.key === key);
              expect(key).not.toBeNull();
              // The newest may be one of which no result can be made.
              const comesOrCame = newer.some(
                (later) =>
                  later.relayed.offset > here || !later.sound || before.has(`${on}@${later.relayed.offset}`),
              );
              expect(comesOrCame).toBe(true);
            }
          }
        }
      }),
    ));

  it('C4 conflation remembers no more than its limits, and nothing at the end', () =>
    fc.assert(
      fc.asyncProperty(runs, async (run) => {
        const { budget, heldMost } = await follow(run);
        expect(heldMost).toBeLessThanOrEqual(run.limits.keys + 1);
        expect(budget.used).toBe(0);
      }),
    ));

  it('C4 conflation at its limit delivers the oldest event although a newer one of its key follows', async () => {
    const past = ['a', 'b', 'c', 'a'].map((key): Past => ({ on: 0, key, wanted: true, sound: true }));
    const run = { past, missed: 4, arriving: 0, stretch: 10, rooms: [10], nodeBytes: 1_000_000 };
    const few = await follow({ ...run, limits: { keys: 2, bytes: 1_000_000 } });
    expect(few.shown.map((one) => [Number(one.offset), one.leftOut])).toEqual(
      [0, 2, 4, 6].map((o) => [o, 0]),
    );
    const enough = await follow({ ...run, limits: { keys: 3, bytes: 1_000_000 } });
    expect(enough.shown.map((one) => [Number(one.offset), one.leftOut])).toEqual([
      [2, 1],
      [4, 0],
      [6, 0],
    ]);
    const noBytes = await follow({ ...run, limits: { keys: 3, bytes: 1_200 } });
    expect(noBytes.shown.map((one) => Number(one.offset))).toEqual([0, 2, 4, 6]);
    const noneLeft = await follow({ ...run, limits: { keys: 3, bytes: 1_000_000 }, nodeBytes: 1_200 });
    expect(noneLeft.shown.map((one) => Number(one.offset))).toEqual([0, 2, 4, 6]);
  });
});
