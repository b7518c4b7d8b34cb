import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { expect, it } from 'vitest';

/** What a page loads: both transports, minified and gzipped. */
const MAX_BYTES = 12 * 1024;

it('the client with both transports has at most 12 KiB, minified and gzipped', async () => {
  const bundle = await rolldown({
    input: join(import.meta.dirname, '../src/index.ts'),
    platform: 'browser',
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  const [chunk] = output;
  // It loads nothing else, and nothing of Node's.
  expect([chunk.imports, output.length]).toEqual([[], 1]);
  expect(gzipSync(chunk.code).length).toBeLessThanOrEqual(MAX_BYTES);
});
