import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  cycles,
  foreignImports,
  type Sources,
  vendorsOutside,
  wrongDirections,
} from './support/architecture.js';

const ROOT = join(import.meta.dirname, '..');

/** Every source of a folder, by its path from the root. */
function sourcesOf(folder: string): Sources {
  return new Map(
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name))
      .map((path) => [path.replaceAll('\\', '/'), readFileSync(join(ROOT, path), 'utf8')]),
  );
}

describe('the sources', () => {
  const sources = sourcesOf('src');

  it('are found', () => {
    expect(sources.size).toBeGreaterThan(20);
  });

  it('import in one direction', () => {
    expect(wrongDirections(sources)).toEqual([]);
  });

  it('name vendors only in adapters', () => {
    expect(vendorsOutside(sources)).toEqual([]);
  });

  it('have no import cycles, not even among types', () => {
    expect(cycles(sources)).toEqual([]);
  });
});

describe('the client library', () => {
  const sources = sourcesOf('clients/ts/src');

  it("imports nothing but itself, and Node's modules only where it is for Node", () => {
    expect(sources.size).toBeGreaterThan(10);
    expect(foreignImports(sources)).toEqual([]);
  });

  it('has no import cycles, not even among types', () => {
    expect(cycles(sources)).toEqual([]);
  });

  it.each([
    ['clients/ts/src/a.ts', "import { b } from '../../../src/core/b.js';"],
    ['clients/ts/src/a.ts', "import { readFile } from 'node:fs/promises';"],
    ['clients/ts/src/a.ts', "import { parse } from 'graphql';"],
    ['clients/ts/src/a.ts', "import { createClient } from '#client';"],
  ])('is checked: %s with %s', (path, source) => {
    expect(foreignImports(new Map([[path, source]]))).toHaveLength(1);
  });
});

describe('the checks fail', () => {
  it.each([
    ['src/core/a.ts', "import { b } from '../ports/b.js';"],
    ['src/ports/a.ts', "import type { b } from '../hub/b.js';"],
    ['src/observe/a.ts', "import { b } from '../relay/b.js';"],
    ['src/binding/a.ts', "import { b } from '../publish/b.js';"],
    ['src/publish/a.ts', "import { b } from '../relay/b.js';"],
    ['src/hub/a.ts', "import {\n  b,\n  c,\n} from '../subscribe/b.js';"],
    ['src/subscribe/a.ts', "export * from '../operation/b.js';"],
    ['src/operation/a.ts', "export type { b } from '../transport/b.js';"],
    ['src/transport/a.ts', "import '../node/node.js';"],
    ['src/hub/a.ts', "import { b } from '../adapters/redis/b.js';"],
    ['src/cli/main.ts', "const b = await import('../adapters/kafka/b.js');"],
    ['src/adapters/kafka/a.ts', "import { b } from '../../observe/b.js';"],
    ['src/hub/a.ts', "import type { b } from '../project/project.js';"],
    ['src/node/node.ts', "import { main } from '../cli/main.js';"],
    ['src/cli/main.ts', "import { shop } from '../shop/shop.js';"],
    ['src/shop/a.ts', "import { b } from '../core/b.js';"],
    ['src/shop/a.ts', "import { b } from 'kafkajs';"],
    ['src/hub/a.ts', "import { b } from 'millrace';"],
    ['src/node/a.ts', "import { createClient } from '#client';"],
    ['src/attic/a.ts', "import { b } from '../core/b.js';"],
  ])('when %s has %s', (path, source) => {
    expect(wrongDirections(new Map([[path, source]]))).toHaveLength(1);
  });

  it.each([
    "import { Kafka } from 'kafkajs';",
    "import type { Redis } from 'ioredis';",
    "import { RedisPubSub } from 'graphql-redis-subscriptions/dist/index.js';",
    "const store = await import('lmdb');",
  ])('when a vendor is named outside the adapters: %s', (source) => {
    expect(vendorsOutside(new Map([['src/relay/a.ts', source]]))).toHaveLength(1);
    expect(vendorsOutside(new Map([['src/adapters/kafka/a.ts', source]]))).toEqual([]);
  });

  it('when three files import each other in a ring, by types alone', () => {
    const ring: Sources = new Map([
      ['src/core/a.ts', "import type { B } from './b.js';"],
      ['src/core/b.ts', "import { type C } from './c.js';"],
      ['src/core/c.ts', "export type { A } from './a.js';"],
    ]);
    expect(cycles(ring)).toEqual(['src/core/a.ts -> src/core/b.ts -> src/core/c.ts -> src/core/a.ts']);
  });

  it('only for imports, not for what looks like one', () => {
    const source = "// import { b } from '../hub/b.js';\nexport const words = \"from '../hub/b.js'\";";
    expect(wrongDirections(new Map([['src/core/a.ts', source]]))).toEqual([]);
  });
});
