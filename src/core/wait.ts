import { setTimeout as delay } from 'node:timers/promises';

/** Waits before a further try: doubling from 50 ms to 2 s, with jitter, so that nodes do not return in step. */
export async function backoff(attempt: number, signal: AbortSignal): Promise<void> {
  const ceiling = Math.min(2_000, 50 * 2 ** Math.min(attempt, 10));
  await delay(ceiling * (0.5 + Math.random() / 2), undefined, { signal });
}

/**
 * Does `work` until it succeeds. Each failure is told to `onFailure`, which throws to give up.
 * @throws the signal's reason once it is aborted
 */
export async function persist<T>(
  work: () => Promise<T>,
  onFailure: (error: unknown) => void,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      onFailure(error);
      await backoff(attempt, signal);
    }
  }
}
