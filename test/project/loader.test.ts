import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/index.js';
import { loadEventSchemas, loadProject, loadSchema } from '../../src/project/loader.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-project-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const config = (text: string, name = 'millrace.config.ts') => writeFile(join(dir, name), text);

describe('loadProject', () => {
  it('returns an empty project without a configuration file', async () => {
    expect(await loadProject(dir)).toEqual({});
  });

  it('runs TypeScript that imports other files of the project', async () => {
    await writeFile(
      join(dir, 'hello.ts'),
      `import type { ResolverMap } from 'millrace';
       export const resolvers: ResolverMap = { Query: { hello: () => 'hi' } };`,
    );
    await config(`import { defineGateway, type Project } from 'millrace';
      import { resolvers } from './hello.js';
      const project: Project = { resolvers };
      export default defineGateway(project);`);
    const project = await loadProject(dir);
    expect(project.resolvers?.['Query']?.['hello']).toBeTypeOf('function');
  });

  it('gives the project this copy of the package, so that its errors are recognised', async () => {
    await config(`import { defineGateway, MillraceError } from 'millrace';
      export default defineGateway({
        authenticate: async () => { throw new MillraceError('UNAUTHENTICATED', 'no'); },
      });`);
    const { authenticate } = await loadProject(dir);
    await expect(authenticate?.({ headers: {} })).rejects.toBeInstanceOf(MillraceError);
  });

  it('accepts services that are instances of a class', async () => {
    await config(`import type { Service } from 'millrace';
      class Quiet implements Service {
        readonly name = 'quiet';
        get topics() { return ['t']; }
        handle() { return []; }
      }
      export default { services: [new Quiet()] };`);
    const { services } = await loadProject(dir);
    expect(services?.[0]?.topics).toEqual(['t']);
    expect(services?.[0]?.handle).toBeTypeOf('function');
  });

  it('runs a configuration in plain JavaScript', async () => {
    await config('export default { examples: [{ title: "a", query: "{ a }" }] };', 'millrace.config.mjs');
    expect((await loadProject(dir)).examples).toHaveLength(1);
  });

  it.each([
    ['has no default export', 'export const project = {};', 'has no default export'],
    ['throws', 'throw new Error("out of flour");', 'out of flour'],
    ['does not parse', 'export default {', 'failed to run'],
    ['exports something else', 'export default { resolver: {} };', 'resolver'],
    [
      'has a service without handle',
      'export default { services: [{ name: "a", topics: ["t"] }] };',
      'handle',
    ],
  ])('rejects a configuration that %s, with the reason and its path', async (_what, text, reason) => {
    await config(text);
    await expect(loadProject(dir)).rejects.toThrow(reason);
    await expect(loadProject(dir)).rejects.toThrow(join(dir, 'millrace.config.ts'));
  });

  it('rejects a project with two configuration files', async () => {
    await config('export default {};');
    await config('export default {};', 'millrace.config.js');
    await expect(loadProject(dir)).rejects.toThrow('more than one');
  });

  it('loads the project in this repository', async () => {
    const project = await loadProject(resolve(import.meta.dirname, '../..'));
    expect(project.services?.map(({ name }) => name)).toEqual([
      'catalogue',
      'cart',
      'order',
      'inventory',
      'payment',
      'shipping',
      'notification',
    ]);
    const guest = await project.authenticate?.({ headers: {} });
    expect(guest?.claims).toEqual({ sub: 'guest', roles: [] });
    const denied = project.authenticate?.({ headers: { authorization: 'Bearer x' } });
    await expect(denied).rejects.toBeInstanceOf(MillraceError);
  });
});

describe('loadSchema', () => {
  it('reads all files that match, sorted by name', async () => {
    await mkdir(join(dir, 'schema'));
    await writeFile(join(dir, 'schema/b.graphql'), 'type B { b: Int }');
    await writeFile(join(dir, 'schema/a.graphql'), 'type A { a: Int }');
    expect(await loadSchema([], dir)).toEqual([
      { name: 'schema/a.graphql', body: 'type A { a: Int }' },
      { name: 'schema/b.graphql', body: 'type B { b: Int }' },
    ]);
  });

  it('reports a missing schema with the folder, the patterns and an example', async () => {
    const failed = expect(loadSchema(['schema/*.graphql'], dir)).rejects;
    await failed.toThrow(dir);
    await expect(loadSchema(['schema/*.graphql'], dir)).rejects.toThrow('type Query');
  });
});

describe('loadEventSchemas', () => {
  it('reads events/*.json beside the schema files', async () => {
    for (const folder of ['schema/events', 'other/events', 'elsewhere/events'])
      await mkdir(join(dir, folder), { recursive: true });
    await writeFile(join(dir, 'schema/events/B.json'), '{}');
    await writeFile(join(dir, 'schema/events/notes.txt'), '');
    await writeFile(join(dir, 'other/events/A.json'), 'true');
    await writeFile(join(dir, 'elsewhere/events/C.json'), '{}');
    const sources = ['schema/a.graphql', 'schema/b.graphql', 'other/c.graphql'].map((name) => ({
      name,
      body: '',
    }));
    expect(await loadEventSchemas(sources, dir)).toEqual([
      { name: 'other/events/A.json', body: 'true' },
      { name: 'schema/events/B.json', body: '{}' },
    ]);
  });

  it('returns nothing when there is no events folder', async () => {
    expect(await loadEventSchemas([{ name: 'schema/a.graphql', body: '' }], dir)).toEqual([]);
  });
});
