import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openFileRevocationLog } from '../../../src/adapters/embedded/revocation-log.js';
import type { OnProblem } from '../../../src/ports/problem.js';
import { foreignRevocations, revocationLogContract } from '../../contract/revocation-log.js';
import { folderOf } from '../../support/gateway-process.js';

async function folder(): Promise<string> {
  const made = await folderOf({});
  onTestFinished(() => made[Symbol.asyncDispose]());
  return join(made.path, 'data');
}

async function place() {
  const dir = await folder();
  return {
    open: async (onProblem?: OnProblem) => openFileRevocationLog(dir, onProblem),
    add: async (fields: Readonly<Record<string, string>>) => {
      await mkdir(dir, { recursive: true });
      await appendFile(join(dir, 'revocations.jsonl'), `${JSON.stringify(fields)}\n`);
    },
  };
}

revocationLogContract('The log of revocations in a file', async () => (await place()).open);
foreignRevocations('The log of revocations in a file that other programs write', place);

describe('the log of revocations in a file', () => {
  it('waits for the end of a line that is being written, and reads a file that was replaced from its beginning', async () => {
    const dir = await folder();
    const log = openFileRevocationLog(dir);
    const until = Date.now() + 60_000;
    await log.add({ id: 'a', until });
    const file = join(dir, 'revocations.jsonl');
    const line = (id: string) => JSON.stringify({ id, until: new Date(until).toISOString() });
    await appendFile(file, line('b').slice(0, 10));
    expect(await log.readNew()).toEqual([{ id: 'a', until }]);
    await appendFile(file, `${line('b').slice(10)}\n`);
    expect(await log.readNew()).toEqual([{ id: 'b', until }]);
    await writeFile(file, `${line('c')}\n`);
    expect(await log.readNew()).toEqual([{ id: 'c', until }]);
    await rm(file);
    expect(await log.readNew()).toEqual([]);
    await log.add({ id: 'd', until });
    expect(await log.readNew()).toEqual([{ id: 'd', until }]);
  });
});
