// `npm run test:planted [-- <filter>]` removes each guard of test/faults/*.plants.ts in a copy of the project, and expects the
// case of the guard to fail. The filter is a part of a file name, a case's title or a guard.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createJiti } from 'jiti';
import { onEarlyEnd, run } from './services/child.mjs';
import { acquireServices } from './services/index.mjs';
import { vitest } from './vitest.mjs';

const root = join(import.meta.dirname, '..');
const suites = join('test', 'faults');
const filter = process.argv[2] ?? '';
/** A planted bug often shows as silence, which a shorter timeout detects as well. */
const CEILING_MS = process.env.FAULT_CEILING_MS ?? '20000';

const plants = (await allPlants()).filter(({ suite, case: title, guard }) =>
  [suite, title, guard].some((text) => text.includes(filter)),
);
if (plants.length === 0) {
  console.error(`No planted bug has "${filter}" in its suite, case or guard.`);
  process.exit(1);
}
const copy = copyOfProject();
const services = await acquireServices();
let found = 0;
let missed = 0;
try {
  // A case that fails anyway proves nothing, so each must pass first, with the same timeout.
  const sound = new Map();
  for (const plant of plants) {
    const { suite, case: title, guard } = plant;
    const name = `${suite} ${title}`;
    if (!sound.has(name)) {
      await build(); // The copy may still be built with the previous bug.
      sound.set(name, await runCase(plant));
    }
    const without = sound.get(name);
    const { caught, why } =
      without.outcome === 'passed'
        ? await planted(plant)
        : { caught: false, why: `without the bug: ${without.why}` };
    if (caught) found += 1;
    else missed += 1;
    console.log(
      `${caught ? 'found ' : 'MISSED'} ${suite}: ${title}\n       without: ${guard}\n       ${why}`,
    );
  }
} finally {
  await services.stop();
  // A process of a case that was killed may still write into it.
  rmSync(copy, { recursive: true, force: true, maxRetries: 10 });
}
console.log(`${found} planted bugs found, ${missed} missed`);
process.exitCode = missed > 0 ? 1 : 0;

async function allPlants() {
  const jiti = createJiti(import.meta.url);
  const files = readdirSync(join(root, suites)).filter((name) => name.endsWith('.plants.ts'));
  const lists = await Promise.all(
    files.map(async (name) => {
      const { plants: list } = await jiti.import(join(root, suites, name));
      return list.map((plant) => ({ ...plant, suite: basename(name, '.plants.ts') }));
    }),
  );
  return lists.flat();
}

function copyOfProject() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-planted-'));
  onEarlyEnd(() => rmSync(folder, { recursive: true, force: true }));
  const left = new Set(['node_modules', '.git', 'dist', 'dist-bench', '.millrace']);
  for (const name of readdirSync(root)) {
    if (!left.has(name)) cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function build() {
  return run('npm', ['run', '--silent', 'build'], { cwd: copy });
}

async function planted(plant) {
  const edits = [plant, ...(plant.also ?? [])];
  const before = new Map(edits.map(({ file }) => [file, readFileSync(join(copy, file), 'utf8')]));
  try {
    for (const { file, find, replace } of edits) {
      const parts = readFileSync(join(copy, file), 'utf8').split(find);
      if (parts.length !== 2) throw new Error(`${file} contains ${parts.length - 1} times: ${find}`);
      writeFileSync(join(copy, file), parts.join(replace));
    }
    await build();
    const { outcome, why } = await runCase(plant);
    return { caught: outcome === 'failed', why };
  } catch (error) {
    return { caught: false, why: error.message.split('\n').slice(0, 5).join('\n       ') };
  } finally {
    for (const [file, text] of before) writeFileSync(join(copy, file), text);
  }
}

/** Runs one case. `failed` means that an expectation did not hold or timed out; any other failure is `broken`. */
async function runCase({ suite, case: title, test, shows }) {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const args = [
    ...['run', test ?? join(suites, `${suite}.test.ts`)],
    ...['--testNamePattern', literally(title)],
    ...['--reporter=json', `--outputFile=${report}`],
  ];
  const env = { ...process.env, ...services.env, FAULT_CEILING_MS: CEILING_MS };
  const code = await vitest(args, { cwd: copy, env, stdio: 'ignore' });
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap((file) => file.assertionResults);
  } catch (error) {
    return { outcome: 'broken', why: `vitest ended with ${code} and left no report: ${error.message}` };
  }
  const ran = results.filter(({ status }) => status === 'passed' || status === 'failed');
  if (ran.length !== 1) return { outcome: 'broken', why: `${ran.length} cases ran with this title` };
  const [{ status, failureMessages }] = ran;
  if (status === 'passed') return { outcome: 'passed', why: 'the case passed' };
  const [why = ''] = failureMessages.join('\n').split(/\n\s+at /);
  // `expect.poll` and `expect().rejects` fail with a plain Error with the words of their expectation, and fast-check with its
  // own; for a case that timed out, the report has vitest's placeholder for the stack.
  const expected =
    /AssertionError|Error: expected |Error: promise re(?:solved|jected) |Error: Property failed|timed out|STACK_TRACE_ERROR/i.test(
      failureMessages.join('\n'),
    );
  const isShown = shows?.test(failureMessages.join('\n')) ?? false;
  return {
    outcome: expected || isShown ? 'failed' : 'broken',
    why: why.slice(0, 400).replaceAll('\n', '\n       '),
  };
}

function literally(title) {
  return title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
