// `npm test` builds, starts Kafka and Redis if needed, runs every test, and prints one closing line with their counts.
// Arguments go to vitest: `npm test -- test/core`. With `--faults` first (`npm run test:faults`) only the fault suite runs.
// Its cases have a closing line of their own.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { onEarlyEnd, run } from './services/child.mjs';
import { acquireServices } from './services/index.mjs';
import { vitest } from './vitest.mjs';

const root = join(import.meta.dirname, '..');
const faultsOnly = process.argv[2] === '--faults';
const given = faultsOnly
  ? ['--project', 'live', 'test/faults', ...process.argv.slice(3)]
  : process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
const report = join(folder, 'report.json');
onEarlyEnd(() => rmSync(folder, { recursive: true, force: true }));

const NONE = { passed: 0, failed: 0, skipped: 0 };
let counts;
try {
  // Builds first: some tests run dist/cli/main.js, and code that does not compile needs no services.
  await run('npm', ['run', '--silent', 'build']);
  const services = await acquireServices();
  try {
    const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...given];
    const env = { ...process.env, ...services.env };
    const code = await vitest(args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
    counts = count(code);
  } finally {
    await services.stop();
  }
} catch (error) {
  console.error(error.message);
  counts = { all: { ...NONE, failed: 1 }, faults: { ...NONE } };
}

const { all, faults } = counts;
if (faultsOnly || faults.passed + faults.failed > 0)
  console.log(`faults: ${closing(faultsOnly ? all : faults)}`);
if (!faultsOnly) console.log(closing(all));
process.exitCode = all.failed > 0 || all.passed === 0 ? 1 : 0;

function closing({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * Counts all tests and those of the fault suite. Three failures have no failed test and count as one each: a file that
 * did not load (or whose hooks failed), an error outside any test, and a run without a report.
 */
function count(code) {
  const all = { ...NONE };
  const faults = { ...NONE };
  let files;
  try {
    files = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch (error) {
    console.error(`vitest ended with ${code} and left no report: ${error.message}`);
    return { all: { ...NONE, failed: 1 }, faults };
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
    if (relative(root, file.name).startsWith(join('test', 'faults'))) add(faults, here);
  }
  if (code !== 0 && all.failed === 0) all.failed = 1;
  return { all, faults };
}

function add(sum, here) {
  for (const name of Object.keys(sum)) sum[name] += here[name];
}
