import { readFileSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { createJiti } from 'jiti';
import { describe, expect, it } from 'vitest';
import { folderOf } from '../support/gateway-process.js';
import { run } from '../support/run.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const MAIN = `${ROOT}dist/cli/main.js`;

/** A project whose code is not written yet: its mutation has no resolver, and its view does not exist. */
const SCHEMA = `
  scalar Money
  type Query { room(id: ID!): Room @view(name: "rooms", key: "args.id") }
  type Mutation { open(id: ID!): Room! }
  type Subscription { said(room: ID!): Said! @subscribe(topic: "chat", key: "args.room") }
  type Room { id: ID!, price: Money }
  type Said { room: ID!, text: String! }
`;
const OPERATIONS = `
  subscription Said($room: ID!, $since: DateTime) { said(room: $room, since: $since) { ...Text } }
  fragment Text on Said { text }
`;
const USE = `
  import { createClient } from 'millrace-client';
  import { SaidDocument } from './documents.js';
  const client = createClient({ url: 'http://127.0.0.1:1/graphql' });
  const steps = client.subscribe(SaidDocument, { variables: { room: 'mill' } });
  for await (const { data } of steps) console.log(data?.said.text.length);
`;

const millrace = (cwd: string, ...args: string[]) => run(process.execPath, [MAIN, ...args], { cwd });

describe('millrace types', () => {
  it("the types that the shop's resolvers are written with are those of the schema: `npm run types` writes them", async () => {
    const outcome = await millrace(ROOT, 'types', '--out', 'src/shop/schema-types.ts', '--check');
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('writes types before resolvers and views exist, and --check fails once the schema has changed', async () => {
    await using folder = await folderOf({ 'schema/a.graphql': SCHEMA });
    const args = ['types', '--out', 'src/schema-types.ts', '--scalar', 'Money=bigint'];
    const missing = await millrace(folder.path, ...args, '--check');
    expect(missing.stderr).toMatch(/^millrace: src\/schema-types\.ts cannot be read\./);
    expect(await millrace(folder.path, ...args)).toEqual({ code: 0, stdout: '', stderr: '' });
    const written = await readFile(`${folder.path}/src/schema-types.ts`, 'utf8');
    expect(written).toMatch(
      /^\/\/ Written by `millrace types` from schema\/\*\.graphql; not to be edited\.$/m,
    );
    expect(written).toContain('Money: { input: bigint; output: bigint; }');
    // As Git checks it out on Windows.
    await writeFile(`${folder.path}/src/schema-types.ts`, written.replaceAll('\n', '\r\n'));
    expect(await millrace(folder.path, ...args, '--check')).toMatchObject({ code: 0 });
    await writeFile(`${folder.path}/schema/a.graphql`, SCHEMA.replace('price', 'rent'));
    const changed = await millrace(folder.path, ...args, '--check');
    expect(changed.stderr).toMatch(/^millrace: src\/schema-types\.ts is out of date\. Run/);
    expect([missing.code, changed.code]).toEqual([1, 1]);
  });

  it('reports a schema with errors as check does, and writes nothing', async () => {
    const broken =
      'type Query { a: Nothing }\ntype Subscription { b: Int @subscribe(topic: "x", key: "args.c") }';
    await using folder = await folderOf({ 'schema/a.graphql': broken });
    const check = await millrace(folder.path, 'check');
    expect(check.stderr).toMatch(/^millrace: The schema has \d errors:\nschema\/a\.graphql:1:\d+ {2}/);
    expect(await millrace(folder.path, 'types', '--out', 'types.ts')).toEqual(check);
    await expect(readFile(`${folder.path}/types.ts`)).rejects.toThrow('ENOENT');
  });

  it('--documents writes operations that millrace-client takes, and whose misuse does not compile', async () => {
    const broken = (from: string, to: string): string => {
      expect(USE).toContain(from);
      return USE.replace(from, to);
    };
    await using folder = await folderOf({
      'package.json': '{ "type": "module" }',
      'schema/a.graphql': SCHEMA,
      'src/said.graphql': OPERATIONS,
      'src/right.ts': USE,
      'src/variables.ts': broken("{ room: 'mill' }", '{ room: 7 }'),
      'src/result.ts': broken('said.text', 'said.words'),
      'tsconfig.json': JSON.stringify({
        extends: `${ROOT}tsconfig.json`,
        compilerOptions: { noEmit: true, rootDir: '/', paths: {}, noImplicitOverride: true },
        include: ['src/*.ts'],
      }),
    });
    await symlink(`${ROOT}node_modules`, `${folder.path}/node_modules`);
    const args = ['types', '--documents', 'src/*.graphql', '--out', 'src/documents.ts'];
    expect(await millrace(folder.path, ...args)).toEqual({ code: 0, stdout: '', stderr: '' });
    const tsc = `${ROOT}node_modules/typescript/bin/tsc`;
    const { stdout } = await run(process.execPath, [tsc, '-p', '.'], { cwd: folder.path });
    const refused = new Set([...stdout.matchAll(/^src\/(\w+)\.ts\(/gm)].map(([, file]) => file));
    expect([...refused].sort(), stdout).toEqual(['result', 'variables']);
    const { SaidDocument } = await createJiti(folder.path).import<{ SaidDocument: object }>(
      `${folder.path}/src/documents.ts`,
    );
    expect(String(SaidDocument)).toMatch(/subscription Said\([\s\S]*fragment Text on Said/);
  });

  it('--documents reports every error of the operations with file and line', async () => {
    await using folder = await folderOf({
      'schema/a.graphql': SCHEMA,
      'a/one.graphql': 'subscription { said(room: "a") { text } }',
      'a/two.graphql': 'query Q {\n  rooms { id }\n}',
      'a/wild.graphql': 'subscription S {\n  said(room: "`+evil()+`") { text }\n}',
    });
    const outcome = await millrace(folder.path, 'types', '--documents', 'a/*.graphql');
    expect([outcome.code, outcome.stdout]).toEqual([1, '']);
    expect(outcome.stderr).toBe(
      `millrace: The documents have errors:
a/one.graphql:1:1  Name this subscription: its types are named after it.
a/wild.graphql:2:14  A text in a document has none of \` and \\ and \${: pass it as a variable.
a/two.graphql:2:3  Cannot query field "rooms" on type "Query". Did you mean "room"?
`,
    );
    const none = await millrace(folder.path, 'types', '--documents', 'b/*.graphql');
    expect(none.stderr).toMatch(
      /^millrace: There are no operations: nothing in .* matches b\/\*\.graphql\.\n$/,
    );
  });

  it('docs/projects.md configures graphql-codegen as the command does', async () => {
    const page = readFileSync(`${ROOT}docs/projects.md`, 'utf8');
    const { RESOLVERS_CONFIG } = await import('../../src/cli/types/codegen-config.js');
    const [, config = ''] = /^```ts\n(\/\/ codegen\.ts\n.*?)^```$/ms.exec(page) ?? [];
    const module = config.replace(/^import type .*$/m, '').replace(' satisfies CodegenConfig', '');
    const { default: codegen } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
    expect(codegen.generates['src/schema-types.ts']).toEqual({
      plugins: ['typescript', 'typescript-resolvers'],
      config: RESOLVERS_CONFIG,
    });
  });
});
