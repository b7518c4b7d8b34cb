import type { Plant } from './support/plant.js';

const TEST = 'test/binding/cel/generated.test.ts';
const PRINTED = {
  test: TEST,
  case: 'are printed so that parsing gives the same expression',
  file: 'src/binding/cel/print.ts',
};
const GUARDED = {
  test: TEST,
  case: 'D10 have a value for every event when the check accepts them, guarded or not',
  file: 'src/binding/cel/nullability.ts',
};

export const plants: readonly Plant[] = [
  {
    ...PRINTED,
    guard: 'a right operand of the same operator keeps its parentheses, as in 1 - (2 - 3)',
    find: 'wrapped(second, precedence + 1)',
    replace: 'wrapped(second, precedence)',
  },
  {
    ...PRINTED,
    guard: 'the operand of a unary operator keeps its parentheses, as in !(a && b)',
    find: 'wrapped(first, UNARY)',
    replace: 'printed(first)',
  },
  {
    ...PRINTED,
    guard: 'the condition of a ternary operator keeps its parentheses',
    find: 'wrapped(first, 1)',
    replace: 'printed(first)',
  },
  {
    ...GUARDED,
    guard: 'a comparison with < needs operands that are not null',
    find: `      // Operators, and selections of what no path names.
      return { ...FREE, needs: union(flowsOf(childrenOf(node), required)) };`,
    replace: `      // Operators, and selections of what no path names.
      return { ...FREE, needs: union(flowsOf(childrenOf(node), optional)) };`,
  },
  {
    ...GUARDED,
    guard: 'an operand of || may rely on the others being false, not on their being true',
    find: "known = both(known, op === '&&' ? next.whenTrue : next.whenFalse);",
    replace: 'known = both(known, next.whenTrue);',
  },
  {
    ...GUARDED,
    guard: 'what either operand of || tells is known only if both tell it',
    find: "const one = decided.reduce(either, 'never');",
    replace: 'const one = decided.reduce(both, NOTHING);',
  },
  {
    ...GUARDED,
    guard: 'the second branch of a ternary operator is evaluated where the condition is false',
    find: '...without(right.needs, test.whenFalse),',
    replace: '...without(right.needs, test.whenTrue),',
  },
  {
    ...GUARDED,
    guard: 'a value that equals null is not known to be there',
    find: 'if (literal?.value === null) return { whenTrue: NOTHING, whenFalse: pathFacts(one, scope) };',
    replace: 'if (literal?.value === null) return { whenTrue: pathFacts(one, scope), whenFalse: NOTHING };',
  },
  {
    ...GUARDED,
    guard: 'the object before a field must be there too',
    find: `    for (const need of flowOf(operand, { ...context, isRequired: true }).needs) needs.set(...need);`,
    replace: '',
  },
];
