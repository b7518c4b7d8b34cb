import { describe, expect, it } from 'vitest';
import { fieldWith, filterWith, problemsWith } from './filter.js';

const OVER = {
  fields: 'name: String!, pattern: String!, n: Int!, time: DateTime!',
  args: '(p: String! = "", q: String, n: Int! = 1, is: Boolean! = true)',
};
const holds = filterWith(OVER);
const problems = problemsWith(OVER);
const check =
  (filter: string, args: object, claims = {}) =>
  () =>
    fieldWith(filter, OVER).checkCaller({ args: { ...args }, claims });

describe('matches() in an expression', () => {
  it.each([
    ['(?i)HELLO', 'say hello', true],
    ['(?P<n>a+)b', 'xaab', true],
    ['\\p{L}+', '42 é', true],
    ['^\\p{Greek}$', 'λ', true],
    ['^\\d$', '٣', false],
    ['^.$', '😀', true],
    ['(?s)^a.b$', 'a\nb', true],
    ['^a.b$', 'a\nb', false],
    ['\\Aab\\z', 'ab', true],
    ['b', 'abc', true],
    ['', '', true],
  ])('has the syntax of RE2: %s in %s', (p, name, expected) => {
    expect(holds('event.name.matches(args.p)', { name }, { p })).toBe(expected);
    expect(holds(`event.name.matches(${JSON.stringify(p)})`, { name })).toBe(expected);
  });

  it('S4 takes linear time for every pattern', () => {
    const { filter } = fieldWith('event.name.matches(args.p)', OVER);
    // A backtracking engine takes 2^20,000 steps: the test would not end.
    const name = `${'a'.repeat(20_000)}!`;
    for (const p of ['^(a+)+$', '^(a|a)*$', '^(a*)*$', '^(a|aa)+$', '^(.*)*x', '^a*a*a*a*a*a*b'])
      expect(filter({ event: { name }, args: { p }, claims: {} })).toBe(false);
  });

  it('reports a literal that is not a regular expression at start', () => {
    expect(problems("event.name.matches('(')")[0]).toMatch(
      /^Invalid regular expression: missing closing \).*RE2/,
    );
    expect(problems("event.name.matches('(?=a)')")[0]).toMatch(/invalid or unsupported Perl syntax/);
    expect(problems(String.raw`event.name.matches('(a)\\1')`)[0]).toMatch(/invalid escape sequence/);
    expect(problems("'a'.matches('(')")).toHaveLength(1);
    expect(problems("event.name.matches('a{1001}')")).toHaveLength(1);
  });

  it('S4 bounds the length and the program of a pattern', () => {
    expect(check('event.name.matches(args.p)', { p: 'a'.repeat(1_001) })).toThrow(
      /longer than 1000 characters/,
    );
    expect(check('event.name.matches(args.p)', { p: '[a-z0-9]{999}b{99}' })).toThrow(
      /more than 1000 instructions/,
    );
    expect(check('event.name.matches(args.p)', { p: 'a'.repeat(990) })).not.toThrow();
  });
});

describe('values of a caller that no event can match', () => {
  it.each([
    [
      'event.name.matches(args.p)',
      { p: '(' },
      /args\.p is invalid: Invalid regular expression: missing closing/,
    ],
    ["event.name.matches('^' + args.p)", { p: '[' }, /Invalid regular expression/],
    ['event.n > 0 && event.name.matches(args.p)', { p: '(' }, /Invalid regular expression/],
    ['[event.name].exists(x, x.matches(args.p))', { p: '(' }, /Invalid regular expression/],
    ['event.time > timestamp(args.p)', { p: 'yesterday' }, /is not a date-time of RFC 3339/],
    ['event.n > int(args.p)', { p: 'x' }, /int\(\) type error/],
    ['event.n > 10 / args.n', { n: 0 }, /division by zero/],
    ['event.n / args.n > 1', { n: 0 }, /args\.n is invalid: division by zero/],
    ['event.n % (args.n - 1) == 1', { n: 1 }, /division by zero/],
    ['event.time.getHours(args.p) == 1', { p: 'Mars/Base' }, /"Mars\/Base" is not a time zone/],
    ['has(args.q) && event.name.matches(args.q)', { q: '(' }, /Invalid regular expression/],
  ])('S4 are refused with BAD_REQUEST when the subscription starts: %s', (filter, args, reason) => {
    expect(check(filter, args)).toThrow(reason);
    expect(check(filter, args)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });

  it.each([
    ['has(args.q) && event.name.matches(args.q)', {}],
    ['args.is ? event.name == args.p : event.name.matches(args.p)', { is: true, p: '(' }],
    ['!args.is && event.name.matches(args.p)', { is: true, p: '(' }],
    ['args.is || event.name.matches(args.p)', { is: true, p: '(' }],
    ['event.name.matches(args.p) || args.is', { is: true, p: '(' }],
    ['event.n > 1 || claims.level > 3.0', {}],
    ['args.n != 0 && event.n / args.n > 1', { n: 0 }],
    ['event.time.getHours(args.p) == 1', { p: 'Europe/Berlin' }],
    ['event.name.matches(event.pattern)', { p: '(' }],
  ])('are accepted where the expression does not need them: %s', (filter, args) => {
    expect(check(filter, args)).not.toThrow();
  });

  it('D10 S4 a failure is the fault of the event or the caller that the failing operation reads', () => {
    const faultOf = (filter: string, event: object, args: object = {}) => {
      try {
        return fieldWith(filter, OVER).filter({ event: { ...event }, args: { ...args }, claims: {} });
      } catch (error) {
        return (error as { fault?: unknown }).fault;
      }
    };
    expect(faultOf('event.n / args.n > 0', { n: 1 }, { n: 0 })).toBe('caller');
    expect(faultOf('event.n / (event.n - 1) > 0', { n: 1 })).toBe('event');
    expect(faultOf('event.name.matches(args.p)', { name: 'x' }, { p: '(' })).toBe('caller');
    expect(faultOf('event.name.matches(event.pattern)', { name: 'x', pattern: '(' })).toBe('event');
    expect(faultOf('event.n > args.n', { n: 'many' }, { n: 1 })).toBe('event');
    expect(faultOf('claims.level > 3.0 && event.n > 1', { n: 2 })).toBe('caller');
    expect(faultOf('event.name.substring(args.n) == "x"', { name: '' }, { n: 5 })).toBe('caller');
  });
});
