// `npm test` builds, starts Kafka and Redis if needed, runs every test, and prints one closing line with their counts.
// Arguments go to vitest: `npm test -- test/core`. With `--faults` first (`npm run test:faults`) only the fault suite runs.
// Its cases have a closing line of their own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { closing, count, NONE } from './report.mjs';
import { onEarlyEnd, run } from './services/child.mjs';
import { acquireServices } from './services/index.mjs';
import { vitest } from './vitest.mjs';

const root = join(import.meta.dirname, '..');
const faultSuite = join('test', 'faults');
const faultsOnly = process.argv[2] === '--faults';
const given = faultsOnly ? ['--project', 'faults', ...process.argv.slice(3)] : process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
const report = join(folder, 'report.json');
onEarlyEnd(() => rmSync(folder, { recursive: true, force: true }));

let counts;
try {
  // Builds first: some tests run dist/cli/main.js, and code that does not compile needs no services.
  await run('npm', ['run', '--silent', 'build']);
  const services = await acquireServices();
  try {
    const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...given];
    const env = { ...process.env, ...services.env };
    const code = await vitest(args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
    counts = count(report, code, (file) => relative(root, file).startsWith(faultSuite));
  } finally {
    await services.stop();
  }
} catch (error) {
  console.error(error.message);
  counts = { all: { ...NONE, failed: 1 }, group: NONE };
}

const { all, group: faults } = counts;
if (faultsOnly || faults.passed + faults.failed > 0)
  console.log(`faults: ${closing(faultsOnly ? all : faults)}`);
if (!faultsOnly) console.log(closing(all));
process.exitCode = all.failed > 0 || all.passed === 0 ? 1 : 0;
