import { retry, withSignal } from '../../../core/async.js';
import { MillraceError } from '../../../core/errors.js';

/** The parts of a kafkajs error that this adapter uses. */
export interface Failure {
  readonly name: string;
  /** The protocol's error, such as `NOT_LEADER_FOR_PARTITION`; empty for other failures. */
  readonly type: string;
  readonly message: string;
  readonly retriable: boolean;
}

/** Errors that kafkajs calls final but that are transient: there is no coordinator or leader yet. */
const TRANSIENT_ERRORS = new Set([
  'NOT_CONTROLLER',
  'REBALANCE_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'CONCURRENT_TRANSACTIONS',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
]);

/** Reads an error, or its cause when the error itself says nothing of the protocol. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: '', type: '', message: String(error), retriable: false };
  const raw: { type?: unknown; code?: unknown; retriable?: unknown } = error as object;
  const type = typeof raw.type === 'string' ? raw.type : '';
  if (type === '' && error.cause instanceof Error && error.cause !== error) {
    return { ...failureOf(error.cause), message: error.message };
  }
  const system = typeof raw.code === 'string' && /^E[A-Z]+$/.test(raw.code);
  const retriable = TRANSIENT_ERRORS.has(type) || system || raw.retriable === true;
  return { name: error.name, type, message: error.message, retriable };
}

/**
 * Repeats `work` while it fails with transient errors.
 * @throws {MillraceError} LOG_UNAVAILABLE when the signal is aborted after a failure; what else `work` throws
 */
export async function retrying<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  let failure: unknown;
  const onFailure = (error: unknown): void => {
    if (error instanceof MillraceError || !failureOf(error).retriable) throw error;
    failure = error;
  };
  try {
    return await retry(() => withSignal(work(), signal), { signal, onFailure });
  } catch (error) {
    throw signal.aborted && failure !== undefined ? unavailable(failure) : error;
  }
}

export function unavailable(cause: unknown): MillraceError {
  return new MillraceError('LOG_UNAVAILABLE', `Kafka cannot be reached: ${failureOf(cause).message}`, {
    cause,
  });
}
