import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Plant } from './faults/support/plant.js';

const ROOT = join(import.meta.dirname, '..');
const SUITES = join(import.meta.dirname, 'faults');

/** The titles of the tests in a source: the first argument of each `it(`. */
function titles(source: string): readonly string[] {
  return [...source.matchAll(/^\s*it(?:\.\w+)?\(\s*(['"`])(.*?)\1,/gms)].map(([, , title]) => title ?? '');
}

/** Those with cases of their own, and those whose bugs are found by tests elsewhere. */
const names = new Set(
  readdirSync(SUITES).flatMap((name) => /^(.*)\.(?:test|plants)\.ts$/.exec(name)?.[1] ?? []),
);

const suites = await Promise.all(
  [...names].map(async (name) => {
    const plantsFile = join(SUITES, `${name}.plants.ts`);
    const casesFile = join(SUITES, `${name}.test.ts`);
    const cases = existsSync(casesFile) ? titles(readFileSync(casesFile, 'utf8')) : [];
    const { plants }: { plants: readonly Plant[] } = existsSync(plantsFile)
      ? await import(pathToFileURL(plantsFile).href)
      : { plants: [] };
    return { name, cases, plants };
  }),
);

describe('the fault suite', () => {
  it('has files with cases', () => {
    expect(suites.length).toBeGreaterThan(0);
    for (const { cases, plants } of suites) expect(cases.length + plants.length).toBeGreaterThan(0);
  });

  it.each(suites)(
    '$name plants a bug for every case, and every plant names a case by its title',
    ({ cases, plants }) => {
      const without = cases.filter((title) => !plants.some((plant) => title === plant.case));
      expect(without).toEqual([]);
      for (const plant of plants) {
        const there = plant.test === undefined ? cases : titles(readFileSync(join(ROOT, plant.test), 'utf8'));
        expect(there.filter((title) => title === plant.case)).toHaveLength(1);
      }
    },
  );

  it.each(suites)('$name plants bugs in text that occurs exactly once in its file', ({ plants }) => {
    for (const { file, find, replace } of plants.flatMap((plant) => [plant, ...(plant.also ?? [])])) {
      const times = readFileSync(join(ROOT, file), 'utf8').split(find).length - 1;
      expect({ file, find, times }).toEqual({ file, find, times: 1 });
      expect(replace).not.toBe(find);
    }
  });
});
