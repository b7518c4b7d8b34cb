import fc from 'fast-check';
import { buildSchema, getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, it, vi } from 'vitest';
import { DocumentValidator, MAX_VALIDATION_STEPS } from '../../src/operation/document-validator.js';
import { exceedsValidationCost } from '../../src/operation/validation-cost.js';

const schema = buildSchema(`
  type Query { a: A, n(x: Int): Int, named: N }
  interface N { name: String }
  type A implements N { name: String, a: A, n(x: Int): Int }`);

const repeat = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ');

/** The number of steps, as the guard counts them. */
function stepsOf(source: string): number {
  const document = parse(source);
  let steps = 0;
  while (exceedsValidationCost(document, steps)) steps += 1;
  return steps;
}

describe('the steps of validation', () => {
  it('S4 are few for a document that selects each field once, however long it is', () => {
    expect(stepsOf(`{ ${repeat(1_000, (i) => `f${i}: n`)} }`)).toBe(0);
    expect(stepsOf(getIntrospectionQuery())).toBeLessThan(100);
  });

  it('S4 count each pair of fields with one response name, and those below them', () => {
    expect(stepsOf('{ n n }')).toBe(1);
    expect(stepsOf(`{ ${repeat(10, () => 'n')} }`)).toBe(45);
    expect(stepsOf('{ n(x: 1) n(x: 1) }')).toBe(2);
    // The pair, the one name of its selections, and the pair below.
    expect(stepsOf('{ a { name } a { name } }')).toBe(3);
    expect(stepsOf('{ n ... { n } }')).toBe(1);
  });

  it('S4 count fields against fragments, and fragments against each other', () => {
    const fragments = (count: number): string =>
      `{ a { ${repeat(count, (i) => `...F${i}`)} } } ${repeat(count, (i) => `fragment F${i} on A { name }`)}`;
    expect(stepsOf(fragments(20))).toBeGreaterThan(190 * 2);
    expect(stepsOf(fragments(40))).toBeGreaterThan(780 * 2);
  });

  it('S4 count the fragments that each operation reaches', () => {
    const operations = (count: number): string =>
      `${repeat(count, (i) => `query q${i} { a { ...F } }`)} fragment F on A { ${repeat(100, (i) => `n${i}: n`)} }`;
    expect(stepsOf(operations(2))).toBeGreaterThan(50);
    expect(Math.round(stepsOf(operations(20)) / stepsOf(operations(2)))).toBe(10);
  });

  it('S4 are less than twice the square of the number of tokens in any document without fragments', () => {
    const { selections } = fc.letrec<{ selections: string }>((tie) => ({
      selections: fc
        .array(
          fc.tuple(
            fc.constantFrom('a', 'a', 'a', 'b'),
            fc.constantFrom('', '', '', '(x: 1)', '(x: 1, y: 2, z: 3)'),
            fc.oneof({ maxDepth: 3, depthSize: 'small' }, fc.constant(''), tie('selections')),
          ),
          { minLength: 1, maxLength: 6, size: 'max' },
        )
        .map((fields) => `{ ${fields.map((parts) => parts.join('')).join(' ')} }`),
    }));
    let many = 0;
    fc.assert(
      fc.property(selections, (source) => {
        const { tokenCount = 0, ...document } = parse(source);
        expect(exceedsValidationCost(document, 2 * tokenCount ** 2)).toBe(false);
        if (exceedsValidationCost(document, 10)) many += 1;
      }),
      { numRuns: 500 },
    );
    // Otherwise the documents show nothing.
    expect(many).toBeGreaterThan(50);
  });

  it('S4 end for fragments in cycles and for fragments that do not exist', () => {
    const cycle = 'fragment F on A { a { ...G } ...F } fragment G on A { a { ...F } name ...F }';
    expect(exceedsValidationCost(parse(`{ a { ...F ...G ...H name } } ${cycle}`), 1_000)).toBe(false);
  });
});

describe('the limits of a document', () => {
  const limited = [
    ['fields that repeat', `{ ${repeat(400, () => 'n')} }`],
    ['arguments that repeat', `{ ${repeat(200, (i) => `n(x: ${i})`)} }`],
    ['selections that repeat', `{ ${repeat(200, () => 'a { name }')} }`],
    [
      'fragments beside each other',
      `{ a { ${repeat(300, (i) => `...F${i}`)} } } ${repeat(300, (i) => `fragment F${i} on A { name }`)}`,
    ],
    ['tokens', `{ ${repeat(5_000, (i) => `n${i}`)} }`],
    ['characters', `{ n } # ${'x'.repeat(100_000)}`],
  ] as const;

  it.each(limited)('S4 refuses too many %s with LIMIT_EXCEEDED, before it validates', (_what, query) => {
    const getQueryType = vi.spyOn(schema, 'getQueryType');
    const validator = new DocumentValidator(schema, { maxTokens: 5_000 });
    const validated = validator.validate(query);
    expect(validated).toMatchObject({
      errors: [{ extensions: {}, originalError: { code: 'LIMIT_EXCEEDED' } }],
    });
    expect(getQueryType).not.toHaveBeenCalled();
    getQueryType.mockRestore();
  });

  it('S4 leaves a usual document far below the limits', () => {
    const validator = new DocumentValidator(schema, { maxTokens: 5_000 });
    for (const query of [getIntrospectionQuery(), `{ ${repeat(30, () => 'a { name n a { name } }')} }`]) {
      expect(validator.validate(query)).toHaveProperty('document');
      expect(exceedsValidationCost(parse(query), MAX_VALIDATION_STEPS / 5)).toBe(false);
    }
  });
});
