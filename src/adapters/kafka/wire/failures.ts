import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../../../core/errors.js';

/** What kafkajs throws, as far as this adapter looks at it. */
export interface Failure {
  readonly name: string;
  /** The protocol's error, such as `NOT_LEADER_FOR_PARTITION`; empty for other failures. */
  readonly type: string;
  readonly message: string;
  readonly retriable: boolean;
}

/** Errors the protocol calls final but which pass: a coordinator or a leader that is not there yet. */
const PASSING = new Set([
  'NOT_CONTROLLER',
  'REBALANCE_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'CONCURRENT_TRANSACTIONS',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
]);

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: '', type: '', message: String(error), retriable: false };
  const raw: { type?: unknown; code?: unknown; retriable?: unknown } = error as object;
  const type = typeof raw.type === 'string' ? raw.type : '';
  if (type === '' && error.cause instanceof Error && error.cause !== error) {
    return { ...failureOf(error.cause), message: error.message };
  }
  const system = typeof raw.code === 'string' && /^E[A-Z]+$/.test(raw.code);
  const retriable = PASSING.has(type) || system || raw.retriable === true;
  return { name: error.name, type, message: error.message, retriable };
}

/** Settles as `promise` does, or rejects as soon as `signal` is aborted. The promise itself goes on. */
export async function withSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => {}); // It may fail after the abort, when nobody waits for it any more.
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** A pause that ends with `signal`, without throwing. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}

/** Doubles from 50 ms to `ceiling`. */
export function backoff(attempt: number, ceiling = 2_000): number {
  return Math.min(50 * 2 ** Math.min(attempt, 10), ceiling);
}

/**
 * Repeats `work` while it fails in a way that passes.
 * @throws {MillraceError} LOG_UNAVAILABLE when the signal is aborted after a failure
 */
export async function retrying<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  let failure: unknown;
  for (let attempt = 0; ; attempt++) {
    try {
      return await withSignal(work(), signal);
    } catch (error) {
      if (signal.aborted) throw failure === undefined ? signal.reason : unavailable(failure);
      if (error instanceof MillraceError || !failureOf(error).retriable) throw error;
      failure = error;
    }
    await pause(backoff(attempt), signal);
  }
}

export function unavailable(cause: unknown): MillraceError {
  return new MillraceError('LOG_UNAVAILABLE', `Kafka cannot be reached: ${failureOf(cause).message}`, {
    cause,
  });
}
