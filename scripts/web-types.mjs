// Writes the types of the pages' GraphQL operations, one file beside each folder's documents: `npm run types`. With
// `--check`, writes nothing, and fails unless they are up to date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { buildSchema } from 'graphql';
import { generateDocuments } from '../dist/cli/types/generate.js';
import { readDocuments } from '../dist/cli/types/read-documents.js';

const root = join(import.meta.dirname, '..');
const sdl = join(root, 'schema/console');
const pages = join(root, 'clients/web/src/console');
const isCheck = process.argv.includes('--check');

const schema = buildSchema(
  readdirSync(sdl)
    .sort()
    .map((name) => readFileSync(join(sdl, name), 'utf8'))
    .join('\n'),
);
for (const folder of foldersWithDocuments()) {
  const file = join(folder, 'operations.ts');
  const text = await generateDocuments(schema, await readDocuments(['*.graphql'], folder, schema), {});
  const content = `// Written by \`npm run types\` from the documents beside it; not to be edited.\n${text}`;
  if (!isCheck) writeFileSync(file, content);
  else if (readOrNothing(file) !== content) {
    console.error(`${relative(root, file)} is out of date. Run npm run types.`);
    process.exitCode = 1;
  }
}

function foldersWithDocuments() {
  const names = readdirSync(pages, { recursive: true, encoding: 'utf8' });
  return new Set(names.filter((name) => name.endsWith('.graphql')).map((name) => dirname(join(pages, name))));
}

function readOrNothing(file) {
  try {
    return readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
  } catch {
    return undefined;
  }
}
