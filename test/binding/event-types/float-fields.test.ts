import { describe, expect, it } from 'vitest';
import { floatFields } from '../../../src/binding/event-types/float-fields.js';
import { bound } from '../schema.js';

const BIG = 10n ** 20n;
const convert = floatFields(
  bound(`scalar Json
    type Query { ok: Boolean }
    interface Item { price: Float }
    type Book implements Item { price: Float! isbn: ID! }
    union Any = Book | Other
    type Other { id: ID! }
    type Order { total: Float id: ID! items: [Item!] any: Any grid: [[Float!]!] next: Order json: Json }`)
    .schema,
);

describe('the data of events for the code of a project', () => {
  it('has a number for each Float, however large and deep, and keeps other integers exact', () => {
    const data = {
      total: BIG,
      id: BIG,
      items: [{ __typename: 'Book', price: BIG, isbn: BIG }, null],
      any: { __typename: 'Book', price: 2n * BIG },
      grid: [[BIG, 1.5]],
      next: { total: BIG, next: null, unknown: BIG },
      json: { total: BIG },
    };
    expect(convert('Order', data)).toEqual({
      total: 1e20,
      id: BIG,
      items: [{ __typename: 'Book', price: 1e20, isbn: BIG }, null],
      any: { __typename: 'Book', price: 2e20 },
      grid: [[1e20, 1.5]],
      next: { total: 1e20, next: null, unknown: BIG },
      json: { total: BIG },
    });
  });

  it('is the same object where nothing is to be converted', () => {
    for (const [type, data] of [
      ['Order', { total: 1.5, id: 'a' }],
      ['Other', { id: BIG }],
      ['Nobody', { total: BIG }],
      ['Order', undefined],
    ] as const)
      expect(convert(type, data)).toBe(data);
  });
});
