import { expect, it, vi } from 'vitest';
import { offset } from '../../src/core/ids.js';
import type { TopicIdPartition } from '../../src/core/position.js';
import type { Fanout } from '../../src/ports/fanout.js';
import {
  chunk,
  claimAt,
  freshPartition,
  RecordingListener,
  relayed,
  SOON,
  start,
  upTo,
  WINDOW_EVENTS,
} from './fanout-tools.js';

/** What every fan-out does with its window. Run by `fanoutContract`, which opens a fan-out for each test. */
export function windowContract(
  opened: () => { readonly fanout: Fanout; readonly at: TopicIdPartition },
): void {
  it('the window returns a range of 1,000 events in order, and any part of it', async () => {
    const { fanout, at } = opened();
    const heard = new RecordingListener();
    const token = await claimAt(fanout, at, -1);
    await using _ = await fanout.follow(at, heard);
    await fanout.relay(at, token, chunk(-1, 999, upTo(0, 999)));
    expect(await fanout.window(at, offset(-1), offset(999))).toEqual(upTo(0, 999).map((n) => relayed(n)));
    const part = await fanout.window(at, offset(500), offset(503));
    expect(part?.map((event) => event.offset)).toEqual([501, 502, 503]);
    await vi.waitFor(() => expect(heard.offsets).toEqual(upTo(0, 999)), SOON);
  });

  it('the window does not answer for offsets beyond the progress', async () => {
    const { fanout, at } = opened();
    const token = await claimAt(fanout, at, -1);
    expect(await fanout.window(freshPartition(), offset(-1), offset(0))).toBeUndefined();
    await fanout.relay(at, token, chunk(-1, 5, [0, 5]));
    expect(await fanout.window(at, offset(0), offset(6))).toBeUndefined();
    expect(await fanout.window(at, offset(5), offset(6))).toBeUndefined();
    expect(await fanout.window(at, offset(5), offset(5))).toEqual([]);
  });

  it('the window answers for a range that has nothing to show', async () => {
    const { fanout, at } = opened();
    const token = await claimAt(fanout, at, 9);
    await fanout.relay(at, token, chunk(9, 20, []));
    expect(await fanout.window(at, offset(9), offset(20))).toEqual([]);
    expect(await fanout.window(at, offset(12), offset(15))).toEqual([]);
    expect(await fanout.window(at, offset(8), offset(15))).toBeUndefined();
    await fanout.relay(at, token, chunk(20, 30, [25]));
    expect(await fanout.window(at, offset(9), offset(20))).toEqual([]);
    expect(await fanout.window(at, offset(25), offset(30))).toEqual([]);
    expect(await fanout.window(at, offset(8), offset(30))).toBeUndefined();
    expect(await fanout.window(at, offset(24), offset(30))).toEqual([relayed(25)]);
  });

  it('the window does not answer for offsets that were trimmed', async () => {
    const { fanout, at } = opened();
    const token = await claimAt(fanout, at, -1);
    const last = 3 * WINDOW_EVENTS - 1;
    for (let n = 0; n < last; n += 500) {
      await fanout.relay(at, token, chunk(n - 1, n + 499, upTo(n, n + 499)));
    }
    expect(await fanout.window(at, offset(-1), offset(last))).toBeUndefined();
    expect(await fanout.window(at, offset(-1), offset(10))).toBeUndefined();
    const kept = await fanout.window(at, offset(last - 900), offset(last));
    expect(kept?.map((event) => event.offset)).toEqual(upTo(last - 899, last));
  });

  it('the window is empty after a reset', async () => {
    const { fanout, at } = opened();
    const token = await claimAt(fanout, at, -1);
    await fanout.relay(at, token, chunk(-1, 9, upTo(0, 9)));
    expect(await fanout.reset(at, token, start(at, 4))).toBe('RESET');
    expect(await fanout.newest([at])).toEqual([{ topicId: at.topicId, last: 4 }]);
    expect(await fanout.window(at, offset(4), offset(9))).toBeUndefined();
    expect(await fanout.relay(at, token, chunk(4, 6, [5, 6]))).toMatchObject({ duplicates: 0 });
    expect(await fanout.window(at, offset(4), offset(6))).toEqual([relayed(5), relayed(6)]);
    expect(await fanout.window(at, offset(3), offset(6))).toBeUndefined();
  });
}
