// `npm test`: builds, gets Kafka and Redis, runs every test, and ends with one line that counts them.
// Arguments are passed on to vitest: `npm test -- test/core`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onEarlyEnd, run } from './services/child.mjs';
import { acquireServices } from './services/index.mjs';

const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
const report = join(folder, 'report.json');
onEarlyEnd(() => rmSync(folder, { recursive: true, force: true }));

let counts;
try {
  // First: some tests run dist/main.js, and there is no need of services for code that does not compile.
  await run('npm', ['run', '--silent', 'build']);
  const services = await acquireServices();
  try {
    const code = await vitest({ ...process.env, ...services.env });
    counts = count(code);
  } finally {
    await services.stop();
  }
} catch (error) {
  console.error(error.message);
  counts = { passed: 0, failed: 1, skipped: 0 };
}

const { passed, failed, skipped } = counts;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/** Runs vitest to its end; resolves with its exit code, or the name of the signal that ended it. */
function vitest(env) {
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return new Promise((resolve, reject) => {
    const entry = join(import.meta.dirname, '..', 'node_modules', 'vitest', 'vitest.mjs');
    const child = spawn(process.execPath, [entry, ...args, ...process.argv.slice(2)], {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
      // A process group of its own: vitest's workers outlive it when only vitest itself is ended.
      detached: true,
    });
    const forget = onEarlyEnd(() => process.kill(-child.pid, 'SIGKILL'));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      forget();
      resolve(code ?? signal);
    });
  });
}

/**
 * The numbers of tests. Three things fail without a failed test and count as one each: a file that did not
 * load (or whose hooks failed), an error outside of any test, and a run without a report.
 */
function count(code) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  let files;
  try {
    files = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch (error) {
    console.error(`vitest ended with ${code} and left no report: ${error.message}`);
    return { ...counts, failed: 1 };
  }
  for (const file of files) {
    const failedBefore = counts.failed;
    for (const { status } of file.assertionResults) {
      if (status === 'passed') counts.passed += 1;
      else if (status === 'failed') counts.failed += 1;
      else counts.skipped += 1;
    }
    if (file.status === 'failed' && counts.failed === failedBefore) counts.failed += 1;
  }
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}
