import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { run } from '../support/run.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const MAIN = `${ROOT}dist/cli/main.js`;
const text = await readFile(`${ROOT}docs/sizing.md`, 'utf8');
const examples = [...text.matchAll(/^```console\n\$ millrace (.+)\n([^`]*)```$/gm)].map(
  ([, command = '', output = '']) => ({ command, output }),
);

describe('docs/sizing.md', () => {
  it('has examples', () => {
    expect(examples.length).toBeGreaterThanOrEqual(5);
  });

  it.each(examples)('shows what millrace $command prints', async ({ command, output }) => {
    const { stdout, stderr } = await run(process.execPath, [MAIN, ...command.split(' ')], { cwd: ROOT });
    expect(`${stdout}${stderr}`.trim()).toBe(output.trim());
  });

  it.each([
    [['--subscribers', '10', '--events', '1', '--busy', '0.001'], /a process that does nothing uses as much/],
    [['--subscribers', '10', '--events', '0'], /--events.*Expected a number above 0/],
    [
      ['--subscribers', '10', '--events', '1', '--selectivity', '2'],
      /Expected a number above 0 and up to 1\./,
    ],
    [
      ['--subscribers', '10', '--events', '1', '--results', '11'],
      /only 10 of the subscribers get an event: give at most 10/,
    ],
    [['--subscribers', '10', '--events', '1', '--constants', 'nowhere.json'], /The constants cannot be read/],
    [
      ['--subscribers', '10', '--events', '1', '--constants', 'package.json'],
      /has no constants as `npm run bench -- constants`/,
    ],
  ])('exits with 2 for %j, and says what is allowed', async (args, message) => {
    const { code, stderr, stdout } = await run(process.execPath, [MAIN, 'size', ...args], { cwd: ROOT });
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
