import { readFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { succeed } from '../support/packed.js';
import { filesOf } from '../support/page-files.js';
import { Recorder } from '../support/recorder.js';
import { run } from '../support/run.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const MAIN = `${ROOT}dist/cli/main.js`;
const page = readFileSync(`${ROOT}docs/projects.md`, 'utf8');

/** The project that the page builds, with its generated types and installed packages. */
async function bank(more: Readonly<Record<string, string>> = {}) {
  const files = await filesOf('projects.md');
  const folder = await folderOf({
    ...files,
    'package.json': '{ "type": "module" }',
    ...more,
  });
  await symlink(`${ROOT}node_modules`, `${folder.path}/node_modules`);
  await succeed(process.execPath, [MAIN, 'types', '--out', 'src/schema-types.ts'], folder.path);
  return folder;
}

describe('docs/projects.md', () => {
  it('builds a project that compiles, and whose mistakes against the schema do not compile', async () => {
    const files = await filesOf('projects.md');
    const correct = files['src/deposit.ts'] ?? '';
    const config = files['millrace.config.ts'] ?? '';
    const broken = (what: string, text: string, [from, to]: readonly [string, string]) => {
      expect(text).toContain(from);
      return [`src/${what}.ts`, text.replaceAll('./src/', './').replace(from, to)] as const;
    };
    await using folder = await bank({
      ...Object.fromEntries([
        broken('argument', correct, ['{ account, amount } = args', '{ account, amount, currency } = args']),
        broken('incomplete', correct, [", reason: 'The amount must be positive.'", '']),
        broken('foreign', correct, ["__typename: 'Refused'", "__typename: 'Deposit'"]),
        broken('outcome', correct, ["types: ['Deposited', 'Refused']", "types: ['Deposited', 'Deposit']"]),
        broken('event', correct, ['<Deposited | Refused>', '<Deposited | { __typename: "Deposit" }>']),
        broken('field', config, ['Mutation: { deposit }', 'Mutation: { deposits: deposit }']),
      ]),
      'tsconfig.json': JSON.stringify({
        extends: `${ROOT}tsconfig.json`,
        compilerOptions: { noEmit: true, rootDir: '/', paths: { millrace: [`${ROOT}dist/index.d.ts`] } },
        include: ['*.ts', 'src/*.ts'],
      }),
    });
    const tsc = `${ROOT}node_modules/typescript/bin/tsc`;
    const { stdout } = await run(process.execPath, [tsc, '-p', '.'], { cwd: folder.path });
    const refused = new Set([...stdout.matchAll(/^src\/(\w+)\.ts\(/gm)].map(([, file]) => file));
    expect([...refused].sort(), stdout).toEqual([
      'argument',
      'event',
      'field',
      'foreign',
      'incomplete',
      'outcome',
    ]);
    expect(stdout).not.toContain('millrace.config.ts');
  });

  it('builds a project that runs: refusals, rules for data, balances, and a snapshot before events', async () => {
    const files = await filesOf('projects.md');
    await using folder = await bank();
    const check = await run(process.execPath, [MAIN, 'check'], { cwd: folder.path });
    expect(page).toContain(`\`\`\`\n${check.stdout}\`\`\``);
    await using node = await startProcess(['start'], { cwd: folder.path, env: {} });
    expect(await (await fetch(`${node.url}/`)).text()).toBe(files['pages/index.html']);
    const ask = async (query: string) => {
      const response = await fetch(`${node.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      // The form of GraphQL's own answers (section 7.1 of the specification).
      return (await response.json()) as {
        readonly data?: Readonly<Record<string, unknown>> | null;
        readonly errors?: readonly { readonly extensions: { readonly problems?: unknown } }[];
        readonly extensions?: { readonly cursors: Readonly<Record<string, string>> };
      };
    };
    const deposit = (amount: number) =>
      ask(`mutation { deposit(account: "ada", amount: ${amount}, idempotencyKey: "no. ${amount}") {
        __typename ... on Deposited { total } ... on Refused { reason } } }`);
    const first = await deposit(700);
    expect(first.data).toEqual({ deposit: { __typename: 'Deposited', total: 700 } });
    expect(await deposit(700)).toEqual(first);
    expect((await deposit(0)).data?.['deposit']).toMatchObject({ reason: 'The amount must be positive.' });
    expect((await deposit(301)).data?.['deposit']).toMatchObject({ reason: 'An account holds up to 1000.' });
    const { errors } = await deposit(1_000_001);
    expect(errors?.[0]?.extensions.problems).toEqual(['/amount must be <= 1000000']);

    const query = `{ balance(account: "ada", minCursor: "${first.extensions?.cursors['deposit']}") { total } }`;
    expect(await ask(query)).toEqual({ data: { balance: { total: 700 } } });
    const follow = `subscription { account(account: "ada", snapshot: true) {
      __typename ... on Balance { total } ... on Deposited { total } } }`;
    await using recorder = Recorder.overWebSocket('a client', node.url, follow);
    await expect.poll(() => recorder.snapshots).toEqual([{ __typename: 'Balance', total: 700 }]);
    await deposit(300);
    await expect.poll(() => recorder.received.length).toBe(1);
    expect(recorder.faults).toEqual([]);
    expect(node.errors).toBe('');
  });
});
