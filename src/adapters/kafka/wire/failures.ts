import { retry, withSignal } from '../../../core/async.js';
import { MillraceError } from '../../../core/errors.js';
import { refusalIn } from '../../../core/refusal.js';

/** The parts of a kafkajs error that this adapter uses. */
export interface Failure {
  readonly name: string;
  /** The protocol's error, such as `NOT_LEADER_FOR_PARTITION`; empty for other failures. */
  readonly type: string;
  readonly message: string;
  readonly retriable: boolean;
  /** Node's code, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`; empty for failures that have none. */
  readonly code: string;
  /** `host:port` of the broker that the connection was to, where kafkajs says so. */
  readonly broker: string;
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
  if (!(error instanceof Error))
    return { name: '', type: '', message: String(error), retriable: false, code: '', broker: '' };
  const raw: { type?: unknown; code?: unknown; retriable?: unknown; broker?: unknown } = error as object;
  const type = typeof raw.type === 'string' ? raw.type : '';
  if (type === '' && error.cause instanceof Error && error.cause !== error) {
    return { ...failureOf(error.cause), message: error.message };
  }
  const code = typeof raw.code === 'string' ? raw.code : '';
  const broker = typeof raw.broker === 'string' ? raw.broker : '';
  const retriable = TRANSIENT_ERRORS.has(type) || /^E[A-Z]+$/.test(code) || raw.retriable === true;
  return { name: error.name, type, message: error.message, retriable, code, broker };
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

/**
 * Nothing was written, for a reason that the caller is not at fault for. The caller may be a client, which sees the message
 * and not its cause.
 */
export function nothingPublished(cause: unknown): MillraceError {
  const why =
    refusalIn(cause) === undefined
      ? 'did not accept the events'
      : 'refuses access to this server at the moment';
  const message = `The event log ${why}; nothing was published. Try again later.`;
  return new MillraceError('PUBLISH_FAILED', message, { cause });
}

/** Some of the records may be written. The message is for clients, as in `nothingPublished`. */
export function maybePublished(cause: unknown): MillraceError {
  const message =
    'The event log did not confirm the events, so they may or may not be published. Retry with the same idempotency key.';
  return new MillraceError('PUBLISH_UNCERTAIN', message, { cause });
}

export function unavailable(cause: unknown): MillraceError {
  return new MillraceError('LOG_UNAVAILABLE', 'Kafka cannot be reached', { cause });
}
