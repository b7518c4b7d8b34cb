import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Relayed } from '../../src/core/event.js';
import { eventId, type Offset, offset, partition, topic } from '../../src/core/ids.js';
import { BlockCache } from '../../src/hub/block-cache.js';
import { type Block, Blocks, type ReplayStep } from '../../src/hub/blocks.js';
import { PartitionReader, planRead, type ReadBlock, type ReadPlan } from '../../src/hub/partition-reader.js';
import { OffsetOutOfRange } from '../../src/ports/event-log.js';

const AT = { topic: topic('said'), partition: partition(0) };
const ROOMY = { bytes: 1 << 30, blocks: 1_000 };

const eventAt = (at: number): Relayed => ({
  offset: offset(at),
  timestamp: at,
  event: {
    id: eventId(`e${at}`),
    source: '/',
    type: 'Said',
    subject: null,
    time: '',
    data: Buffer.alloc(100),
  },
});

const blockOf = (offsets: readonly number[], from: number, through: number): Block => ({
  from: offset(from),
  through: offset(through),
  events: offsets.filter((at) => from <= at && at <= through).map(eventAt),
});

const offsetsOf = (events: readonly Relayed[]): number[] => events.map((event) => event.offset);

/** Reads everything in `(after, limit]`, step by step, as a replay does. */
async function replay(
  reader: { read(after: Offset, limit: Offset): Promise<ReplayStep> },
  after: number,
  limit: number,
): Promise<number[]> {
  const got: number[] = [];
  for (let at = offset(after); at < limit; ) {
    const { events, through } = await reader.read(at, offset(limit));
    expect(through).toBeGreaterThan(at);
    expect(through).toBeLessThanOrEqual(limit);
    got.push(...offsetsOf(events));
    at = through;
  }
  return got;
}

/** A reader of a partition with events at `offsets`, and the plans that it read. */
function readerOf(offsets: readonly number[], cache = new BlockCache(ROOMY)) {
  const reads: ReadPlan[] = [];
  const readBlock: ReadBlock = async (plan) => {
    reads.push(plan);
    await new Promise(setImmediate);
    return blockOf(offsets, plan.from, plan.through);
  };
  return { reader: new PartitionReader(AT, readBlock, cache), reads, cache };
}

const all = Array.from({ length: 5_000 }, (_, i) => i);

describe('the reader of a partition', () => {
  it('D4 C1 serves a thousand requests at nearby positions with one read, whichever comes first', async () => {
    for (const first of [0, 499, 999]) {
      const { reader, reads } = readerOf(all);
      const places = [3_500 + first / 2, ...Array.from({ length: 1_000 }, (_, i) => 3_500 + i / 2)].map(
        Math.floor,
      );
      const got = await Promise.all(places.map((after) => replay(reader, after, 3_999)));
      for (const [i, after] of places.entries()) expect(got[i]).toEqual(all.slice(after + 1, 4_000));
      expect(reads).toHaveLength(1);
    }
  });

  it('C1 reads only the new offsets after the partition has grown', async () => {
    const { reader, reads } = readerOf(all);
    await replay(reader, 0, 50);
    await replay(reader, 10, 60);
    expect(reads.map(({ from, through }) => [from, through])).toEqual([
      [0, 50],
      [51, 60],
    ]);
  });

  it('D7 reads a gap before all replays, and nothing that precedes it', async () => {
    const { reader, reads } = readerOf(all);
    const replays = [100, 2_000, 4_000].map((after) => reader.read(offset(after), offset(4_999)));
    const { events } = await reader.repair(offset(4_500), offset(4_510));
    expect(offsetsOf(events)).toEqual(all.slice(4_501, 4_511));
    await Promise.all(replays);
    expect(reads[1]).toEqual({ from: 4_501, needed: 4_501, through: 4_510, sizeUnknown: false });
  });

  it('rejects the requests that wait for a failed read, and no later ones', async () => {
    let failures = 1;
    const reader = new PartitionReader(
      AT,
      async ({ from, through }) => {
        await new Promise(setImmediate);
        if (failures-- > 0) throw new Error('away');
        return blockOf(all, from, through);
      },
      new BlockCache(ROOMY),
    );
    const outcomes = await Promise.allSettled(
      [10, 11, 4_000].map((after) => reader.read(offset(after), offset(4_050))),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(await replay(reader, 10, 100)).toEqual(all.slice(11, 101));
  });

  it('D5 rejects only the requests whose own offset is gone, each with that offset', async () => {
    const bounds = { earliest: offset(500), end: offset(5_000) };
    const reader = new PartitionReader(
      AT,
      async ({ needed: need, through }) => {
        await new Promise(setImmediate);
        if (need < bounds.earliest) throw new OffsetOutOfRange({ ...AT, offset: need }, bounds);
        return blockOf(all, need, through);
      },
      new BlockCache(ROOMY),
    );
    const outcomes = await Promise.allSettled(
      [498, 100, 499, 4_000].map((after) => reader.read(offset(after), offset(4_999))),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { at: { offset: 101 }, bounds } });
  });

  it('reads again what was forgotten, also when the read was in flight', async () => {
    const { reader, reads } = readerOf(all);
    await replay(reader, 10, 50);
    const underWay = reader.read(offset(2_000), offset(2_010));
    reader.forget();
    await underWay;
    await replay(reader, 10, 50);
    await replay(reader, 2_000, 2_010);
    expect(reads).toHaveLength(4);
  });

  it('S4 reads few large events at a time', async () => {
    const large = { ...eventAt(0), event: { ...eventAt(0).event, data: Buffer.alloc(1 << 20) } };
    const reads: ReadPlan[] = [];
    const reader = new PartitionReader(
      AT,
      async (plan) => {
        reads.push(plan);
        const events = all
          .filter((at) => plan.from <= at && at <= plan.through)
          .map((at) => ({ ...large, offset: offset(at) }));
        const through = Math.min(plan.through, plan.from + 7);
        return { from: plan.from, through: offset(through), events: events.slice(0, 8) };
      },
      new BlockCache(ROOMY),
    );
    await replay(reader, -1, 200);
    const sizes = reads.map(({ from, through }) => through - from + 1);
    expect(reads[0]?.sizeUnknown).toBe(true);
    expect(reads.slice(1).every(({ sizeUnknown }) => !sizeUnknown)).toBe(true);
    expect(Math.max(...sizes.slice(1))).toBe(8);
  });

  it('D3 D4 C1 gives every request its range and reads no offset twice, in every order of requests and answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.uniqueArray(fc.nat(3_000), { maxLength: 200 }),
        fc.array(
          fc.record({
            after: fc.integer({ min: -1, max: 2_999 }),
            length: fc.integer({ min: 1, max: 400 }),
            exact: fc.boolean(),
          }),
          {
            minLength: 1,
            maxLength: 30,
          },
        ),
        fc.infiniteStream(fc.record({ before: fc.nat(600), after: fc.nat(300), fails: fc.nat(9) })),
        fc.boolean(),
        async (scheduler, places, requests, answers, small) => {
          const offsets = [...places].sort((a, b) => a - b);
          const read = new Map<number, number>();
          const cache = new BlockCache(small ? { ...ROOMY, bytes: 3_000, blocks: 3 } : ROOMY);
          let failed = false;
          const readBlock: ReadBlock = async ({ from, needed: need, through }) => {
            expect(from).toBeLessThanOrEqual(need);
            expect(through).toBeGreaterThanOrEqual(need);
            await scheduler.schedule(Promise.resolve());
            const answer = answers.next().value;
            if (answer.fails === 0) {
              failed = true;
              throw new Error('away');
            }
            // Any part of the plan that contains the needed offset is a valid answer.
            const first = Math.max(from, need - answer.before);
            const last = Math.min(through, need + answer.after);
            for (let at = first; at <= last; at++) read.set(at, (read.get(at) ?? 0) + 1);
            return blockOf(offsets, first, last);
          };
          const reader = new PartitionReader(AT, readBlock, cache);
          const patient = (exact: boolean) => ({
            read: async (after: Offset, limit: Offset): Promise<ReplayStep> => {
              for (;;) {
                try {
                  return await (exact ? reader.repair(after, limit) : reader.read(after, limit));
                } catch (error) {
                  expect(String(error)).toContain('away');
                }
              }
            },
          });
          const replays = requests.map(async ({ after, length, exact }) => {
            await scheduler.schedule(Promise.resolve());
            return replay(patient(exact), after, after + length);
          });
          await scheduler.waitFor(Promise.all(replays));
          for (const [i, { after, length }] of requests.entries()) {
            expect(await replays[i]).toEqual(offsets.filter((at) => after < at && at <= after + length));
          }
          if (small) expect(cache.bytes).toBeLessThanOrEqual(3_000);
          else if (!failed) expect(Math.max(...read.values())).toBe(1);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the plan of a read', () => {
  it('a planned read stays within the uncovered offsets, the limit and the span, and contains the needed offset', () => {
    fc.assert(
      fc.property(
        fc.nat(5_000),
        fc.nat(2_000),
        fc.nat(2_000),
        fc.nat(2_000),
        fc.integer({ min: 0, max: 10 }),
        fc.boolean(),
        (need, below, above, ahead, power, exact) => {
          const free = { low: offset(Math.max(0, need - below)), high: offset(need + above) };
          const limit = offset(need + ahead);
          const plan = planRead(free, { needed: offset(need), limit, isRepair: exact }, 2 ** power);
          expect(plan.from).toBeGreaterThanOrEqual(exact ? need : free.low);
          expect(plan.from).toBeLessThanOrEqual(need);
          expect(plan.through).toBeGreaterThanOrEqual(need);
          expect(plan.through).toBeLessThanOrEqual(Math.min(free.high, limit));
          expect(plan.through - plan.from).toBeLessThan(2 ** power);
        },
      ),
    );
  });
});

describe('the block cache', () => {
  it('C4 the block cache stays within its limits and keeps the most recently used blocks', () => {
    const cache = new BlockCache({ bytes: 10_000, blocks: 3 });
    const blocks = new Blocks();
    const [a, b, c, d] = [0, 10, 20, 30].map((from) => blockOf([from], from, from + 9)) as [
      Block,
      Block,
      Block,
      Block,
    ];
    for (const block of [a, b, c]) cache.add(blocks, block);
    cache.touch(a);
    cache.add(blocks, d);
    expect(blocks.all).toEqual([a, c, d]);
    cache.remove(a);
    cache.touch(a);
    expect(blocks.all).toEqual([c, d]);
    cache.add(blocks, blockOf(all, 100, 118));
    expect(cache.bytes).toBeLessThanOrEqual(10_000);
    expect(blocks.all.map(({ from }) => from)).toEqual([100]);
    cache.add(blocks, blockOf(all, 200, 300));
    expect([cache.bytes, blocks.all]).toEqual([0, []]);
  });
});
