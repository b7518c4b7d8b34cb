import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';

/** What a page loads: both transports, minified and gzipped. */
const MAX_BYTES = 12 * 1024;
/** What a page with `share` loads besides, and what its worker has. */
const MAX_TAB_BYTES = 5 * 1024;
const MAX_WORKER_BYTES = 9 * 1024;
const MAX_ADAPTER_BYTES = 2 * 1024;

async function bundled(name: string, external: string[] = []) {
  const input = join(import.meta.dirname, '../src', `${name}.ts`);
  const bundle = await rolldown({ input, platform: 'browser', external });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  const chunks = new Map(output.flatMap((one) => (one.type === 'chunk' ? [[one.fileName, one]] : [])));
  /** The entry, and the chunks that it loads at once. */
  const first = new Set([output[0].fileName]);
  for (const name of first) for (const imported of chunks.get(name)?.imports ?? []) first.add(imported);
  const bytesOf = (isFirst: boolean): number =>
    [...chunks.values()]
      .filter(({ fileName }) => first.has(fileName) === isFirst)
      .reduce((sum, { code }) => sum + gzipSync(code).length, 0);
  const imports = [...first].filter((name) => !chunks.has(name));
  return { bytes: bytesOf(true), imports, laterBytes: bytesOf(false) };
}

describe('minified and gzipped', () => {
  it('the client with both transports has at most 12 KiB, and loads nothing else; tabs that share load 5 KiB more', async () => {
    const { bytes, imports, laterBytes } = await bundled('index');
    expect(imports).toEqual([]);
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
    expect(laterBytes).toBeGreaterThan(500);
    expect(laterBytes).toBeLessThanOrEqual(MAX_TAB_BYTES);
  });

  it('the worker of tabs has at most 9 KiB, and loads nothing else, because import maps do not apply to it', async () => {
    const { bytes, imports } = await bundled('tabs/worker');
    expect(imports).toEqual([]);
    expect(bytes).toBeLessThanOrEqual(MAX_WORKER_BYTES);
  });

  it.each([
    ['mutations', []],
    ['react', ['react']],
    ['apollo', ['@apollo/client/errors', '@apollo/client/link', '@apollo/client/utilities', 'rxjs']],
    ['urql', ['@urql/core', 'wonka']],
    ['relay', ['relay-runtime']],
    ['resuming', []],
    ['indexed-db', []],
  ] as const)('the adapter %s has at most 2 KiB, and loads only its framework', async (name, external) => {
    const { bytes, imports } = await bundled(name, [...external]);
    expect(imports).toEqual(external);
    expect(bytes).toBeLessThanOrEqual(MAX_ADAPTER_BYTES);
  });
});
