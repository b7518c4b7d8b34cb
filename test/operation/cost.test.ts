import { buildSchema, getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { costOf } from '../../src/operation/cost.js';
import { MAX_COST } from '../../src/operation/document-validator.js';

const schema = buildSchema(`
  type Query { one: A, many: [A!]!, named: N }
  interface N { name: String }
  type A implements N { name: String, more: [A] }`);
const cost = (source: string) => costOf(schema, parse(source));

describe('the cost of a document', () => {
  it('S4 the cost of a document counts each field, and the selection of a list ten times', () => {
    expect(cost('{ one { name } }')).toBe(2);
    expect(cost('{ many { name } }')).toBe(11);
    expect(cost('{ many { ... { name more { name } } } }')).toBe(121);
    expect(cost('{ named { name ... on A { more { name } } } }')).toBe(13);
    expect(cost('query a { one { name } } query b { many { name } }')).toBe(11);
  });

  it('S4 the cost of a document counts fragments wherever they are spread, in linear time', () => {
    const levels = Array.from({ length: 100 }, (_, i) => {
      return `fragment F${i} on A { a: more { ...F${i + 1} } b: more { ...F${i + 1} } }`;
    });
    expect(cost(`{ one { ...F0 } } ${levels.join(' ')} fragment F100 on A { name }`)).toBeGreaterThan(1e100);
  });

  it('S4 the cost limit allows an introspection query, and refuses a hundred of them in one document', () => {
    const whole = getIntrospectionQuery({
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    expect(cost(whole)).toBeLessThan(MAX_COST);
    const types = Array.from({ length: 30 }, (_, i) => `t${i}: types { ...T }`).join(' ');
    const fields = Array.from({ length: 30 }, (_, i) => `f${i}: fields { type { name } }`).join(' ');
    const many = `{ __schema { ${types} } } fragment T on __Type { ${fields} }`;
    expect(cost(many)).toBeGreaterThan(MAX_COST);
  });
});
