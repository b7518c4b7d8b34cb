import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.js';
import { MillraceError } from '../core/errors.js';
import { parseJson, stringifyJson } from '../core/exact-json.js';
import { offset, partition, topic } from '../core/ids.js';
import type { Answer } from './answer.js';

/** One use of an idempotency key. */
export interface KeyedCall {
  /** Who uses it. Keys of different subjects are different keys. */
  readonly subject: string | undefined;
  readonly field: string;
  readonly key: string;
  /** `fingerprintOf` the arguments. */
  readonly args: string;
  /** The correlation id of its events, if this is the first use. */
  readonly correlationId: string;
}

const positionSchema = z
  .object({ topic: z.string(), partition: z.number().int(), offset: z.number().int() })
  .transform((at) => ({
    topic: topic(at.topic),
    partition: partition(at.partition),
    offset: offset(at.offset),
  }));

/** `pending` is the message and the details of an OUTCOME_PENDING. */
const answerSchema = z
  .union([
    z.object({ value: z.unknown() }),
    z.object({ pending: z.tuple([z.string(), z.record(z.string(), z.unknown())]) }),
  ])
  .and(z.object({ reached: positionSchema.optional() }));

/** What the state store has for a key, as JSON. */
const recordSchema = z.object({
  args: z.string(),
  /** The id of the attempt that wrote the record. Each attempt thereby writes other bytes (see `Idempotency`). */
  attempt: z.string(),
  /** When the first attempt began, in milliseconds since 1970. */
  began: z.number(),
  /** The first attempt's. */
  correlationId: z.string().optional(),
  answer: answerSchema.optional(),
});

export type IdempotencyRecord = z.output<typeof recordSchema>;
type StoredAnswer = NonNullable<IdempotencyRecord['answer']>;

/**
 * The state of a key. `bytes` are what the store has: a change compares them first.
 *
 * | state    | event                                              | next                                     |
 * |----------|----------------------------------------------------|------------------------------------------|
 * | unused   | an attempt begins                                  | pending                                  |
 * | pending  | the attempt gets an answer that stays              | answered                                 |
 * | pending  | the first attempt proves that nothing was published | unused                                   |
 * | pending  | the attempt fails otherwise, or its node dies      | pending, and the next attempt takes over |
 * | pending  | another attempt takes over                         | pending, with that attempt's id          |
 * | answered | the outcome that was pending has arrived           | answered, with the outcome               |
 * | any      | its time to live ends                              | unused                                   |
 */
export type KeyState =
  | { readonly state: 'unused' }
  | { readonly state: 'pending'; readonly record: IdempotencyRecord; readonly bytes: Buffer }
  | {
      readonly state: 'answered';
      readonly record: IdempotencyRecord;
      readonly answer: StoredAnswer;
      readonly bytes: Buffer;
    };

/** In the store: the key is unused. Its record is replaced by this, since the store has no atomic delete-if-equal. */
export const UNUSED = Buffer.from('null');

/** @param bytes what the store has; `undefined` when it has nothing */
export function keyState(bytes: Buffer | undefined): KeyState {
  if (bytes === undefined || bytes.equals(UNUSED)) return { state: 'unused' };
  const record = recordSchema.parse(parseJson(bytes));
  return record.answer === undefined
    ? { state: 'pending', record, bytes }
    : { state: 'answered', record, answer: record.answer, bytes };
}

/** The record with which an attempt begins. A later attempt keeps the first one's time and correlation id. */
export function beginAttempt(
  before: Extract<KeyState, { state: 'unused' | 'pending' }>,
  { args, correlationId }: KeyedCall,
  attempt: string,
): IdempotencyRecord {
  if (before.state === 'pending') return { ...before.record, attempt };
  return { args, correlationId, attempt, began: Date.now() };
}

export const encodeRecord = (record: IdempotencyRecord): Buffer => Buffer.from(stringifyJson(record));

/**
 * The record of an answer that stays, so that every later use of the key gets it; `undefined` for one that does not.
 * A value stays, and so does OUTCOME_PENDING, until a later use finds the outcome: after both, the events are in the log.
 */
export function answeredRecord<T>(
  record: IdempotencyRecord,
  answer: Answer<T>,
): IdempotencyRecord | undefined {
  const reached = answer.reached && positionSchema.parse(answer.reached);
  if ('value' in answer) return { ...record, answer: { value: answer.value ?? null, reached } };
  const { error } = answer;
  if (!(error instanceof MillraceError) || error.code !== 'OUTCOME_PENDING') return undefined;
  return { ...record, answer: { pending: [error.message, error.details], reached } };
}

/** The answer that a record has. */
export function storedAnswer<T>(answer: StoredAnswer): Answer<T> {
  const { reached } = answer;
  // The value is what `work` answered then, as JSON: every use of a key is a call of the same field.
  if ('value' in answer) return { value: answer.value as T, reached };
  const [message, details] = answer.pending;
  return { error: new MillraceError('OUTCOME_PENDING', message, { details }), published: true, reached };
}

/** The name of a key's record in the state store. */
export function recordName({ subject, field, key }: KeyedCall): string {
  return `idempotency:${sha256(JSON.stringify([subject ?? null, field, key]))}`;
}

/** Arguments as they are compared between uses of a key: the order of names does not count. */
export const fingerprintOf = (args: Readonly<Record<string, unknown>>): string => sha256(canonicalJson(args));

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');
