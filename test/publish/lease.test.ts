import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MillraceError } from '../../src/core/errors.js';
import { openLogger } from '../../src/observe/log.js';
import { WarningThrottle } from '../../src/observe/warning-throttle.js';
import type { StateStore } from '../../src/ports/state-store.js';
import { Lease } from '../../src/publish/lease.js';

const away = new MillraceError('FANOUT_UNAVAILABLE', 'away');

describe('the leases of idempotent mutations', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('log an outage of the store once, however many of them cannot be renewed, and once when it is over', async () => {
    const logger = openLogger('silent');
    const warn = vi.spyOn(logger, 'warn');
    using warnings = new WarningThrottle(logger, 10_000);
    let isAway = false;
    const store: Pick<StateStore, 'putIfAbsent' | 'replace'> = {
      putIfAbsent: async () => undefined,
      replace: async () => {
        if (isAway) throw away;
        return true;
      },
    };
    const acquire = (name: string) =>
      // A stub: a lease calls no other methods.
      Lease.acquire({ store: store as unknown as StateStore, warnings, name, durationMs: 3_000 });
    const leases = await Promise.all(['a', 'b', 'c'].map(acquire));
    isAway = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(warn.mock.calls).toEqual([
      [{ kind: 'lease-renewal', err: away }, 'the lease of an idempotent mutation could not be renewed'],
    ]);
    isAway = false;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(warn.mock.calls[1]?.[1]).toBe(
      'recovered: the lease of an idempotent mutation could not be renewed',
    );
    expect(warn).toHaveBeenCalledTimes(2);
    for (const lease of leases) await lease?.[Symbol.asyncDispose]();
  });
});
