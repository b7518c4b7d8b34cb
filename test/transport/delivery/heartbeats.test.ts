import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Heartbeats } from '../../../src/transport/delivery/heartbeats.js';

const PERIOD_MS = 12_000;

/** Counts the beats of many connections. */
function counted(count: number) {
  const heartbeats = new Heartbeats<{ keepAlive(): void }>(PERIOD_MS, () => performance.now());
  const counts = new Uint32Array(count);
  const groups = Array.from({ length: count }, (_, i) => {
    const connection = {
      keepAlive: () => {
        counts[i] = (counts[i] ?? 0) + 1;
      },
    };
    return { connection, group: heartbeats.join(connection) };
  });
  const total = (): number => counts.reduce((sum, one) => sum + one, 0);
  return { heartbeats, counts, groups, total };
}

describe('heartbeats', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('reach each connection once in a period', () => {
    const { heartbeats, counts } = counted(1_050);
    vi.advanceTimersByTime(3 * PERIOD_MS);
    expect(new Set(counts)).toEqual(new Set([3]));
    heartbeats[Symbol.dispose]();
  });

  it('of ten thousand connections are spread, so that no tick has more than a hundredth of them', () => {
    const { heartbeats, total } = counted(10_000);
    for (let step = 0; step < 100; step++) {
      const before = total();
      vi.advanceTimersToNextTimer();
      expect(total() - before).toBeLessThanOrEqual(100);
    }
    expect(total()).toBe(10_000);
    heartbeats[Symbol.dispose]();
  });

  it('catch up by the clock when the node was too busy for its timer, with one beat for each connection at most', () => {
    let now = 0;
    const heartbeats = new Heartbeats<{ keepAlive(): void }>(PERIOD_MS, () => now);
    const connection = { keepAlive: vi.fn() };
    for (let i = 0; i < 100; i++) heartbeats.join(connection);
    now = PERIOD_MS / 2;
    vi.advanceTimersToNextTimer();
    expect(connection.keepAlive).toHaveBeenCalledTimes(50);
    now = 10 * PERIOD_MS;
    vi.advanceTimersToNextTimer();
    expect(connection.keepAlive).toHaveBeenCalledTimes(150);
    heartbeats[Symbol.dispose]();
  });

  it('come a whole period after the handshake where there is room, and groups stay even when connections leave', () => {
    const { heartbeats, groups, total } = counted(1);
    vi.advanceTimersByTime(PERIOD_MS / 2);
    const late = { keepAlive: vi.fn() };
    heartbeats.join(late);
    vi.advanceTimersByTime(PERIOD_MS - 1);
    expect(late.keepAlive).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(late.keepAlive).toHaveBeenCalledTimes(1);
    expect(total()).toBe(1);
    for (const { connection, group } of groups) heartbeats.leave(connection, group);
    const joined = Array.from({ length: 99 }, () => heartbeats.join({ keepAlive: () => undefined }));
    expect(new Set(joined).size).toBe(99);
    heartbeats[Symbol.dispose]();
  });

  it('end for a connection that has left', () => {
    const { heartbeats, counts, groups } = counted(2);
    const [first] = groups;
    if (first !== undefined) heartbeats.leave(first.connection, first.group);
    vi.advanceTimersByTime(PERIOD_MS);
    expect([...counts]).toEqual([0, 1]);
    heartbeats[Symbol.dispose]();
  });
});
