import { readFileSync } from 'node:fs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** @type {Readonly<Counts>} */
export const NONE = { passed: 0, failed: 0, skipped: 0 };

/** The closing line of a run. */
export function closing({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * Counts the tests of a run by its JSON report. Three failures have no failed test and count as one each: a file that did not
 * load (or whose hooks failed), an error outside any test, and a run without a report.
 * @param {number | string} code how vitest ended
 * @param {(file: string) => boolean} isOfGroup which files' tests are also counted apart
 * @returns {{ all: Counts, group: Counts }}
 */
export function count(report, code, isOfGroup = () => false) {
  const all = { ...NONE };
  const group = { ...NONE };
  let files;
  try {
    files = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch (error) {
    console.error(`vitest ended with ${code} and left no report: ${error.message}`);
    return { all: { ...NONE, failed: 1 }, group };
  }
  for (const file of files) {
    const here = { ...NONE };
    for (const { status } of file.assertionResults) {
      if (status === 'passed') here.passed += 1;
      else if (status === 'failed') here.failed += 1;
      else here.skipped += 1;
    }
    if (file.status === 'failed' && here.failed === 0) here.failed = 1;
    add(all, here);
    if (isOfGroup(file.name)) add(group, here);
  }
  if (code !== 0 && all.failed === 0) all.failed = 1;
  return { all, group };
}

function add(sum, here) {
  for (const name of Object.keys(sum)) sum[name] += here[name];
}
