import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  forEvaluation,
  newCheckingEnvironment,
  newEvaluationEnvironment,
} from '../../../../src/binding/cel/environment.js';
import { type Case, canonical, casesOf, SUITES } from './cases.js';

/** Why cases have another result than CEL's, with how many there are. docs/cel.md has the same table. */
const DIFFERENCES: readonly { readonly reason: string; readonly cases: RegExp; readonly count: number }[] = [
  {
    reason: 'Names and types are checked at start, also where the value would not matter',
    cases:
      /unbound_is_runtime_error|receiver_function_names|short_circuit_type|conditional\/mixed_type|ne_mixed_types|not_eq_list_length|eq_list_elem_mixed_types/,
    count: 27,
  },
  {
    reason: 'Names are not looked up in packages',
    cases: /qualified_identifier_resolution\/(?!map_key)/,
    count: 4,
  },
  {
    reason: '`bytes`, which no GraphQL type has',
    cases: /bytes|gte_literal\/.*samelength|not_gt_bytes_sorting/,
    count: 24,
  },
  {
    reason: '`uint`, which no GraphQL type has, as a key of a map and among other numbers',
    cases: /uint|mixed_type_numbers|mixed_numbers|map_value_list/,
    count: 16,
  },
  {
    reason: 'Syntax: `.5` without a zero, quoted fields, `has()` of a literal',
    cases: /not_gt_double|quoted_map_fields|map_has/,
    count: 10,
  },
  {
    reason: 'Numbers at the limits of 64 bits',
    cases: /int64_min_negate|double_(u?int_)?(max_|min_)?range|big_lossy_double|big_double_int/,
    count: 9,
  },
  { reason: 'Keys of a map that are doubles or null are accepted', cases: /map_key_(float|null)/, count: 2 },
  { reason: 'Macros over an empty list literal', cases: /macros\/.*list_empty/, count: 3 },
  {
    reason: 'Durations: their range, their milliseconds, and a duration before a timestamp in a sum',
    cases: /duration_range|timestamp_range\/sub_time|get_milliseconds|add_time_to_duration/,
    count: 10,
  },
];

/** Type-checks and evaluates as the expressions of a schema are. @throws when CEL has an error */
function resultOf({ expression, isChecked, types, variables }: Case): string {
  const checking = newCheckingEnvironment();
  const names = [...new Set([...types.keys(), ...variables.keys()])];
  for (const name of names) checking.registerVariable(name, types.get(name) ?? 'dyn');
  const { ast } = checking.parse(expression);
  const { valid, error } = checking.check(expression);
  if (isChecked && !valid) throw error;
  const evaluation = newEvaluationEnvironment(names);
  return canonical(evaluation.evaluate(forEvaluation(ast), Object.fromEntries(variables)));
}

function agrees(one: Case): boolean {
  let result: string | undefined;
  try {
    result = resultOf(one);
  } catch {
    // An error has no value.
  }
  return result === one.expected;
}

describe("CEL's conformance tests", () => {
  const results = SUITES.map((suite) => {
    const { cases, left } = casesOf(suite);
    return { suite, cases, left, differing: cases.filter((one) => !agrees(one)) };
  });

  it('have the expected number of results that agree, by suite', () => {
    const table = results.map(({ suite, cases, differing }) => [
      suite,
      cases.length - differing.length,
      cases.length,
    ]);
    expect(table).toEqual([
      ['basic', 40, 43],
      ['bindings_ext', 5, 5],
      ['comparisons', 310, 334],
      ['conversions', 103, 109],
      ['fields', 38, 60],
      ['fp_math', 30, 30],
      ['integer_math', 62, 64],
      ['lists', 34, 39],
      ['logic', 25, 30],
      ['macros', 41, 44],
      ['parse', 168, 193],
      ['plumbing', 5, 5],
      ['string', 51, 51],
      ['timestamps', 66, 76],
    ]);
  });

  it('differ for known reasons only, each in the expected number of cases', () => {
    const differing = results.flatMap((result) => result.differing).map(({ name }) => name);
    const reasonOf = (name: string): string | undefined =>
      DIFFERENCES.find(({ cases }) => cases.test(name))?.reason;
    expect(differing.filter((name) => reasonOf(name) === undefined)).toEqual([]);
    const counts = DIFFERENCES.map(({ reason }) => [
      reason,
      differing.filter((name) => reasonOf(name) === reason).length,
    ]);
    expect(counts).toEqual(DIFFERENCES.map(({ reason, count }) => [reason, count]));
  });

  it('are listed in docs/cel.md as they are here', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../docs/cel.md'), 'utf8');
    const [, table = ''] = page.split('| difference | cases |\n|---|---|\n');
    const rows = DIFFERENCES.map(({ reason, count }) => `| ${reason} | ${count} |\n`).join('');
    expect(table.startsWith(rows)).toBe(true);
    const cases = results.flatMap((result) => result.cases).length;
    const differing = results.flatMap((result) => result.differing).length;
    const spelled = (count: number): string => count.toLocaleString('en-US');
    expect(page.replace(/\s+/g, ' ')).toContain(
      `${spelled(cases)} cases, of which ${spelled(cases - differing)} have`,
    );
  });

  it('are left out where they need protobuf messages', () => {
    expect(results.map(({ left }) => left).reduce((sum, left) => sum + left)).toBe(98);
  });
});
