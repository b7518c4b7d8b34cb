import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedLog } from '../../../src/adapters/embedded/log.js';
import { openEmbeddedStateStore } from '../../../src/adapters/embedded/state-store.js';
import { openEmbeddedStore } from '../../../src/adapters/embedded/store.js';
import { withSignal } from '../../../src/core/async.js';
import { partition, topic } from '../../../src/core/ids.js';
import { numbered, POLL, Recorder, readRecords, record, soon, text } from '../../contract/event-log-tools.js';

const HOLDER = fileURLToPath(new URL('holder.ts', import.meta.url));
const JITI = fileURLToPath(new URL('../../../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url));
const P0 = partition(0);

describe('The embedded store', { timeout: 120_000 }, () => {
  let dir = '';
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'millrace-store-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await kill(child);
    await rm(dir, { recursive: true });
  });

  async function hold(...values: string[]): Promise<ChildProcess> {
    const child = spawn(process.execPath, [JITI, HOLDER, dir, ...values], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // jiti would rewrite lmdb too, which then does not find its binary.
      env: { ...process.env, JITI_NATIVE_MODULES: '["lmdb"]' },
    });
    children.push(child);
    const [said] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    expect(String(said)).toContain('ready');
    return child;
  }

  it.each([
    ['file', 'it is a file'],
    ['file/below', 'a part of the path is a file'],
  ])('rejects the data directory %s in one sentence that names the reason', async (name, reason) => {
    await writeFile(join(dir, 'file'), '');
    expect(() => openEmbeddedStore({ dir: join(dir, name) })).toThrow(
      `The data directory ${join(dir, name)} cannot be used: ${reason}. Set DATA_DIR to`,
    );
  });

  it('S4 creates files that only their owner can read', async () => {
    const inner = join(dir, 'new');
    await using _ = openEmbeddedStore({ dir: inner });
    const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
    expect(await mode(inner)).toBe(0o700);
    for (const file of (await readdir(inner)).filter((name) => name.startsWith('data.mdb'))) {
      expect([file, await mode(join(inner, file))]).toEqual([file, 0o600]);
    }
  });

  it('D4 keeps topics, records, offsets and the progress of groups over a restart', async () => {
    const name = topic('kept');
    {
      await using store = openEmbeddedStore({ dir });
      await using log = openEmbeddedLog(store);
      await log.ensureTopics(
        [{ topic: name, partitions: 1, replicas: 1, config: {} }],
        { create: true },
        soon(),
      );
      await log.append(numbered(name, 5), soon());
      const recorder = new Recorder();
      await using _ = await log.join({ group: 'g', topics: [name] }, recorder, soon());
      await expect.poll(() => recorder.handled.length, POLL).toBe(5);
      await openEmbeddedStateStore(store).put('state', Buffer.from('kept'));
    }
    await using store = openEmbeddedStore({ dir });
    await using log = openEmbeddedLog(store);
    expect((await log.describe([name], soon())).get(name)?.partitions).toBe(1);
    expect(await log.bounds(name, soon())).toEqual([{ earliest: 0, end: 5 }]);
    const [at] = await log.append([record(name, 'a', '5')], soon());
    expect(at?.offset).toBe(5);
    const found = await readRecords(log, { topic: name, partition: P0 });
    expect(found.map(text)).toEqual(['0', '1', '2', '3', '4', '5']);
    const recorder = new Recorder();
    await using _ = await log.join({ group: 'g', topics: [name] }, recorder, soon());
    await expect.poll(() => recorder.values(), POLL).toEqual(['5']);
    expect(await openEmbeddedStateStore(store).get('state')).toEqual(Buffer.from('kept'));
  });

  it('D1 belongs to one process; when that is killed, the next one finds every record that was acknowledged', async () => {
    const child = await hold('one', 'two');
    expect(() => openEmbeddedStore({ dir })).toThrow(/belongs to one process.*KAFKA_BROKERS/s);
    expect(() => openEmbeddedStore({ dir })).toThrow(String(child.pid));
    await kill(child);
    await using store = openEmbeddedStore({ dir });
    const found = await readRecords(openEmbeddedLog(store), { topic: topic('held'), partition: P0 });
    expect(found.map(text)).toEqual(['one', 'two']);
  });

  it('lets a second store of this process open the directory only after the first is disposed', async () => {
    const store = openEmbeddedStore({ dir });
    expect(() => openEmbeddedStore({ dir })).toThrow('belongs to one process');
    await store[Symbol.asyncDispose]();
    await openEmbeddedStore({ dir })[Symbol.asyncDispose]();
  });

  it('ends every member of a group when it is disposed', async () => {
    const store = openEmbeddedStore({ dir });
    const log = openEmbeddedLog(store);
    const spec = { topic: topic('shared'), partitions: 3, replicas: 1, config: {} };
    await log.ensureTopics([spec], { create: true }, soon());
    const join = () => log.join({ group: 'g', topics: [spec.topic] }, new Recorder(), soon());
    const members = [await join(), await join(), await join()];
    await store[Symbol.asyncDispose]();
    const ended = Promise.all(members.map((member) => member.ended.then(() => 'ended')));
    await expect(withSignal(ended, soon())).resolves.toEqual(['ended', 'ended', 'ended']);
  });

  it('takes over a lock whose pid has since been given to another process', async () => {
    // As in a container, where each start of the process has the same pid.
    await writeFile(join(dir, 'lock'), `${process.pid} 1`);
    await openEmbeddedStore({ dir })[Symbol.asyncDispose]();
    await writeFile(join(dir, 'lock'), 'nonsense');
    await openEmbeddedStore({ dir })[Symbol.asyncDispose]();
  });
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
