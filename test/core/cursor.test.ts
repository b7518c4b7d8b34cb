import { describe, expect, it } from 'vitest';
import { CursorCodec, type CursorScope, fingerprint, topicFingerprintOf } from '../../src/core/cursor.js';
import { MillraceError } from '../../src/core/errors.js';
import { offset, partition, topic, topicId } from '../../src/core/ids.js';

const SECRET = 'a secret of some length';
const codec = new CursorCodec([SECRET]);
const scope: CursorScope = {
  topic: topic('shop.orders'),
  field: 'orderEvents',
  args: '{"orderId":"1"}',
  subject: 'ada',
};
const positions = new Map([
  [partition(0), { offset: offset(-1), fingerprint: 0 }],
  [partition(3), { offset: offset(2 ** 40), fingerprint: fingerprint('id', 1) }],
]);
const place = {
  positions,
  topicFingerprint: topicFingerprintOf(topicId('x')),
  partitions: 12,
  asOf: 1_700_000_000_000,
};
const cursor = codec.position(scope.topic, place) + codec.tag(scope);

function reasonOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof MillraceError) return [error.code, error.details['reason']];
    throw error;
  }
  return 'accepted';
}

describe('a cursor', () => {
  it('a cursor contains the position that it was made of', () => {
    expect(codec.read(cursor, scope)).toEqual(place);
  });

  it('a cursor is short', () => {
    const one = new Map([[partition(1), { offset: offset(123_456), fingerprint: 7 }]]);
    const short = { ...place, positions: one };
    expect((codec.position(scope.topic, short) + codec.tag(scope)).length).toBeLessThan(100);
  });

  it('D4 a cursor that was signed with an older secret is still valid, and new ones are signed with the new secret', () => {
    const rotated = new CursorCodec(['the new secret, of some length', SECRET]);
    expect(rotated.read(cursor, scope)).toEqual(place);
    const fresh = rotated.position(scope.topic, place) + rotated.tag(scope);
    expect(reasonOf(() => codec.read(fresh, scope))).toEqual(['CURSOR_INVALID', 'SIGNATURE']);
  });

  it.each([
    ['another field', { field: 'ordersPlaced' }, 'FIELD'],
    ['another topic', { topic: topic('shop.stock') }, 'FIELD'],
    ['other arguments', { args: '{"orderId":"2"}' }, 'ARGUMENTS'],
    ['another subject', { subject: 'bob' }, 'SUBJECT'],
    ['an anonymous caller', { subject: undefined }, 'SUBJECT'],
  ])('S3 a cursor is invalid for %s', (_case, change, reason) => {
    expect(reasonOf(() => codec.read(cursor, { ...scope, ...change }))).toEqual(['CURSOR_INVALID', reason]);
  });

  it.each([
    ['nothing', ''],
    ['no cursor', 'not-a-cursor'],
    ['one half', cursor.split('.')[0] ?? ''],
    ['three parts', `${cursor}.x`],
    ['a truncated one', cursor.slice(0, -3)],
    ['other letters', cursor.replace('.', '.*')],
  ])('D5 tells %s from a cursor', (_case, text) => {
    expect(reasonOf(() => codec.read(text, scope))).toMatchObject([
      'CURSOR_INVALID',
      expect.stringMatching(/MALFORMED|SIGNATURE/),
    ]);
  });

  it('D5 a cursor with any changed byte is invalid', () => {
    for (let i = 0; i < cursor.length; i++) {
      const changed = cursor.slice(0, i) + (cursor[i] === 'A' ? 'B' : 'A') + cursor.slice(i + 1);
      expect(reasonOf(() => codec.read(changed, scope))).not.toBe('accepted');
    }
  });
});
