import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInexactInteger, parseJson, parseJsonText, stringifyJson } from '../../src/core/exact-json.js';

const LONG = '1234567890123456789';

/** What doubles that `JSON.stringify` writes as digits only are read as. */
function exact(value: unknown): unknown {
  if (isInexactInteger(value) && Math.abs(Number(value)) < 1e21) return BigInt(String(value));
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, exact(item)]));
}

describe('JSON with exact integers', () => {
  it.each([
    ['9007199254740992', 9007199254740992n],
    ['9007199254740993', 9007199254740993n],
    ['-9007199254740993', -9007199254740993n],
    [LONG, 1234567890123456789n],
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['0', 0],
    // A number with a fraction is a double, as everywhere in JavaScript.
    ['1.0000000000000000001', 1],
    ['12345678901234567890.5', 12345678901234567000],
    // So is an integer whose digits a double keeps.
    ['1e300', 1e300],
    ['9007199254740992.0', 9007199254740992],
    ['12345678901234567890.0', 12345678901234567890n],
    ['1.2345678901234567e16', 12345678901234567n],
    ['-1.2345678901234567E+20', -1.2345678901234567e20],
    ['1.2345678901234568e-16', 1.2345678901234568e-16],
    ['1e400', Number.POSITIVE_INFINITY],
    ['1234567890123456789e400', Number.POSITIVE_INFINITY],
    ['-0', -0],
  ])('reads the number %s as the same number', (digits, value) => {
    expect(parseJsonText(digits)).toBe(value);
    expect(parseJsonText(`{"deep":[{"n": ${digits}}]}`)).toEqual({ deep: [{ n: value }] });
  });

  it('finds an integer wherever it is in the text', () => {
    for (let before = 0; before < 64; before += 1) {
      for (const text of [`["${'x'.repeat(before)}",${LONG}]`, `[${' '.repeat(before)}${LONG}]`]) {
        expect(parseJsonText(text)).toContain(BigInt(LONG));
      }
    }
    expect(parseJsonText(`{"s":"${'9'.repeat(50)}","t":"${'9'.repeat(20)}","n":${LONG}}`)).toMatchObject({
      n: BigInt(LONG),
    });
  });

  it('reads everything else as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat({ max: 40 }), (json, indent) => {
        // The long integer makes the other parser run.
        const text = JSON.stringify([JSON.parse(json), 0], null, indent).replace(/0\s*\]$/, `${LONG}]`);
        expect(parseJsonText(text)).toEqual([exact(JSON.parse(json)), BigInt(LONG)]);
        expect(parseJsonText(json)).toEqual(exact(JSON.parse(json)));
      }),
    );
  });

  it('keeps the last of two members with one name, and a member with the name __proto__', () => {
    expect(parseJsonText(`{"a":1,"a":2,"n":${LONG}}`)).toEqual({ a: 2, n: BigInt(LONG) });
    const parsed = parseJsonText(`{"__proto__":{"x":1},"n":${LONG}}`);
    expect(Object.keys(parsed as object)).toEqual(['__proto__', 'n']);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  });

  it.each(['', '{', `{"n":${LONG}`, `{"n":0${LONG}}`, `[${LONG},]`, `{'n':${LONG}}`])(
    'rejects %s as JSON.parse does',
    (text) => {
      expect(() => parseJson(Buffer.from(text))).toThrow(SyntaxError);
    },
  );

  it('S4 takes linear time for digits, and reads an integer of absurd length as a double', () => {
    const began = performance.now();
    parseJsonText(JSON.stringify({ digits: '9'.repeat(4_000_000) }));
    expect(parseJsonText(`[${'9'.repeat(1_001)}]`)).toEqual([Number.POSITIVE_INFINITY]);
    expect(parseJsonText(`[${'9'.repeat(1_000)}]`)).toEqual([BigInt('9'.repeat(1_000))]);
    // With a search that begins again in each run, this would be hours.
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('writes integers with all their digits, and everything else as JSON.stringify does', () => {
    expect(stringifyJson({ id: BigInt(LONG), list: [1n, 'x', null, undefined], left: undefined })).toBe(
      `{"id":${LONG},"list":[1,"x",null,null]}`,
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(stringifyJson(value)).toBe(JSON.stringify(value));
        expect(stringifyJson([value, BigInt(LONG)])).toBe(`[${JSON.stringify(value)},${LONG}]`);
      }),
    );
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => stringifyJson(circle)).toThrow(/circular/);
  });

  it('tells the numbers that a double may have rounded', () => {
    expect([2 ** 53, -(2 ** 53), 1e300].map(isInexactInteger)).toEqual([true, true, true]);
    expect([2 ** 53 - 1, 0, 1.5, Number.NaN, '9', 9n, null].some(isInexactInteger)).toBe(false);
  });
});
