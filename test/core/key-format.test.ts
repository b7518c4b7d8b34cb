import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOfText, isWellFormed, textOfBytes } from '../../src/core/byte-text.js';
import {
  canonicalSubject,
  type ExactKeyFormat,
  KeyFormatError,
  recordKeyOf,
  subjectOfKey,
  subjectOfValue,
} from '../../src/core/key-format.js';

const FORMATS: readonly (ExactKeyFormat | undefined)[] = [
  undefined,
  'STRING',
  'INT32',
  'INT64',
  'UUID',
  'BYTES',
  'JSON',
];

/** The subject of a key's bytes; `undefined`: they do not read as declared. */
function subjectOf(format: ExactKeyFormat | undefined, bytes: Buffer): string | undefined {
  try {
    return subjectOfKey(format, textOfBytes(bytes));
  } catch (error) {
    if (error instanceof KeyFormatError) return undefined;
    throw error;
  }
}

const bytesOf = (format: ExactKeyFormat | undefined, subject: string): Buffer =>
  bytesOfText(recordKeyOf(format, subject));

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const bytes = fc
  .oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 8, maxLength: 8 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.json(),
    fc.json().map((json) => JSON.stringify(json)),
    fc.json().map((json) => JSON.stringify(`json:${json}`)),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 8 }).map((inner) => `base64:${Buffer.from(inner).toString('base64')}`),
    fc
      .uint8Array({ maxLength: 4 })
      .map(
        (inner) =>
          `base64:${Buffer.from(`base64:${Buffer.from(inner).toString('base64')}`).toString('base64')}`,
      ),
  )
  .map((some) => Buffer.from(some as Uint8Array));

describe('keys of records', () => {
  it.each(FORMATS)('with the format %s have one text each, which becomes the same bytes again', (format) => {
    fc.assert(
      fc.property(bytes, (key) => {
        const subject = subjectOf(format, key);
        if (subject === undefined) {
          // Keys without a declared format always have a text.
          expect(format).not.toBe(undefined);
          return;
        }
        expect(isWellFormed(subject)).toBe(true);
        // From which it follows that no two keys have the same text.
        expect(bytesOf(format, subject)).toEqual(key);
        expect(canonicalSubject(format, subject)).toBe(subject);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [undefined, 'Zürich', Buffer.from('Zürich')],
    [undefined, 'base64:foo', Buffer.from('base64:foo')],
    [undefined, 'base64:YmFzZTY0OnlNaz0=', Buffer.from('base64:yMk=')],
    [undefined, 'base64:yMk=', hex('c8c9')],
    [undefined, 'base64:AAAAAAAAAMg=', hex('00000000000000c8')],
    [undefined, 'base64:AAAAAAAAAMk=', hex('00000000000000c9')],
    ['INT64', '200', hex('00000000000000c8')],
    ['INT64', '9007199254740993', hex('0020000000000001')],
    ['INT64', '-9223372036854775808', hex('8000000000000000')],
    ['INT32', '-1', hex('ffffffff')],
    ['UUID', '550e8400-e29b-41d4-a716-446655440000', hex('550e8400e29b41d4a716446655440000')],
    ['BYTES', 'yA==', hex('c8')],
    ['JSON', 'a1', Buffer.from('"a1"')],
    ['JSON', '42', Buffer.from('"42"')],
    ['JSON', 'json:42', Buffer.from('42')],
    ['JSON', 'json:null', Buffer.from('null')],
    ['JSON', '{"id":42}', Buffer.from('{"id":42}')],
    ['JSON', 'json:"{\\"id\\":42}"', Buffer.from('"{\\"id\\":42}"')],
    ['JSON', 'json:"json:42"', Buffer.from('"json:42"')],
    ['JSON', 'json:"\\u0061"', Buffer.from('"\\u0061"')],
  ] as const)('with the format %s read as %s', (format, subject, key) => {
    expect(subjectOf(format, key)).toBe(subject);
  });

  it.each([
    ['STRING', hex('c8')],
    ['INT32', hex('00000000000000c8')],
    ['INT64', Buffer.from('200')],
    ['UUID', Buffer.from('550e8400-e29b-41d4-a716-446655440000')],
    ['JSON', Buffer.from('a1')],
  ] as const)('that are not %s are an error that names it', (format, key) => {
    expect(() => subjectOfKey(format, textOfBytes(key))).toThrow(format);
  });

  it.each([
    ['INT64', '9223372036854775808'],
    ['INT64', '1.5'],
    ['INT64', ''],
    ['INT32', '2147483648'],
    ['UUID', '550e8400'],
    ['BYTES', 'yA'],
    ['JSON', 'json:{'],
    ['STRING', '\ud800'],
    [undefined, '\ud800'],
  ] as const)('of the format %s cannot be %s', (format, subject) => {
    expect(() => recordKeyOf(format, subject)).toThrow(KeyFormatError);
  });

  it('are found by other notations of the same key', () => {
    expect(canonicalSubject('UUID', '550E8400-E29B-41D4-A716-446655440000')).toBe(
      '550e8400-e29b-41d4-a716-446655440000',
    );
    expect(canonicalSubject('INT64', '007')).toBe('7');
    expect(subjectOfValue('INT64', 9007199254740993n)).toBe('9007199254740993');
  });

  it('in JSON are strings where an expression is a string, objects where it is the text of one, and numbers where it is an int', () => {
    expect(bytesOf('JSON', subjectOfValue('JSON', '42')).toString()).toBe('"42"');
    expect(bytesOf('JSON', subjectOfValue('JSON', '{"id":42}')).toString()).toBe('{"id":42}');
    expect(bytesOf('JSON', subjectOfValue('JSON', 42)).toString()).toBe('42');
  });
});
