import { describe, expect, it } from 'vitest';
import { parseShown } from '../../src/shared/exact-json';

describe('the data of an event', () => {
  it('is shown with exact numbers', () => {
    const value = parseShown('{"id":9007199254740993,"n":1.50,"small":7}')?.value;
    // Engines before ECMAScript 2025 do not tell the text of a number.
    const isExact = typeof (value as { id: unknown }).id === 'string';
    expect(value).toEqual({ id: isExact ? '9007199254740993' : 9007199254740992, n: 1.5, small: 7 });
    expect(parseShown('{"id":')).toBeUndefined();
  });
});
