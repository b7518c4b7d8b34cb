import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventId, offset } from '../../src/core/ids.js';
import type { TopicIdPartition } from '../../src/core/position.js';
import type { Fanout } from '../../src/ports/fanout.js';
import {
  chunk,
  claimAt,
  freshPartition,
  never,
  RecordingListener,
  recreated,
  relayed,
  SOON,
  start,
  upTo,
} from './fanout-tools.js';
import { windowContract } from './fanout-window.js';

/** What every Fanout keeps. `open` makes one whose window holds about `WINDOW_EVENTS` per partition. */
export function fanoutContract(name: string, open: () => Promise<Fanout>): void {
  describe(`${name} as a Fanout`, { timeout: 60_000 }, () => {
    let fanout: Fanout;
    let at: TopicIdPartition;
    const newest = (last: number) => ({ topicId: at.topicId, last });
    beforeEach(async () => {
      fanout = await open();
      at = freshPartition();
    });
    afterEach(() => fanout[Symbol.asyncDispose]());

    describe('relaying', () => {
      it('has no progress before the first reset, and relays nothing', async () => {
        const claim = await fanout.claim(at, never);
        expect(claim.progress).toBeUndefined();
        expect(await fanout.relay(at, claim.token, chunk(-1, 0, [0]))).toEqual({ status: 'FENCED' });
      });

      it('returns its progress to the next claim', async () => {
        const token = await claimAt(fanout, at, 4);
        expect(await fanout.relay(at, token, chunk(4, 9, [5, 7]))).toEqual({
          status: 'RELAYED',
          duplicates: 0,
        });
        const next = await fanout.claim(at, never);
        expect(next.progress).toBe(9);
        expect(Number(next.token)).toBeGreaterThan(Number(token));
      });

      it('D9: fences a relay when another one has claimed the partition', async () => {
        const heard = new RecordingListener();
        const old = await claimAt(fanout, at, -1);
        await using _ = await fanout.follow(at, heard);
        const { token } = await fanout.claim(at, never);
        expect(await fanout.relay(at, old, chunk(-1, 0, [0]))).toEqual({ status: 'FENCED' });
        expect(await fanout.reset(at, old, start(at, 7))).toBe('FENCED');
        expect(await fanout.newest([at])).toEqual([newest(-1)]);
        await fanout.relay(at, token, chunk(-1, 1, [1]));
        await vi.waitFor(() => expect(heard.offsets).toEqual([1]), SOON);
        expect(await fanout.window(at, offset(-1), offset(1))).toEqual([relayed(1)]);
      });

      it('D3: drops a repeated chunk as duplicates', async () => {
        const heard = new RecordingListener();
        const token = await claimAt(fanout, at, -1);
        await using _ = await fanout.follow(at, heard);
        await fanout.relay(at, token, chunk(-1, 2, [0, 1, 2]));
        expect(await fanout.relay(at, token, chunk(-1, 3, [0, 1, 2, 3]))).toEqual({
          status: 'RELAYED',
          duplicates: 3,
        });
        await vi.waitFor(() => expect(heard.offsets).toEqual([0, 1, 2, 3]), SOON);
        expect(heard.messages[1]).toEqual({ prev: 2, offsets: [3] });
        expect(await fanout.relay(at, token, chunk(-1, 1, [0, 1]))).toMatchObject({ duplicates: 2 });
        expect((await fanout.claim(at, never)).progress).toBe(3);
      });

      it('refuses a chunk that begins after its progress', async () => {
        const token = await claimAt(fanout, at, 3);
        expect(await fanout.relay(at, token, chunk(5, 6, [6]))).toEqual({ status: 'GAP', progress: 3 });
        expect(await fanout.newest([at])).toEqual([newest(3)]);
      });

      it('chains visible events over offsets that have nothing to show', async () => {
        const heard = new RecordingListener();
        const token = await claimAt(fanout, at, 9);
        await using _ = await fanout.follow(at, heard);
        await fanout.relay(at, token, chunk(9, 20, []));
        await fanout.relay(at, token, chunk(20, 30, [22, 25]));
        await fanout.relay(at, token, chunk(30, 40, []));
        await fanout.relay(at, token, chunk(40, 41, [41]));
        await vi.waitFor(() => expect(heard.messages).toHaveLength(2), SOON);
        expect(heard.messages).toEqual([
          { prev: 9, offsets: [22, 25] },
          { prev: 25, offsets: [41] },
        ]);
      });

      it('D1: drops the second event with an idempotent id, and keeps the chain contiguous', async () => {
        const heard = new RecordingListener();
        const token = await claimAt(fanout, at, -1);
        await using _ = await fanout.follow(at, heard);
        const once = { id: eventId('once'), idempotent: true };
        const events = [relayed(0, once), relayed(1), relayed(2, once), relayed(3)];
        const whole = { after: offset(-1), through: offset(3), events };
        expect(await fanout.relay(at, token, whole)).toMatchObject({ duplicates: 1 });
        const more = { after: offset(3), through: offset(5), events: [relayed(4, once), relayed(5)] };
        expect(await fanout.relay(at, token, more)).toMatchObject({ duplicates: 1 });
        await vi.waitFor(() => expect(heard.offsets).toEqual([0, 1, 3, 5]), SOON);
        expect(heard.messages.map((message) => message.prev)).toEqual([-1, 3]);
        const window = await fanout.window(at, offset(1), offset(5));
        expect(window?.map((event) => event.offset)).toEqual([3, 5]);
      });

      it('keeps events with equal ids that are not idempotent, and forgets ids at a reset', async () => {
        const token = await claimAt(fanout, at, -1);
        const same = { id: eventId('same') };
        const once = { id: eventId('once'), idempotent: true };
        const events = [relayed(0, same), relayed(1, same), relayed(2, once)];
        const whole = { after: offset(-1), through: offset(2), events };
        expect(await fanout.relay(at, token, whole)).toMatchObject({ duplicates: 0 });
        const again = await claimAt(fanout, at, -1);
        const repeated = { after: offset(-1), through: offset(0), events: [relayed(0, once)] };
        expect(await fanout.relay(at, again, repeated)).toMatchObject({ duplicates: 0 });
      });
    });

    describe('following', () => {
      it('D2: delivers everything that is relayed after `follow` has resolved, once to each follower and in order', async () => {
        const token = await claimAt(fanout, at, -1);
        const [one, two] = [new RecordingListener(), new RecordingListener()];
        await using _one = await fanout.follow(at, one);
        await using _two = await fanout.follow(at, two);
        for (const n of upTo(0, 49)) await fanout.relay(at, token, chunk(n - 1, n, [n]));
        for (const heard of [one, two]) {
          await vi.waitFor(() => expect(heard.offsets).toHaveLength(50), SOON);
          expect(heard.offsets).toEqual(upTo(0, 49));
          expect(heard.messages.map((message) => message.prev)).toEqual(upTo(-1, 48));
        }
      });

      it('delivers only events of the followed partition', async () => {
        const other = freshPartition();
        const [mine, theirs] = [new RecordingListener(), new RecordingListener()];
        await using _mine = await fanout.follow(at, mine);
        await using _theirs = await fanout.follow(other, theirs);
        await fanout.relay(at, await claimAt(fanout, at, -1), chunk(-1, 0, [0]));
        await fanout.relay(other, await claimAt(fanout, other, 4), chunk(4, 5, [5]));
        await vi.waitFor(() => expect([mine.offsets, theirs.offsets]).toEqual([[0], [5]]), SOON);
      });

      it('stops delivering to a disposed follower, and continues for the others', async () => {
        const token = await claimAt(fanout, at, -1);
        const [gone, stays] = [new RecordingListener(), new RecordingListener()];
        const following = await fanout.follow(at, gone);
        await using _ = await fanout.follow(at, stays);
        await fanout.relay(at, token, chunk(-1, 0, [0]));
        await vi.waitFor(() => expect(gone.offsets).toEqual([0]), SOON);
        await following[Symbol.asyncDispose]();
        await following[Symbol.asyncDispose]();
        await fanout.relay(at, token, chunk(0, 1, [1]));
        await vi.waitFor(() => expect(stays.offsets).toEqual([0, 1]), SOON);
        expect(gone.offsets).toEqual([0]);
      });

      it('can be followed again after the last follower has left', async () => {
        const token = await claimAt(fanout, at, -1);
        await (await fanout.follow(at, new RecordingListener()))[Symbol.asyncDispose]();
        const heard = new RecordingListener();
        await using _ = await fanout.follow(at, heard);
        await fanout.relay(at, token, chunk(-1, 0, [0]));
        await vi.waitFor(() => expect(heard.offsets).toEqual([0]), SOON);
      });

      it('delivers to the other listeners when one throws', async () => {
        const token = await claimAt(fanout, at, -1);
        const broken = new RecordingListener();
        broken.relayed = () => {
          throw new Error('broken');
        };
        const whole = new RecordingListener();
        await using _broken = await fanout.follow(at, broken);
        await using _whole = await fanout.follow(at, whole);
        await fanout.relay(at, token, chunk(-1, 0, [0]));
        await vi.waitFor(() => expect(whole.offsets).toEqual([0]), SOON);
      });

      it('D7: publishes beats with the newest offset, or with the offset of the reset, and none before the first reset', async () => {
        const heard = new RecordingListener();
        await using _ = await fanout.follow(at, heard);
        await fanout.beat(at);
        const token = await claimAt(fanout, at, 1);
        await fanout.beat(at);
        await fanout.relay(at, token, chunk(1, 8, [2, 5]));
        await fanout.beat(at);
        await vi.waitFor(() => expect(heard.beats).toEqual([1, 5]), SOON);
        expect(await fanout.newest([freshPartition(), at])).toEqual([undefined, newest(5)]);
      });

      it('carries data byte for byte, every attribute, and tombstones', async () => {
        const heard = new RecordingListener();
        const token = await claimAt(fanout, at, -1);
        await using _ = await fanout.follow(at, heard);
        const events = [
          relayed(0, { data: Buffer.from(upTo(0, 255)), subject: null }),
          relayed(1, { data: Buffer.from('{"name":"Zoë 日本 🛒\\u0000"}'), subject: 'ключ\n"' }),
          relayed(2, { data: null }),
          relayed(3, { data: Buffer.alloc(0) }),
          relayed(4, {
            correlationId: 'c',
            causationId: 'b',
            traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
            tracestate: 'v=1',
            idempotent: true,
          }),
        ];
        await fanout.relay(at, token, { after: offset(-1), through: offset(4), events });
        await vi.waitFor(() => expect(heard.events).toEqual(events), SOON);
        expect(await fanout.window(at, offset(-1), offset(4))).toEqual(events);
      });
    });

    describe('a recreated topic', () => {
      it('D5: a claim returns the topic id of the progress', async () => {
        expect((await fanout.claim(at, never)).topicId).toBeUndefined();
        await claimAt(fanout, at, 4);
        expect(await fanout.claim(at, never)).toMatchObject({ progress: 4, topicId: at.topicId });
        const next = recreated(at);
        await claimAt(fanout, next, 0);
        expect(await fanout.claim(at, never)).toMatchObject({ progress: 0, topicId: next.topicId });
      });

      it('D5: messages and beats have the id of their topic', async () => {
        const heard = new RecordingListener();
        await using _ = await fanout.follow(at, heard);
        await fanout.relay(at, await claimAt(fanout, at, 6), chunk(6, 7, [7]));
        await fanout.beat(at);
        const next = recreated(at);
        await fanout.relay(next, await claimAt(fanout, next, -1), chunk(-1, 0, [0]));
        await fanout.beat(at);
        const unknown = { ...at, topicId: undefined };
        await fanout.relay(at, await claimAt(fanout, unknown, -1), chunk(-1, 1, [1]));
        await vi.waitFor(() => expect(heard.topicIds).toHaveLength(5), SOON);
        const { topicId } = at;
        expect(heard.topicIds).toEqual([topicId, topicId, next.topicId, next.topicId, undefined]);
        expect(heard.beats).toEqual([7, 0]);
      });

      it('D5: the window of a topic does not answer for a recreated topic', async () => {
        const token = await claimAt(fanout, at, -1);
        await fanout.relay(at, token, chunk(-1, 2, [0, 1, 2]));
        const next = recreated(at);
        expect(await fanout.window(next, offset(0), offset(2))).toBeUndefined();
        expect(await fanout.window(next, offset(2), offset(2))).toBeUndefined();
        expect(await fanout.window(at, offset(0), offset(2))).toHaveLength(2);
        await claimAt(fanout, next, 2);
        expect(await fanout.window(next, offset(2), offset(2))).toEqual([]);
        expect(await fanout.window(at, offset(2), offset(2))).toBeUndefined();
      });
    });

    windowContract(() => ({ fanout, at }));
  });
}
