import fc from 'fast-check';

/** What generated expressions are written over. Every operator has operands for it, and some values are often equal. */
export const OVER = {
  fields:
    'n: Int!, m: Int, f: Float!, s: String!, t: String, b: Boolean!, at: DateTime!, tags: [String!]!, o: Inner, id: ID!, kind: Kind',
  args: '(n: Int! = 1, m: Int, s: String! = "a", t: String, b: Boolean! = true, at: DateTime!, id: ID)',
  more: 'type Inner { n: Int!, m: Int } enum Kind { A B }',
};

const NUMBERS = fc.integer({ min: -2, max: 3 });
const TEXTS = fc.constantFrom('', 'a', 'b', 'ab', 'constructor');
const TIMES = fc.constantFrom(
  '2026-01-01T09:30:00Z',
  '2026-01-01t10:30:00+01:00',
  '2026-01-01T09:30:00.0000001Z',
  '2025-12-31T23:59:60Z',
  '2026-01-01T00:00:00z',
);
const orNothing = <T>(value: fc.Arbitrary<T>) => fc.oneof(value, fc.constantFrom(null, undefined));

/** Leaves out what is undefined. */
const present = (record: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

export const EVENTS: fc.Arbitrary<Record<string, unknown>> = fc
  .record({
    n: NUMBERS,
    m: orNothing(NUMBERS),
    f: fc.constantFrom(-1, 0, 0.5, 1, 2),
    s: TEXTS,
    t: orNothing(TEXTS),
    b: fc.boolean(),
    at: TIMES,
    tags: fc.array(TEXTS, { maxLength: 3 }),
    o: orNothing(fc.record({ n: NUMBERS, m: orNothing(NUMBERS) }).map(present)),
    id: fc.constantFrom('1', '2', 'a'),
    kind: orNothing(fc.constantFrom('A', 'B')),
  })
  .map(present);

export const ARGUMENTS: fc.Arbitrary<Record<string, unknown>> = fc
  .record({
    n: NUMBERS,
    m: orNothing(NUMBERS),
    s: TEXTS,
    t: orNothing(TEXTS),
    b: fc.boolean(),
    at: TIMES,
    id: orNothing(fc.constantFrom('1', '2', 'a')),
  })
  .map(present);

/** Spaces and parentheses that change nothing. */
const dressed = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(text, fc.nat({ max: 2 }), fc.constantFrom('', ' ', '\n'))
    .map(([inner, depth, space]) => `${'('.repeat(depth)}${space}${inner}${space}${')'.repeat(depth)}`);

const join = (left: fc.Arbitrary<string>, operators: readonly string[], right: fc.Arbitrary<string>) =>
  fc.tuple(left, fc.constantFrom(...operators), right).map(([a, operator, b]) => `(${a}) ${operator} (${b})`);

/**
 * Expressions of type bool that type-check, over what is above. Values that may be null stand where null is allowed,
 * or behind a guard.
 */
export const FILTERS: fc.Arbitrary<string> = fc.letrec<Record<'int' | 'text' | 'time' | 'bool', string>>(
  (tie) => ({
    int: dressed(
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom(
          'event.n',
          'args.n',
          '1',
          '2',
          '-1',
          'event.tags.size()',
          '(has(event.m) ? event.m : 0)',
        ),
        join(tie('int'), ['+', '-', '*'], tie('int')),
        tie('int').map((inner) => `-(${inner})`),
        tie('text').map((inner) => `size(${inner})`),
        fc.tuple(tie('bool'), tie('int'), tie('int')).map(([c, a, b]) => `((${c}) ? (${a}) : (${b}))`),
      ),
    ),
    text: dressed(
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('event.s', 'args.s', "'a'", "'b'", 'event.id', '(has(args.t) ? args.t : "")'),
        join(tie('text'), ['+'], tie('text')),
        tie('int').map((inner) => `string(${inner})`),
      ),
    ),
    time: dressed(
      fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('event.at', 'args.at', "timestamp('2026-01-01T09:30:00Z')"),
        tie('time').map((inner) => `((${inner}) + duration('30m'))`),
      ),
    ),
    bool: dressed(
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('event.b', 'args.b', 'true', 'false'),
        fc.constantFrom(
          'has(event.m)',
          'has(event.t)',
          'has(event.o)',
          'has(event.o.m)',
          'has(args.m)',
          'has(args.id)',
        ),
        fc.constantFrom(
          'event.m == args.m',
          'event.t == args.t',
          'event.m == null',
          'args.t != null',
          'event.o == null',
        ),
        fc.constantFrom("event.kind == 'A'", "'B' != event.kind", "event.kind in ['A', 'B']"),
        fc.constantFrom(
          'has(event.m) && event.m > args.n',
          '!has(event.o.m) || event.o.m < 2',
          'event.id == args.id',
        ),
        join(tie('int'), ['==', '!=', '<', '<=', '>', '>='], tie('int')),
        join(tie('text'), ['==', '!=', '<', '>'], tie('text')),
        join(tie('time'), ['==', '!=', '<', '<=', '>', '>='], tie('time')),
        join(fc.constantFrom('event.f', 'event.f + 0.5'), ['<', '>', '=='], tie('int')),
        join(tie('bool'), ['&&', '||', '=='], tie('bool')),
        tie('bool').map((inner) => `!(${inner})`),
        fc.tuple(tie('bool'), tie('bool'), tie('bool')).map(([c, a, b]) => `((${c}) ? (${a}) : (${b}))`),
        tie('text').map((inner) => `event.tags.exists(x, x == (${inner}))`),
        tie('text').map((inner) => `(${inner}) in event.tags`),
        tie('text').map((inner) => `event.s.startsWith(${inner})`),
        fc.constantFrom("event.s.matches('^a?b')", "args.s.contains('a')", 'event.tags.all(x, x.size() < 2)'),
      ),
    ),
  }),
).bool;

/** Conjunctions with an equality that routing can look up. */
export const INDEXED_FILTERS: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      'event.n == args.n',
      'event.n == (args.n + 1) * 2',
      'event.n == -(args.n)',
      '(args.s) == event.s',
      'event.m == args.m',
      'event.t == args.t',
      'event.b == args.b',
      'event.at == args.at',
      'event.id == args.id',
      "event.kind == 'A'",
      'event.n == double(args.n)',
      "event['s'] == args.s + ''",
    ),
    FILTERS,
    fc.boolean(),
  )
  .map(([equality, filter, first]) =>
    first ? `(${equality}) && (${filter})` : `(${filter}) && ((${equality}))`,
  );

/** A condition about whether something is there, and one that needs it. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['has(event.m)', 'event.m > 1'],
  ['event.m != null', 'event.m + args.n < 2'],
  ['event.m == null', 'event.m in [1, 2] && event.m > 0'],
  ['has(event.o.m)', 'event.o.m > 0'],
  ['event.o == null', 'event.o.n > 0'],
  ["event.t == 'a'", "event.t.startsWith('a')"],
  ['has(args.m)', 'event.n > args.m'],
];
const GUARDED = fc.constantFrom(...PAIRS);

/** Conditions with and without the guards that they need: the check has to tell them apart. */
export const UNCERTAIN_FILTERS: fc.Arbitrary<string> = fc.letrec<{ bool: string }>((tie) => ({
  bool: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('event.b', 'true', 'false', 'has(event.m)', 'event.m > 1', 'event.m == args.n'),
    fc
      .tuple(GUARDED, fc.constantFrom('&&', '||'), fc.constantFrom('', '!'))
      .map(([[guard, use], operator, not]) => `${not}(${guard}) ${operator} (${use})`),
    fc
      .tuple(GUARDED, tie('bool'), fc.constantFrom('&&', '||'), fc.constantFrom('&&', '||'))
      .map(([[guard, use], other, first, second]) => `((${guard}) ${first} (${other})) ${second} (${use})`),
    fc
      .tuple(GUARDED, tie('bool'), fc.boolean())
      .map(([[guard, use], other, isFirst]) =>
        isFirst ? `((${guard}) ? (${use}) : (${other}))` : `((${guard}) ? (${other}) : (${use}))`,
      ),
    fc
      .tuple(tie('bool'), fc.constantFrom('&&', '||', '=='), tie('bool'))
      .map(([a, operator, b]) => `(${a}) ${operator} (${b})`),
    tie('bool').map((inner) => `!(${inner})`),
    fc.constantFrom(
      'event.tags.exists(x, x == event.t)',
      'event.tags.all(x, x.size() < event.m)',
      '[event.m].exists(x, x > 1)',
    ),
  ),
})).bool;
