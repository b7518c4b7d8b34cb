import { describe, expect, it } from 'vitest';
import { reasonPattern } from '../../src/dead-letters/reason-pattern.js';

describe('what reasons of dead letters have in common', () => {
  it.each([
    [
      'quoted values',
      `Unexpected token 'n', "no event 17" is not valid JSON`,
      `Unexpected token 'x', "y" is not valid JSON`,
    ],
    ['numbers', 'Int cannot represent 12.5: it is too large', 'Int cannot represent -9e40: it is too large'],
    [
      'ids and positions',
      'order-17 of shop.orders/3@99 is unknown',
      'order-18 of shop.orders/0@1 is unknown',
    ],
    ['UUIDs', 'no f81d4fae-7dec-11d0-a765-00a0c91e6bf6 here', 'no 00000000-7dec-11d0-a765-00a0c91e6bff here'],
    ['times', 'late since 2026-01-31T09:30:00Z', 'late since 2027-11-01T19:30:07.5+01:00'],
    ['positions in a text', 'bad at line: 1, column: 22', 'bad at line: 3, column: 4'],
  ])('%s make no difference', (_, one, other) => {
    expect(reasonPattern(one)).toBe(reasonPattern(other));
    expect(reasonPattern(one)).toContain('…');
  });

  it.each([
    [
      'names of fields',
      'Cannot return null for non-nullable field Said.n.',
      'Cannot return null for non-nullable field Said.m.',
    ],
    [
      'quoted names after a word that announces them',
      'the field "total" is missing',
      'the field "sum" is missing',
    ],
    ['classes', 'java.lang.IllegalStateException: no', 'java.lang.NullPointerException: no'],
    ['types with digits', 'no type OrderV2', 'no type OrderV3'],
  ])('%s do', (_, one, other) => {
    expect(reasonPattern(one)).not.toBe(reasonPattern(other));
  });

  it('an apostrophe within a word quotes nothing', () => {
    expect(reasonPattern("it isn't there, and won't be")).toBe("it isn't there, and won't be");
  });

  it('C4 a reason of a megabyte takes no time, whatever it is made of', () => {
    const started = performance.now();
    for (const piece of ['"', "'", 'a', '1-', '.a', '\\"', 'field "', ' '])
      expect(reasonPattern(piece.repeat(1_000_000)).length).toBeLessThanOrEqual(240);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
