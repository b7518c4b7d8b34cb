import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPrevious } from '../src/previous.js';
import { folderOf } from './support/gateway-process.js';
import { run } from './support/run.js';

const FILES = {
  'project/schema/a.graphql': 'type Query { before: Int }',
  'project/schema/events/A.json': '{"title": "before"}',
  'other/b.graphql': 'type Query { other: Int }',
};

async function git(cwd: string, ...args: string[]): Promise<void> {
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-c', 'commit.gpgsign=false'];
  const { code, stderr } = await run('git', [...who, ...args], { cwd });
  if (code !== 0) throw new Error(stderr);
}

async function repository() {
  const folder = await folderOf(FILES);
  await git(folder.path, 'init', '-q', '-b', 'trunk');
  await git(folder.path, 'add', '.');
  await git(folder.path, 'commit', '-q', '-m', 'One');
  await git(folder.path, 'tag', 'v1');
  await writeFile(join(folder.path, 'project/schema/a.graphql'), 'type Query { after: Int }');
  return folder;
}

describe('the schema of before', () => {
  it.each(['v1', 'trunk', 'HEAD'])('is that of a git ref, in a folder of its repository: %s', async (ref) => {
    await using folder = await repository();
    expect(await loadPrevious(ref, [], join(folder.path, 'project'))).toEqual({
      sources: [{ name: 'schema/a.graphql', body: FILES['project/schema/a.graphql'] }],
      eventRules: [{ name: 'schema/events/A.json', body: FILES['project/schema/events/A.json'] }],
    });
  });

  it('is that of a folder', async () => {
    await using folder = await folderOf(FILES);
    const found = await loadPrevious('../project', [], join(folder.path, 'other'));
    expect(found.sources.map(({ body }) => body)).toEqual([FILES['project/schema/a.graphql']]);
    expect(found.eventRules).toHaveLength(1);
  });

  it.each(['v2', '--all'])('is not found as %j', async (ref) => {
    await using folder = await repository();
    const loading = loadPrevious(ref, [], join(folder.path, 'project'));
    await expect(loading).rejects.toThrow(/is neither a folder nor a commit of the git repository/);
  });

  it('has to have a schema', async () => {
    await using folder = await repository();
    const loading = loadPrevious('v1', ['elsewhere/*.graphql'], join(folder.path, 'project'));
    await expect(loading).rejects.toThrow(/No schema/);
  });
});
