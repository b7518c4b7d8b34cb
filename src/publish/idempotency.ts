import { poll } from '../core/async.js';
import { MillraceError } from '../core/errors.js';
import type { WarningThrottle } from '../observe/warning-throttle.js';
import type { StateStore } from '../ports/state-store.js';
import { type Answer, leftNothing } from './answer.js';
import {
  answeredRecord,
  beginAttempt,
  encodeRecord,
  type IdempotencyRecord,
  type KeyedCall,
  type KeyState,
  keyState,
  recordName,
  storedAnswer,
  UNUSED,
} from './idempotency-record.js';
import { Lease } from './lease.js';

interface IdempotencyOptions {
  readonly store: StateStore;
  readonly warnings: WarningThrottle;
  /** How long an answer is kept. */
  readonly ttlMs: number;
  /** How long an attempt may go without renewing its lease before another one takes over. */
  readonly leaseMs?: number;
}

/** What one attempt to run a mutation knows of the attempts before it. */
export interface AttemptContext {
  /**
   * When the first attempt started, in milliseconds since 1970, if this is a later one: the first may have published,
   * and its outcome may have arrived. `undefined` for the first attempt.
   */
  readonly firstStartedAt: number | undefined;
  /** The first attempt's correlation id, which its events and its outcome carry. */
  readonly correlationId: string;
}

type OpenState = Exclude<KeyState, { state: 'answered' }>;

const LEASE_MS = 10_000;
/** How often a call checks whether another call's attempt has ended. */
const POLL_INTERVAL = { firstMs: 10, maxMs: 250 };

/**
 * Runs a mutation once for each idempotency key (D1). The state store has two entries for a key: its record, with the
 * answer once there is one, for `ttlMs`; and a lease, which the running attempt holds and renews.
 *
 * A lease that ends without an answer is taken over: its holder is dead, or does not know whether it has published.
 * The next attempt searches the log for the events of the former attempt. If one arrives after the search, both events
 * have the same id, and consumers drop the second.
 *
 * Two attempts may run at once: the first one's node freezes, its lease ends, a second attempt takes over, and then the
 * first continues. That is harmless, because a record names its attempt, and each change compares the whole record
 * first. An attempt that lost its lease cannot release the key. If both attempts finish, the later one returns the
 * earlier one's answer.
 */
export class Idempotency {
  readonly #options: IdempotencyOptions;

  constructor(options: IdempotencyOptions) {
    this.#options = options;
  }

  /**
   * Returns the stored answer, waits for a running attempt, or runs `work`. If the stored answer is that the outcome is
   * pending, it looks for the outcome again.
   * @throws {MillraceError} IDEMPOTENCY_CONFLICT; FANOUT_UNAVAILABLE when the store cannot be read
   */
  run<T>(
    call: KeyedCall,
    work: (attempt: AttemptContext) => Promise<Answer<T>>,
    signal: AbortSignal,
  ): Promise<Answer<T>> {
    const { store, warnings, leaseMs: durationMs = LEASE_MS } = this.#options;
    const name = recordName(call);
    let hasWaited = false;
    const check = async (): Promise<Answer<T> | undefined> => {
      const found = await this.#read(name, call);
      // A call that waited for another one gets its answer, so that many calls look for an outcome no longer than one.
      if (found.state === 'answered' && (hasWaited || 'value' in found.answer))
        return storedAnswer(found.answer);
      await using lease = await Lease.acquire({ store, warnings, name: `${name}:lease`, durationMs });
      hasWaited = lease === undefined;
      if (lease === undefined) return undefined;
      // The former holder may have answered between the read and the acquisition.
      const now = await this.#read(name, call);
      if (now.state === 'answered')
        return found.state === 'answered'
          ? await this.#awaitOutcome(name, now, call, work)
          : storedAnswer(now.answer);
      return await this.#runAttempt(name, now, call, lease.id, work);
    };
    return poll(check, { signal, ...POLL_INTERVAL });
  }

  /** @throws {MillraceError} IDEMPOTENCY_CONFLICT when the key was used with other arguments */
  async #read(name: string, { args, key, field }: KeyedCall): Promise<KeyState> {
    const found = keyState(await this.#options.store.get(name));
    if (found.state === 'unused' || found.record.args === args) return found;
    const message = `The idempotency key ${JSON.stringify(key)} of ${field} was already used with other arguments; nothing was published.`;
    throw new MillraceError('IDEMPOTENCY_CONFLICT', message);
  }

  /**
   * Waits once more for the outcome of events that are in the log. `work` finds them there, and publishes nothing. Whatever
   * it fails with, the stored answer stays true: the outcome is pending.
   */
  async #awaitOutcome<T>(
    name: string,
    { record, answer, bytes }: Extract<KeyState, { state: 'answered' }>,
    { correlationId }: KeyedCall,
    work: (attempt: AttemptContext) => Promise<Answer<T>>,
  ): Promise<Answer<T>> {
    if ('value' in answer) return storedAnswer(answer);
    const attempt = { firstStartedAt: record.began, correlationId: record.correlationId ?? correlationId };
    const later = await work(attempt);
    const answered = 'value' in later ? answeredRecord(record, later) : undefined;
    if (answered === undefined) return storedAnswer(answer);
    return await this.#storeAnswer(name, bytes, answered, later);
  }

  /** @returns `undefined` when another attempt began first: the key has to be read again */
  async #runAttempt<T>(
    name: string,
    before: OpenState,
    call: KeyedCall,
    attemptId: string,
    work: (attempt: AttemptContext) => Promise<Answer<T>>,
  ): Promise<Answer<T> | undefined> {
    const record = beginAttempt(before, call, attemptId);
    const bytes = encodeRecord(record);
    if (!(await this.#write(name, before, bytes))) return undefined;
    if (!(await this.#confirm(name, before, bytes))) return undefined;
    const answer = await work({
      firstStartedAt: before.state === 'pending' ? before.record.began : undefined,
      correlationId: record.correlationId ?? call.correlationId,
    });
    const answered = answeredRecord(record, answer);
    if (answered !== undefined) return await this.#storeAnswer(name, bytes, answered, answer);
    // Only a first attempt may release the key: an earlier one may have published.
    if (before.state === 'unused' && leftNothing(answer)) await this.#release(name, bytes);
    return answer;
  }

  /** Writes the record of an attempt. @returns `false` when the record is no longer as it was `before` */
  async #write(name: string, before: OpenState, bytes: Buffer): Promise<boolean> {
    const { store, ttlMs } = this.#options;
    if (before.state === 'pending') return store.replace(name, before.bytes, bytes, ttlMs);
    const found = await store.putIfAbsent(name, bytes, ttlMs);
    if (found === undefined) return true;
    return found.equals(UNUSED) && (await store.replace(name, UNUSED, bytes, ttlMs));
  }

  /**
   * D1: nothing runs before the record of its attempt survives a failover of the store. Otherwise a retry would find
   * the key unused there, and run the mutation a second time. The answer may be lost: then the retry finds the attempt,
   * and what it has published.
   * @returns `false` when the record is no longer there
   * @throws {MillraceError} FANOUT_UNAVAILABLE when that is not known
   */
  async #confirm(name: string, before: OpenState, bytes: Buffer): Promise<boolean> {
    try {
      return await this.#options.store.confirm(name, bytes);
    } catch (error) {
      if (before.state === 'unused') await this.#release(name, bytes);
      throw error;
    }
  }

  /** Makes the key unused again, unless another attempt has taken over. */
  async #release(name: string, bytes: Buffer): Promise<void> {
    const { store, warnings, leaseMs = LEASE_MS } = this.#options;
    await store.replace(name, bytes, UNUSED, leaseMs).catch((error: unknown) => {
      const message = 'an idempotency key could not be released; it stays bound to its arguments';
      warnings.report('idempotency-release', error, message);
    });
  }

  /**
   * Stores an answer. The first answer counts: an attempt that was taken over, and finished nevertheless, gets the
   * other one's. The events are in the log, so the caller is answered even if the answer cannot be stored.
   * @returns the answer that counts
   */
  async #storeAnswer<T>(
    name: string,
    before: Buffer,
    answered: IdempotencyRecord,
    answer: Answer<T>,
  ): Promise<Answer<T>> {
    const { store, ttlMs, warnings } = this.#options;
    try {
      // A resolver's value may have no JSON: that is a failure to store it, too.
      const bytes = encodeRecord(answered);
      for (let expected = before; !(await store.replace(name, expected, bytes, ttlMs)); ) {
        const found = keyState(await store.get(name));
        if (found.state === 'answered') return storedAnswer(found.answer);
        if (found.state === 'unused') {
          // The record has expired, or the store was wiped.
          await store.put(name, bytes, ttlMs);
          break;
        }
        // The attempt that took over is still running: this is the first answer.
        expected = found.bytes;
      }
    } catch (error) {
      const message =
        'the answer of an idempotent mutation could not be stored; a retry publishes again, with the same event id';
      warnings.report('idempotency-answer', error, message);
    }
    return answer;
  }
}
