import { describe, expect, it } from 'vitest';
import { filterWith, problemsWith } from './filter.js';

const OVER = { fields: 'text: String!', args: '(at: Int! = 0)' };
const holds = filterWith(OVER);

describe('functions of strings', () => {
  it.each([
    ['event.text.size() == 6', 'hé😀llo'],
    ["event.text.indexOf('l') == 3", 'hé😀llo'],
    ["event.text.indexOf('l', 4) == 4", 'hé😀llo'],
    ["event.text.indexOf('x') == -1 && event.text.indexOf('') == 0", 'hé😀llo'],
    ["event.text.lastIndexOf('l') == 4", 'hé😀llo'],
    ["event.text.lastIndexOf('l', 3) == 3", 'hé😀llo'],
    ["event.text.substring(2, 3) == '😀' && event.text.substring(3) == 'llo'", 'hé😀llo'],
    ['event.text.substring(event.text.size()) == ""', 'hé😀llo'],
    ["event.text.split('') == ['a', '😀', 'b']", 'a😀b'],
    ["event.text.split(',', 2) == ['a', 'b,c']", 'a,b,c'],
    ["event.text.split(',', 0) == [] && event.text.split(',', -1).size() == 3", 'a,b,c'],
    ["event.text.lowerAscii() == 'tacocÆt'", 'TacoCÆt'],
    ["event.text.upperAscii() == 'TACOCæT'", 'TacoCæt'],
  ])('count code points, and change ASCII letters only: %s', (filter, text) => {
    expect(holds(filter, { text })).toBe(true);
  });

  it('D10 fail for positions outside of the text', () => {
    for (const filter of ["event.text.substring(4) == ''", "event.text.substring(2, 1) == ''"])
      expect(() => holds(filter, { text: 'abc' })).toThrow('is outside of a text of 3 characters');
    expect(() => holds("event.text.indexOf('a', args.at) == 0", { text: 'abc' }, { at: -1 })).toThrow(
      'outside',
    );
    expect(problemsWith(OVER)("'abc'.substring(4) == ''")).toEqual([
      "'abc'.substring(4) has no value: The position 4 is outside of a text of 3 characters.",
    ]);
  });

  it('are of strings alone, also where the schema does not know the type', () => {
    expect(holds("claims.name.upperAscii() == 'ANN'", { text: '' }, {}, { name: 'ann' })).toBe(true);
    expect(() => holds("claims.name.upperAscii() == 'ANN'", { text: '' }, {}, { name: 5 })).toThrow(
      'upperAscii() is called on a string',
    );
  });
});
