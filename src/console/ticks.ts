import { pause } from '../core/async.js';

/**
 * Yields at once, and then whenever `intervalMs` have passed since the last one was taken, until `signal` is aborted. For
 * subscriptions that read something again and again.
 */
export async function* ticks(intervalMs: number, signal: AbortSignal): AsyncGenerator<void, void> {
  while (!signal.aborted) {
    yield;
    await pause(intervalMs, signal);
  }
}
