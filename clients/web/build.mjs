// Builds the pages into dist/web, one folder for each set of pages, and compresses their files beside them. Every file has
// its hash in its name, so a browser keeps it for ever; only the HTML is asked for again.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

const OUT = join(import.meta.dirname, '../../dist/web');

/** By folder: where its files are served, and its pages. */
const BUILDS = {
  tools: { base: '/console/', root: '.', pages: ['console.html', 'playground.html'] },
  storefront: { base: '/', root: 'src/storefront', pages: ['index.html'] },
};

/** Smaller files gain nothing. */
const MIN_COMPRESSED_BYTES = 1_024;
const COMPRESSED = /\.(js|css|svg|json|ttf)$/;
/** One below the best, which takes ten times as long for a few percent. */
const BROTLI_QUALITY = 9;

for (const [folder, { base, root, pages }] of Object.entries(BUILDS)) {
  const outDir = join(OUT, folder);
  await build({
    root: join(import.meta.dirname, root),
    configFile: false,
    base,
    plugins: [react()],
    logLevel: 'warn',
    // `src/transport/http/html-page.ts` fills in the nonce of each response.
    html: { cspNonce: '{{nonce}}' },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      // The first browsers with light-dark(). For older ones it would be replaced by something that needs `color-scheme` as a
      // plain value, and Mantine sets it by a variable: every such colour would be lost.
      cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
      // Inline images would have to be allowed by the policy, and inline scripts are not.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 5_000,
      rolldownOptions: {
        input: pages.map((page) => join(import.meta.dirname, root, page)),
        onwarn(warning, warn) {
          // Those of GraphiQL's modules are for React's compiler, which has run over them.
          if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
        },
      },
    },
  });
  await compressAll(outDir);
}

async function compressAll(folder) {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && COMPRESSED.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name));
  await Promise.all(
    paths.map(async (path) => {
      const bytes = readFileSync(path);
      if (bytes.length < MIN_COMPRESSED_BYTES) return;
      const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
      writeFileSync(`${path}.gz`, await promisify(gzip)(bytes));
      writeFileSync(`${path}.br`, await promisify(brotliCompress)(bytes, { params }));
    }),
  );
}
