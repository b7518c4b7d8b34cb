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

describe('a project', () => {
  it('is empty without a configuration', async () => {
    expect(await loadProject(dir)).toEqual({});
  });

  it('is the default export, in TypeScript, with files of its own', async () => {
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

  it('shares the running copy of the package, so that its errors are recognised', async () => {
    await config(`import { defineGateway, MillraceError } from 'millrace';
      export default defineGateway({
        authenticate: async () => { throw new MillraceError('UNAUTHENTICATED', 'no'); },
      });`);
    const { authenticate } = await loadProject(dir);
    await expect(authenticate?.({ headers: {} })).rejects.toBeInstanceOf(MillraceError);
  });

  it('may have services that are instances of a class', async () => {
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

  it('may be plain JavaScript', async () => {
    await config('export default { examples: [{ title: "a", query: "{ a }" }] };', 'millrace.config.mjs');
    expect((await loadProject(dir)).examples).toHaveLength(1);
  });

  it.each([
    ['has no default export', 'export const project = {};', 'has no default export'],
    ['throws', 'throw new Error("out of flour");', 'out of flour'],
    ['does not parse', 'export default {', 'cannot be run'],
    ['exports something else', 'export default { resolver: {} };', 'resolver'],
    [
      'has a service without handle',
      'export default { services: [{ name: "a", topics: ["t"] }] };',
      'handle',
    ],
  ])('is refused with a reason when its configuration %s', async (_what, text, reason) => {
    await config(text);
    await expect(loadProject(dir)).rejects.toThrow(reason);
    await expect(loadProject(dir)).rejects.toThrow(join(dir, 'millrace.config.ts'));
  });

  it('is refused when there are two configurations', async () => {
    await config('export default {};');
    await config('export default {};', 'millrace.config.js');
    await expect(loadProject(dir)).rejects.toThrow('more than one');
  });

  it('is what this repository is', async () => {
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

describe('a schema', () => {
  it('is all files that match, by name', async () => {
    await mkdir(join(dir, 'schema'));
    await writeFile(join(dir, 'schema/b.graphql'), 'type B { b: Int }');
    await writeFile(join(dir, 'schema/a.graphql'), 'type A { a: Int }');
    expect(await loadSchema([], dir)).toEqual([
      { name: 'schema/a.graphql', body: 'type A { a: Int }' },
      { name: 'schema/b.graphql', body: 'type B { b: Int }' },
    ]);
  });

  it('that is not there is told, with where it was looked for and how to begin', async () => {
    const failed = expect(loadSchema(['schema/*.graphql'], dir)).rejects;
    await failed.toThrow(dir);
    await expect(loadSchema(['schema/*.graphql'], dir)).rejects.toThrow('type Query');
  });
});

describe('rules of event types', () => {
  it('are the files in events/ beside those of the schema', async () => {
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

  it('need not be there', async () => {
    expect(await loadEventSchemas([{ name: 'schema/a.graphql', body: '' }], dir)).toEqual([]);
  });
});
