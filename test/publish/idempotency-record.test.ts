import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/core/errors.js';
import { offset, partition, topic } from '../../src/core/ids.js';
import type { Answer } from '../../src/publish/answer.js';
import {
  answeredRecord,
  beginAttempt,
  encodeRecord,
  fingerprintOf,
  type KeyedCall,
  keyState,
  recordName,
  storedAnswer,
  UNUSED,
} from '../../src/publish/idempotency-record.js';

const CALL: KeyedCall = { subject: 's', field: 'say', key: 'k', args: 'a', correlationId: 'c-1' };
const REACHED = { topic: topic('t'), partition: partition(1), offset: offset(2) };
const pending = new MillraceError('OUTCOME_PENDING', 'late', { details: { cursor: 'x' } });

const begun = () => beginAttempt({ state: 'unused' }, CALL, 'attempt-1');
const answered = (answer: Answer<unknown>) => answeredRecord(begun(), answer);

describe('the record of an idempotency key', () => {
  it('is unused without a record, and after it was released', () => {
    expect(keyState(undefined)).toEqual({ state: 'unused' });
    expect(keyState(UNUSED)).toEqual({ state: 'unused' });
  });

  it('is pending once an attempt has begun', () => {
    const record = begun();
    const bytes = encodeRecord(record);
    expect(keyState(bytes)).toEqual({ state: 'pending', record, bytes });
  });

  it('keeps the time and the correlation id of the first attempt when another one takes over, and differs', () => {
    const record = begun();
    const bytes = encodeRecord(record);
    const later = beginAttempt(
      { state: 'pending', record, bytes },
      { ...CALL, correlationId: 'c-2' },
      'attempt-2',
    );
    expect(later).toEqual({ ...record, attempt: 'attempt-2' });
    expect(encodeRecord(later).equals(bytes)).toBe(false);
  });

  it.each<[string, Answer<unknown>]>([
    ['a value', { value: { n: 1 }, reached: REACHED }],
    ['a null', { value: null, reached: undefined }],
    ['OUTCOME_PENDING', { error: pending, published: true, reached: REACHED }],
  ])('is answered by %s, which is read back as it was', (_what, answer) => {
    const record = answered(answer);
    const found = keyState(record && encodeRecord(record));
    expect(found.state).toBe('answered');
    if (found.state !== 'answered') return;
    expect(storedAnswer(found.answer)).toEqual(answer);
  });

  it('is not answered by an error after which the mutation can be retried', () => {
    const error = new MillraceError('PUBLISH_UNCERTAIN', 'no answer');
    expect(answered({ error, published: true, reached: undefined })).toBeUndefined();
    expect(answered({ error: new Error('a bug'), published: false, reached: undefined })).toBeUndefined();
  });

  it('has another name for another subject, field or key, and for an anonymous caller', () => {
    const calls = [
      CALL,
      { ...CALL, subject: 'other' },
      { ...CALL, subject: undefined },
      { ...CALL, field: 'other' },
      { ...CALL, key: 'other' },
    ];
    expect(new Set(calls.map(recordName)).size).toBe(calls.length);
    expect(recordName({ ...CALL, args: 'other', correlationId: 'other' })).toBe(recordName(CALL));
  });

  it('compares arguments without regard to the order of their names, at any depth', () => {
    const one = fingerprintOf({ a: 1, b: { c: [1, 2], d: 2n } });
    expect(fingerprintOf({ b: { d: 2n, c: [1, 2] }, a: 1 })).toBe(one);
    expect(fingerprintOf({ b: { d: 2n, c: [2, 1] }, a: 1 })).not.toBe(one);
  });
});
