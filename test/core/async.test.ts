import { describe, expect, it, vi } from 'vitest';
import { aborted, backoffMs, deferred, pause, poll, retry, withSignal } from '../../src/core/async.js';

const never = (): AbortSignal => new AbortController().signal;

describe('backoffMs', () => {
  it('doubles from 50 ms to the maximum, with at most half of it taken off by jitter', () => {
    for (const [attempt, most] of [
      [0, 50],
      [1, 100],
      [5, 1_600],
      [6, 2_000],
      [5_000, 2_000],
    ] as const) {
      for (let i = 0; i < 50; i++) {
        const ms = backoffMs(attempt);
        expect(ms).toBeGreaterThanOrEqual(most / 2);
        expect(ms).toBeLessThanOrEqual(most);
      }
    }
  });
});

describe('retry', () => {
  it('repeats the work until it succeeds, and reports each failure with its attempt', async () => {
    const failures: unknown[] = [];
    const answer = await retry(
      async (attempt) => {
        if (attempt < 2) throw new Error(`failure ${attempt}`);
        return 'done';
      },
      { signal: never(), maxBackoffMs: 1, onFailure: (error, attempt) => failures.push([attempt, error]) },
    );
    expect(answer).toBe('done');
    expect(failures).toEqual([
      [0, new Error('failure 0')],
      [1, new Error('failure 1')],
    ]);
  });

  it('retries a TypeError too: a background loop survives its own bugs', async () => {
    const work = vi.fn().mockRejectedValueOnce(new TypeError('a bug')).mockResolvedValueOnce('done');
    await expect(retry(work, { signal: never(), maxBackoffMs: 1 })).resolves.toBe('done');
  });

  it('gives up with what onFailure throws', async () => {
    const fatal = new Error('fatal');
    const onFailure = (): never => {
      throw fatal;
    };
    const work = () => Promise.reject(new Error('first'));
    await expect(retry(work, { signal: never(), onFailure })).rejects.toBe(fatal);
  });

  it('rejects with the reason of the signal when that is aborted during the work or the pause', async () => {
    const stop = new AbortController();
    const reason = new Error('stopped');
    const onFailure = vi.fn();
    const work = () => {
      stop.abort(reason);
      return Promise.reject(new Error('cut short'));
    };
    await expect(retry(work, { signal: stop.signal, onFailure })).rejects.toBe(reason);
    expect(onFailure).not.toHaveBeenCalled();

    const pausing = new AbortController();
    const failing = retry(() => Promise.reject(new Error('again')), {
      signal: pausing.signal,
      maxBackoffMs: 60_000,
      onFailure: () => pausing.abort(reason),
    });
    await expect(failing).rejects.toBe(reason);
  });
});

describe('poll', () => {
  it('checks until there is an answer', async () => {
    const check = vi
      .fn()
      .mockResolvedValueOnce(undefined)
      .mockResolvedValueOnce(undefined)
      .mockResolvedValue(7);
    await expect(poll(check, { signal: never(), firstMs: 1, maxMs: 1 })).resolves.toBe(7);
    expect(check).toHaveBeenCalledTimes(3);
  });

  it('rejects with the reason of the signal once that is aborted', async () => {
    const stop = new AbortController();
    const polling = poll(async () => undefined, { signal: stop.signal, firstMs: 60_000, maxMs: 60_000 });
    stop.abort(new Error('enough'));
    await expect(polling).rejects.toThrow('enough');
  });
});

describe('withSignal', () => {
  it('settles as the promise does when the signal is not aborted', async () => {
    await expect(withSignal(Promise.resolve(1), never())).resolves.toBe(1);
    await expect(withSignal(Promise.reject(new Error('no')), never())).rejects.toThrow('no');
  });

  it('rejects as soon as the signal is aborted, and a later failure of the promise is nobody’s', async () => {
    const stop = new AbortController();
    const work = deferred<number>();
    const waiting = withSignal(work.promise, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    work.reject(new Error('too late to be seen'));
    await expect(withSignal(Promise.reject(new Error('also')), stop.signal)).rejects.toThrow('stopped');
  });
});

describe('pause and aborted', () => {
  it('resolve when the signal is aborted, and at once when it already was', async () => {
    const stop = new AbortController();
    const both = Promise.all([pause(60_000, stop.signal), aborted(stop.signal)]);
    stop.abort();
    await both;
    await Promise.all([pause(60_000, stop.signal), aborted(stop.signal)]);
  });
});
