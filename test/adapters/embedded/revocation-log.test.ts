import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openFileRevocationLog } from '../../../src/adapters/embedded/revocation-log.js';
import { revocationLogContract } from '../../contract/revocation-log.js';
import { folderOf } from '../../support/gateway-process.js';

async function folder(): Promise<string> {
  const made = await folderOf({});
  onTestFinished(() => made[Symbol.asyncDispose]());
  return join(made.path, 'data');
}

revocationLogContract('The log of revocations in a file', async () => {
  const dir = await folder();
  await openFileRevocationLog(dir).add({ id: 'makes-the-folder', until: 0 });
  return {
    open: async (onProblem) => openFileRevocationLog(dir, onProblem),
    addForeign: (fields) => appendFile(join(dir, 'revocations.jsonl'), `${JSON.stringify(fields)}\n`),
  };
});

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
