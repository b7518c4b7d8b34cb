import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withTable } from '../scripts/guarantee-tests.mjs';

const GUARANTEES = new URL('../docs/guarantees.md', import.meta.url);

describe('docs/guarantees.md', () => {
  const document = readFileSync(GUARANTEES, 'utf8');

  it('names the tests that there are: `npm run docs:tests` writes them', () => {
    expect(withTable(document)).toBe(document);
  });

  it('has a test for each guarantee', () => {
    const kept = [...document.matchAll(/^### ([DCS]\d+) /gm)].map(([, name]) => name);
    const proved = new Set([...document.matchAll(/^\| ([DCS]\d+) \| `/gm)].map(([, name]) => name));
    expect(kept.length).toBeGreaterThan(15);
    expect(kept.filter((name) => name !== undefined && !proved.has(name))).toEqual([]);
  });
});
