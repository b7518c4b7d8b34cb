import { setTimeout as delay } from 'node:timers/promises';
import { REFUSED_RETRY_MS, refusalIn } from './refusal.js';

/**
 * Waiting, in one place: pauses, backoff, retries, polling, and promises that a signal ends early.
 *
 * `p-retry` is not used here. It gives up on a TypeError, which a background loop must survive; it adds no jitter
 * once its delay is at the maximum, where a fleet of nodes needs it most; and it replaces what is thrown when
 * that is not an Error.
 */

const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 2_000;

/**
 * How long to wait before retry number `attempt` (from 0), in milliseconds: doubles from 50 ms to `maxMs`.
 * Between half and all of it, at random, so that nodes that failed together do not come back together.
 */
export function backoffMs(attempt: number, maxMs = MAX_BACKOFF_MS): number {
  const ceiling = Math.min(maxMs, FIRST_BACKOFF_MS * 2 ** Math.min(attempt, 16));
  return ceiling * (0.5 + Math.random() / 2);
}

/** Resolves after `milliseconds`, or as soon as `signal` is aborted. Never rejects: the caller checks the signal. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  // The only way for it to reject is the abort.
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}

interface RetryOptions {
  readonly signal: AbortSignal;
  /** Called with each failure before the pause. Throws to give up. */
  readonly onFailure?: (error: unknown, attempt: number) => void;
  /** The longest pause between two attempts, in milliseconds. */
  readonly maxBackoffMs?: number;
}

/** How long to wait before what failed is tried again. What was refused is tried slowly: somebody has to mend it first. */
export function retryPauseMs(error: unknown, attempt: number, maxMs?: number): number {
  return refusalIn(error) === undefined ? backoffMs(attempt, maxMs) : REFUSED_RETRY_MS;
}

/**
 * Repeats `work` until it succeeds, with a backoff between attempts.
 * @throws the signal's reason once it is aborted; what `onFailure` throws
 */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  { signal, onFailure, maxBackoffMs }: RetryOptions,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      // An attempt that the abort cut short has not failed.
      signal.throwIfAborted();
      onFailure?.(error, attempt);
      await pause(retryPauseMs(error, attempt, maxBackoffMs), signal);
    }
  }
}

interface PollOptions {
  readonly signal: AbortSignal;
  /** The pause after the first check, in milliseconds. Each later one is twice as long, up to `maxMs`. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Calls `check` until it answers something other than `undefined`.
 * @throws the signal's reason once it is aborted; what `check` throws
 */
export async function poll<T>(
  check: () => Promise<T | undefined>,
  { signal, firstMs, maxMs }: PollOptions,
): Promise<T> {
  for (let ms = firstMs; ; ms = Math.min(ms * 2, maxMs)) {
    signal.throwIfAborted();
    const answer = await check();
    if (answer !== undefined) return answer;
    await pause(ms, signal);
  }
}

/** A promise, and the functions that settle it from outside. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T | PromiseLike<T>): void;
  reject(reason: unknown): void;
}

/** `Promise.withResolvers`, which Node 20 does not have. */
export function deferred<T = void>(): Deferred<T> {
  let resolve!: Deferred<T>['resolve'];
  let reject!: Deferred<T>['reject'];
  // The executor runs before the constructor returns, so both are set.
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

/** Settles as `promise` does, or rejects with the signal's reason as soon as it is aborted. The work itself is not cancelled. */
export async function withSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => undefined); // It may fail after the abort, when nobody awaits it any more.
  signal.throwIfAborted();
  const aborted = deferred<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Resolves once `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
