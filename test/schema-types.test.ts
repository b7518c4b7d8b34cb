import { readFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CONFIG, FILE, PLUGINS, schemaTypes, typesOf } from '../scripts/types.mjs';
import { folderOf } from './support/gateway-process.js';
import { run } from './support/run.js';

const ROOT = new URL('..', import.meta.url).pathname;

it('the types that resolvers are written with are those of the schema: `npm run types` writes them', async () => {
  expect(readFileSync(FILE, 'utf8')).toBe(await schemaTypes());
});

describe('docs/projects.md', () => {
  const page = readFileSync(new URL('../docs/projects.md', import.meta.url), 'utf8');
  const shown = (start: string): string => {
    const [, code] = new RegExp(`\\n\`\`\`(?:ts|graphql)\\n(${start}.*?)\\n\`\`\``, 's').exec(page) ?? [];
    if (code === undefined) throw new Error(`The page shows nothing that begins with ${start}`);
    return code;
  };

  it('tells projects to generate the types as this one does', async () => {
    const module = shown('// codegen.ts')
      .replace(/^import type .*$/m, '')
      .replace(' satisfies CodegenConfig', '');
    const { default: told } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
    expect(told.generates['schema-types.ts']).toEqual({ plugins: PLUGINS, config: CONFIG });
  });

  it('shows a resolver that compiles, and what does not fit the schema does not', async () => {
    const sdl = `${readFileSync(`${ROOT}schema/directives.graphql`, 'utf8')}\n${shown('type Query { ok')}`;
    const config = shown('// millrace.config.ts');
    const wrong = (what: string, [from, to]: readonly [string, string]) => {
      expect(config).toContain(from);
      return [`${what}.ts`, config.replace(from, to)] as const;
    };
    await using folder = await folderOf({
      'package.json': '{ "type": "module" }',
      'schema-types.ts': await typesOf(sdl),
      'right.ts': config,
      ...Object.fromEntries([
        wrong('argument', ['args: { account, amount }', 'args: { account, amount, currency }']),
        wrong('lacking', [", reason: 'Nothing was to be deposited.'", '']),
        wrong('stranger', ["__typename: 'Refused'", "__typename: 'Deposit'"]),
        wrong('outcome', ["'Deposited', 'Refused']", "'Deposited', 'Deposit']"]),
        wrong('event', ['<Deposited | Refused>', '<Deposited | { __typename: "Deposit" }>']),
        wrong('field', ['Mutation: { deposit }', 'Mutation: { deposits: deposit }']),
      ]),
      'tsconfig.json': JSON.stringify({
        extends: `${ROOT}tsconfig.json`,
        compilerOptions: { noEmit: true, rootDir: '/', paths: { millrace: [`${ROOT}dist/index.d.ts`] } },
        include: ['*.ts'],
      }),
    });
    await symlink(`${ROOT}node_modules`, `${folder.path}/node_modules`);
    const { stdout } = await run(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, '-p', '.'], {
      cwd: folder.path,
    });
    const refused = new Set([...stdout.matchAll(/^(\S+?)\(/gm)].map(([, file]) => file));
    expect([...refused].sort(), stdout).toEqual(
      ['argument.ts', 'event.ts', 'field.ts', 'lacking.ts', 'outcome.ts', 'stranger.ts'].sort(),
    );
  });
});
