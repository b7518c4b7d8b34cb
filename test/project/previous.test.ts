import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPrevious } from '../../src/project/previous.js';
import { folderOf } from '../support/gateway-process.js';
import { run } from '../support/run.js';

const CHAT = `
type Query { ok: Boolean }
type Mutation { say(text: String!): Published!
  @publish(topic: "chat", type: "Said", key: "'all'", data: "{'text': args.text}") }
type Subscription { chat: Said @subscribe(topic: "chat") }
type Said { text: String! }
`;

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

describe('loadPrevious', () => {
  it.each(['v1', 'trunk', 'HEAD'])(
    'reads the schema of a git ref from a subfolder of the repository: %s',
    async (ref) => {
      await using folder = await repository();
      expect(await loadPrevious(ref, [], join(folder.path, 'project'))).toEqual({
        sources: [{ name: 'schema/a.graphql', body: FILES['project/schema/a.graphql'] }],
        eventSchemas: [{ name: 'schema/events/A.json', body: FILES['project/schema/events/A.json'] }],
      });
    },
  );

  it('reads the schema of a folder', async () => {
    await using folder = await folderOf(FILES);
    const found = await loadPrevious('../project', [], join(folder.path, 'other'));
    expect(found.sources.map(({ body }) => body)).toEqual([FILES['project/schema/a.graphql']]);
    expect(found.eventSchemas).toHaveLength(1);
  });

  it.each(['v2', '--all'])('rejects %j, which is neither a folder nor a commit', async (ref) => {
    await using folder = await repository();
    const loading = loadPrevious(ref, [], join(folder.path, 'project'));
    await expect(loading).rejects.toThrow(/is neither a folder nor a commit of the git repository/);
  });

  it('rejects a ref that has no schema files', async () => {
    await using folder = await repository();
    const loading = loadPrevious('v1', ['elsewhere/*.graphql'], join(folder.path, 'project'));
    await expect(loading).rejects.toThrow(/No schema/);
  });

  it.each(['../other/*.graphql', '%/project/schema/*.graphql'])(
    'rejects a pattern outside the project, whose files would be compared with themselves: %s',
    async (pattern) => {
      await using folder = await repository();
      const loading = loadPrevious('v1', [pattern.replace('%', folder.path)], join(folder.path, 'project'));
      await expect(loading).rejects.toThrow(/is outside the project/);
    },
  );

  it('`millrace check --against` lists each breaking change with its place', async () => {
    await using folder = await folderOf({
      'project/schema/chat.graphql': CHAT,
      'project/schema/events/Said.json': '{ "properties": { "text": { "maxLength": 100 } } }',
    });
    await git(folder.path, 'init', '-q', '-b', 'trunk');
    await git(folder.path, 'add', '.');
    await git(folder.path, 'commit', '-q', '-m', 'One');
    const project = join(folder.path, 'project');
    const check = async () => {
      const main = join(import.meta.dirname, '../../dist/cli/main.js');
      const { code, stderr } = await run(process.execPath, [main, 'check', '--against', 'trunk'], {
        cwd: project,
      });
      return { code, lines: stderr.trim().split('\n') };
    };
    expect(await check()).toMatchObject({ code: 0 });
    await writeFile(
      join(project, 'schema/chat.graphql'),
      CHAT.replace('type Said { text: String! }', 'type Said { body: String! }').replace(
        "{'text':",
        "{'body':",
      ),
    );
    await writeFile(
      join(project, 'schema/events/Said.json'),
      '{\n  "properties": { "body": {} },\n  "required": ["body"]\n}',
    );
    expect(await check()).toEqual({
      code: 1,
      lines: [
        'millrace: 3 changes since trunk would break readers:',
        expect.stringMatching(/schema\/chat\.graphql:\d+:\d+ {2}Said\.text was removed/),
        expect.stringMatching(/^schema\/chat\.graphql:6:\d+ {2}The new field Said\.body: String!/),
        expect.stringMatching(/^schema\/events\/Said\.json:3:\d+ {2}\/required now includes body/),
      ],
    });
  });
});
