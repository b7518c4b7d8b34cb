import { celEnv, celList, isCelError, parse, plan } from '@bufbuild/cel';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newCheckingEnvironment } from '../../../src/binding/cel/environment.js';
import { print } from '../../../src/binding/cel/print.js';
import { parseDateTime } from '../../../src/core/date-time.js';
import { fieldWith, isCandidate, problemsWith } from './filter.js';
import { ARGUMENTS, EVENTS, FILTERS, INDEXED_FILTERS, OVER, UNCERTAIN_FILTERS } from './generated.js';

const RUNS = { numRuns: 400 };
const problems = problemsWith(OVER);

/** Any text of CEL's tokens. */
const NONSENSE = fc
  .array(
    fc.constantFrom(
      ...'( ) [ ] { } . , ? : ! - + * / % == != < && || in'.split(' '),
      ...'event args claims event.n args.m has size x true null 1 2.5 7u "a" \'b\' b"c" r"\\d" matches timestamp'.split(
        ' ',
      ),
      '.exists(x, ',
      '.matches(',
      'has(event.',
      'timestamp(',
      '{"a": ',
      'cel.bind(x, ',
    ),
    { maxLength: 14 },
  )
  .map((tokens) => tokens.join(' '));

describe('generated expressions', () => {
  it('never crash the check, whatever they are', () => {
    fc.assert(
      fc.property(fc.oneof(NONSENSE, fc.string({ unit: 'grapheme', maxLength: 30 })), (text) => {
        for (const problem of problems(text)) expect(problem).toMatch(/\S/);
      }),
      RUNS,
    );
  });

  it('never crash the check when they are valid, and have no problem', () => {
    fc.assert(
      fc.property(FILTERS, (filter) => {
        // A generated calculation of literals may fail, which is reported.
        expect(problems(filter).filter((problem) => !/ has no value: /.test(problem))).toEqual([]);
      }),
      RUNS,
    );
  });

  it('are printed so that parsing gives the same expression', () => {
    const environment = newCheckingEnvironment();
    fc.assert(
      fc.property(FILTERS, (filter) => {
        const once = print(environment.parse(filter).ast);
        const { ast } = environment.parse(once);
        expect(print(ast)).toBe(once);
        expect(shapeOf(ast)).toEqual(shapeOf(environment.parse(filter).ast));
      }),
      RUNS,
    );
  });

  it('C2 are found by routing whenever they are true', () => {
    let found = 0;
    fc.assert(
      fc.property(
        INDEXED_FILTERS,
        fc.array(fc.tuple(EVENTS, ARGUMENTS), { minLength: 5, maxLength: 5 }),
        (filter, pairs) => {
          const field = fieldWith(filter, OVER);
          expect(field.equalities.length).toBeGreaterThan(0);
          for (const [event, args] of pairs) {
            const holds = attempt(() => field.filter({ event, args, claims: {} }));
            if (holds === true) found += 1;
            if (holds === true) expect(isCandidate(field, event, args)).toBe(true);
          }
        },
      ),
      RUNS,
    );
    expect(found).toBeGreaterThan(20);
  });

  it('D10 have a value for every event that matches its type', () => {
    fc.assert(
      fc.property(FILTERS, EVENTS, ARGUMENTS, (filter, event, args) => {
        expect(typeof fieldWith(filter, OVER).filter({ event, args, claims: {} })).toBe('boolean');
      }),
      RUNS,
    );
  });

  it('D10 have a value for every event when the check accepts them, guarded or not', () => {
    const counts = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(
        UNCERTAIN_FILTERS,
        fc.array(fc.tuple(EVENTS, ARGUMENTS), { minLength: 5, maxLength: 5 }),
        (filter, pairs) => {
          const isAccepted = problems(filter).length === 0;
          counts[isAccepted ? 'accepted' : 'refused'] += 1;
          if (!isAccepted) return;
          const field = fieldWith(filter, OVER);
          for (const [event, args] of pairs)
            expect(typeof field.filter({ event, args, claims: {} })).toBe('boolean');
        },
      ),
      { numRuns: 150 },
    );
    expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(20);
  });

  it('have the value that an independent implementation of CEL gives them', () => {
    let compared = 0;
    fc.assert(
      fc.property(FILTERS, EVENTS, ARGUMENTS, (filter, event, args) => {
        const expected = oracle(filter, event, args);
        if (expected === undefined) return;
        compared += 1;
        expect(fieldWith(filter, OVER).filter({ event, args, claims: {} })).toBe(expected);
      }),
      RUNS,
    );
    expect(compared).toBeGreaterThan(RUNS.numRuns / 2);
  });
});

/** The operators and names of an AST, without positions. */
function shapeOf(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(shapeOf);
  if (typeof node === 'object' && node !== null && 'op' in node && 'args' in node)
    return [node.op, shapeOf(node.args)];
  return typeof node === 'bigint' ? `${node}n` : node;
}

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/**
 * What `@bufbuild/cel` makes of an expression. Absent fields are left out of its maps, where reading one is an error:
 * then there is nothing to compare, as it has no nullable fields.
 */
function oracle(filter: string, event: object, args: object): boolean | undefined {
  const evaluate = plan(celEnv({}), parse(filter));
  const result = evaluate({ event: toOracle({ ...event }), args: toOracle({ ...args }) } as never); // Its types are those of declared variables.
  return isCelError(result) || typeof result !== 'boolean' ? undefined : result;
}

function toOracle(record: Record<string, unknown>): Map<string, unknown> {
  const entries = Object.entries(record).filter(([, value]) => value !== null);
  return new Map(entries.map(([name, value]) => [name, oracleValue(name, value)]));
}

function oracleValue(name: string, value: unknown): unknown {
  if (name === 'at') {
    const { seconds, nanos } = parseDateTime(String(value)) ?? { seconds: 0, nanos: 0 };
    return { ...timestampFromDate(new Date(0)), seconds: BigInt(seconds), nanos };
  }
  if (name === 'f' || typeof value !== 'number') {
    if (Array.isArray(value)) return celList(value);
    return typeof value === 'object' ? toOracle({ ...value }) : value;
  }
  return BigInt(value);
}
