// `npm run test:nodes [-- <major>… <vitest's arguments>]` runs the unit tests on other releases of Node than the one at hand.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { closing, count } from './report.mjs';
import { onEarlyEnd, run } from './services/child.mjs';
import { NODE_VERSIONS, nodeBinary } from './services/node-binary.mjs';
import { vitest } from './vitest.mjs';

const given = process.argv.slice(2);
const majors = given.filter((argument) => /^\d+$/.test(argument));
const args = given.filter((argument) => !majors.includes(argument));
const chosen = NODE_VERSIONS.filter(
  (version) => majors.length === 0 || majors.includes(version.split('.')[0]),
);
const folder = mkdtempSync(join(tmpdir(), 'millrace-nodes-'));
onEarlyEnd(() => rmSync(folder, { recursive: true, force: true }));

await run('npm', ['run', '--silent', 'build']);
const lines = [];
let failed = chosen.length === 0;
for (const version of chosen) {
  const node = await nodeBinary(version);
  console.log(`Node ${version}`);
  const report = join(folder, `${version}.json`);
  const code = await vitest(
    [
      'run',
      '--project=unit',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ],
    // Tests start other programs by `node` and `npm`, which are to run on this Node as well.
    {
      node,
      env: { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const { all } = count(report, code);
  failed ||= all.failed > 0 || all.passed === 0;
  lines.push(`node-${version}: ${closing(all)}`);
}
console.log(lines.join('\n') || `None of ${given.join(' ')} is one of ${NODE_VERSIONS.join(', ')}.`);
process.exitCode = failed ? 1 : 0;
