import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.js';
import { type ErrorCode, MillraceError } from '../core/errors.js';
import { offset, partition, topic } from '../core/ids.js';
import type { Position } from '../core/position.js';
import type { Logger } from '../observe/log.js';
import type { StateStore } from '../ports/state-store.js';

export interface IdempotencyOptions {
  readonly store: StateStore;
  readonly logger: Logger;
  /** How long an answer is kept, in milliseconds. */
  readonly ttl: number;
  /** After this long without a sign of life an attempt counts as dead, and another may be made. */
  readonly lease?: number;
}

/** One use of a key. */
export interface KeyedCall {
  readonly subject: string | undefined;
  readonly field: string;
  readonly key: string;
  /** `fingerprintOf` the arguments. */
  readonly args: string;
  /** What its events would have, if it were the first. */
  readonly correlationId: string;
}

/** One attempt to run a mutation. */
export interface Attempt {
  /**
   * When the first attempt began, in milliseconds since 1970, if this is another one: it may have published,
   * and its outcome may have come. `undefined`: this is the first.
   */
  readonly since: number | undefined;
  /** The first attempt's: what came of it has that one. */
  readonly correlationId: string;
}

/** What came of a mutation, now and whenever its key is used again. */
export type Answer<T> = {
  /** Where the last event is that it published or waited for. */
  readonly reached: Position | undefined;
} & (
  | { readonly value: T }
  | {
      readonly error: unknown;
      /** Whether something of it may be in the log. */
      readonly published: boolean;
    }
);

const positionSchema = z
  .object({ topic: z.string(), partition: z.number().int(), offset: z.number().int() })
  .transform((at) => ({
    topic: topic(at.topic),
    partition: partition(at.partition),
    offset: offset(at.offset),
  }));
const pendingSchema = z.tuple([z.string(), z.record(z.string(), z.unknown())]);
/** What is kept of a key from its first attempt on. */
const entrySchema = z.object({
  args: z.string(),
  attempt: z.string(),
  began: z.number(),
  correlationId: z.string().optional(),
  answer: z
    .union([z.object({ value: z.unknown() }), z.object({ pending: pendingSchema })])
    .and(z.object({ reached: positionSchema.optional() }))
    .optional(),
});
type Entry = z.output<typeof entrySchema>;

const LEASE = 10_000;
/** How often somebody who waits for another's attempt looks, in milliseconds: from and up to. */
const LOOK = { first: 10, most: 250 };

/**
 * Runs a mutation once for each key (D1). Under a key's name there is an entry, with the answer once there
 * is one, for `ttl`; and a lease, which whoever runs it holds and renews. A lease that ends without an answer
 * is taken over: its holder is dead, or was not sure whether it published. The next attempt looks into the log
 * for what that one left; and it makes the same event ids, so that nobody acts on both if it comes still.
 */
export class Idempotency {
  readonly #options: IdempotencyOptions;

  constructor(options: IdempotencyOptions) {
    this.#options = options;
  }

  /** @throws {MillraceError} IDEMPOTENCY_CONFLICT; FANOUT_UNAVAILABLE when it cannot be known */
  async run<T>(
    call: KeyedCall,
    work: (attempt: Attempt) => Promise<Answer<T>>,
    signal: AbortSignal,
  ): Promise<Answer<T>> {
    const { store } = this.#options;
    const name = nameOf(call);
    const attempt = randomUUID();
    const lease = { name: `${name}:lease`, token: Buffer.from(attempt) };
    for (let wait = LOOK.first; ; wait = Math.min(wait * 2, LOOK.most)) {
      signal.throwIfAborted();
      const found = kept(await store.get(name));
      if (found !== undefined) {
        if (found.entry.args !== call.args) throw conflict(call);
        if (found.entry.answer !== undefined) return recalled(found.entry.answer);
      }
      const held = await store.putIfAbsent(lease.name, lease.token, this.#lease);
      if (held === undefined) {
        // The one before may have ended between the two looks.
        const now = kept(await store.get(name));
        if (now === undefined || (now.entry.args === call.args && now.entry.answer === undefined)) {
          const answer = await this.#attempt(name, now, call, lease, work);
          if (answer !== undefined) return answer;
        } else await this.#release(lease);
        continue;
      }
      await delay(wait, undefined, { signal });
    }
  }

  /**
   * @param before what an attempt left that has no answer
   * @returns `undefined`: somebody else was quicker, and what there is now is to be looked at
   */
  async #attempt<T>(
    name: string,
    before: Kept | undefined,
    { args, correlationId }: KeyedCall,
    lease: Lease,
    work: (attempt: Attempt) => Promise<Answer<T>>,
  ): Promise<Answer<T> | undefined> {
    const renewing = this.#renew(lease);
    const attempt = lease.token.toString();
    // With this attempt's id in it: one that was taken over cannot change it any more.
    const entry: Entry =
      before === undefined
        ? { args, correlationId, attempt, began: Date.now() }
        : { ...before.entry, attempt };
    const bytes = bytesOf(entry);
    try {
      if (!(await this.#put(name, before?.bytes, bytes))) return undefined;
      const answer = await work({
        since: before?.entry.began,
        correlationId: entry.correlationId ?? correlationId,
      });
      if (lasts(answer)) return await this.#keep(name, bytes, entry, answer);
      // Nothing of this key is in the log: it is as if it had not been used.
      if (before === undefined && leftNothing(answer)) await this.#free(name, bytes);
      return answer;
    } finally {
      clearInterval(renewing);
      await this.#release(lease);
    }
  }

  /** @returns whether it is there now: not if somebody else was quicker */
  async #put(name: string, before: Buffer | undefined, bytes: Buffer): Promise<boolean> {
    const { store, ttl } = this.#options;
    if (before !== undefined) return store.replace(name, before, bytes, ttl);
    const there = await store.putIfAbsent(name, bytes, ttl);
    return there === undefined || (there.equals(FREE) && (await store.replace(name, FREE, bytes, ttl)));
  }

  /** Only what this attempt left: after a takeover it may be another's answer. */
  async #free(name: string, bytes: Buffer): Promise<void> {
    await this.#options.store.replace(name, bytes, FREE, this.#lease).catch((err: unknown) => {
      this.#options.logger.warn({ err }, 'an idempotency key that was not used stays bound to its arguments');
    });
  }

  /**
   * The first answer counts: an attempt that was taken over, and came to its end all the same, has the other's.
   * The event is in the log, so the caller is answered whether or not that can be kept.
   * @returns the answer that counts
   */
  async #keep<T>(name: string, before: Buffer, entry: Entry, answer: Answer<T>): Promise<Answer<T>> {
    const { store, ttl, logger } = this.#options;
    try {
      const bytes = bytesOf({ ...entry, answer: lastingOf(answer) });
      for (let expected = before; !(await store.replace(name, expected, bytes, ttl)); ) {
        const found = kept(await store.get(name));
        if (found === undefined) {
          await store.put(name, bytes, ttl);
          break;
        }
        if (found.entry.answer !== undefined) return recalled(found.entry.answer);
        // Whoever took over has not ended: this is the first answer.
        expected = found.bytes;
      }
    } catch (err) {
      logger.warn(
        { err },
        'an answer could not be kept; a retry with its key publishes again, under the same event id',
      );
    }
    return answer;
  }

  #renew({ name, token }: Lease): NodeJS.Timeout {
    const renewing = setInterval(() => {
      this.#options.store.replace(name, token, token, this.#lease).catch((err: unknown) => {
        this.#options.logger.warn({ err }, 'the lease of an idempotent mutation could not be renewed');
      });
    }, this.#lease / 3);
    renewing.unref();
    return renewing;
  }

  /** One that is another's by now is left alone: it is replaced by one that ends at once. */
  async #release({ name, token }: Lease): Promise<void> {
    await this.#options.store.replace(name, token, token, 1).catch((err: unknown) => {
      this.#options.logger.warn({ err }, 'a lease of an idempotent mutation stays until it expires');
    });
  }

  get #lease(): number {
    return this.#options.lease ?? LEASE;
  }
}

interface Lease {
  readonly name: string;
  readonly token: Buffer;
}

/** Arguments as they are compared: the order of their names does not count. */
export function fingerprintOf(args: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(canonicalJson(args)).digest('base64url');
}

/** Errors that say that nothing got into the log. */
const NOTHING_PUBLISHED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_REQUEST',
  'LIMIT_EXCEEDED',
  'OVERLOADED',
  'EVENT_INVALID',
  'EVENT_TOO_LARGE',
  'PUBLISH_FAILED',
  'TOPIC_MISSING',
  'SHUTTING_DOWN',
]);

export const saysNothingPublished = (error: unknown): boolean =>
  error instanceof MillraceError && NOTHING_PUBLISHED.has(error.code);

function nameOf({ subject, field, key }: KeyedCall): string {
  const text = JSON.stringify([subject ?? null, field, key]);
  return `idempotency:${createHash('sha256').update(text).digest('base64url')}`;
}

/** Stands for a key that was not used. */
const FREE = Buffer.from('null');

/** An entry, and how it stands in the store. */
interface Kept {
  readonly entry: Entry;
  readonly bytes: Buffer;
}

const bytesOf = (entry: Entry): Buffer => Buffer.from(JSON.stringify(entry));

function kept(bytes: Buffer | undefined): Kept | undefined {
  if (bytes === undefined || bytes.equals(FREE)) return undefined;
  return { entry: entrySchema.parse(JSON.parse(bytes.toString())), bytes };
}

/** Whether it is the answer from now on. */
const lasts = <T>(answer: Answer<T>): boolean =>
  'value' in answer || (answer.error instanceof MillraceError && answer.error.code === 'OUTCOME_PENDING');

function lastingOf<T>(answer: Answer<T>): Entry['answer'] {
  const reached = answer.reached && positionSchema.parse(answer.reached);
  if ('value' in answer) return { value: answer.value ?? null, reached };
  const { message, details } = answer.error as MillraceError; // `lasts` has looked.
  return { pending: [message, details], reached };
}

function recalled<T>(answer: NonNullable<Entry['answer']>): Answer<T> {
  const { reached } = answer;
  // What was kept is what `work` answered then, as JSON has it.
  if ('value' in answer) return { value: answer.value as T, reached };
  const [message, details] = answer.pending;
  return { error: new MillraceError('OUTCOME_PENDING', message, { details }), published: true, reached };
}

const leftNothing = <T>(answer: Answer<T>): boolean =>
  'error' in answer && !answer.published && saysNothingPublished(answer.error);

function conflict({ key, field }: KeyedCall): MillraceError {
  const text = `The idempotency key ${JSON.stringify(key)} of ${field} was already used with other arguments; nothing was published.`;
  return new MillraceError('IDEMPOTENCY_CONFLICT', text);
}
