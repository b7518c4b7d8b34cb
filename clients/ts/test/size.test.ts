import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';

/** What a page loads: both transports, minified and gzipped. */
const MAX_BYTES = 12 * 1024;
const MAX_ADAPTER_BYTES = 2 * 1024;

async function bundled(name: string, external: string[] = []) {
  const input = join(import.meta.dirname, '../src', `${name}.ts`);
  const bundle = await rolldown({ input, platform: 'browser', external });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  const [{ code, imports }] = output;
  return { bytes: gzipSync(code).length, imports, files: output.length };
}

describe('minified and gzipped', () => {
  it('the client with both transports has at most 12 KiB, and loads nothing else', async () => {
    const { bytes, imports, files } = await bundled('index');
    expect([imports, files]).toEqual([[], 1]);
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
  });

  it.each([
    ['react', ['react']],
    ['apollo', ['@apollo/client/errors', '@apollo/client/link', '@apollo/client/utilities', 'rxjs']],
    ['urql', ['@urql/core', 'wonka']],
    ['relay', ['relay-runtime']],
    ['resuming', []],
  ] as const)('the adapter %s has at most 2 KiB, and loads only its framework', async (name, external) => {
    const { bytes, imports } = await bundled(name, [...external]);
    expect(imports).toEqual(external);
    expect(bytes).toBeLessThanOrEqual(MAX_ADAPTER_BYTES);
  });
});
