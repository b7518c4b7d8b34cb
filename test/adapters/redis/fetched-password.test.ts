import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FetchedPassword } from '../../../src/adapters/redis/fetched-password.js';
import type { ExpiringPassword } from '../../../src/core/expiring-password.js';
import type { Problem } from '../../../src/ports/problem.js';

const MINUTE_MS = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Answers one after the other; an error is thrown. */
async function open(...answers: readonly (ExpiringPassword | Error)[]) {
  const problems: Problem[] = [];
  const fetch = vi.fn<() => Promise<ExpiringPassword>>();
  for (const answer of answers) {
    if (answer instanceof Error) fetch.mockRejectedValueOnce(answer);
    else fetch.mockResolvedValueOnce(answer);
  }
  const password = await FetchedPassword.open(fetch, (problem) => problems.push(problem));
  return { password, fetch, problems };
}

describe('a password that is fetched', () => {
  it('is there before the first connection, and is replaced when 80 % of its life has passed', async () => {
    const first = { value: 'one', expiresAt: Date.now() + 15 * MINUTE_MS };
    const { password, fetch } = await open(first, { value: 'two', expiresAt: Date.now() + 30 * MINUTE_MS });
    using _ = password;
    expect(password.current()).toBe('one');
    await vi.advanceTimersByTimeAsync(12 * MINUTE_MS - 1);
    expect(fetch).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(password.current()).toBe('two');
  });

  it('is fetched again after a minute if it does not say how long it holds', async () => {
    const { password } = await open({ value: 'one' }, { value: 'two' });
    using _ = password;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(password.current()).toBe('two');
  });

  it('is kept while no other can be fetched, which is reported and tried again', async () => {
    const { password, problems } = await open({ value: 'one' }, new Error('away'), { value: 'two' });
    using _ = password;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(password.current()).toBe('one');
    expect(problems.map(({ message }) => message)).toEqual(['The password of Redis cannot be fetched: away']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(password.current()).toBe('two');
  });

  it('ends the start if it cannot be fetched at first', async () => {
    await expect(open(new Error('no role'))).rejects.toMatchObject({
      code: 'FANOUT_UNAVAILABLE',
      message: 'The password of Redis cannot be fetched: no role. Check redis.password in millrace.config.',
    });
  });

  it('is fetched no more once it is disposed of', async () => {
    const { password, fetch } = await open({ value: 'one' });
    password[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(fetch).toHaveBeenCalledTimes(1);
  });
});
