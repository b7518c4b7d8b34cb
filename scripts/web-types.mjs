// Writes the types of the pages' GraphQL operations, one file beside each folder's documents: `npm run types`. With
// `--check`, writes nothing, and fails unless they are up to date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { buildSchema } from 'graphql';
import { loadSchemaAlone } from '../dist/cli/load.js';
import { generateDocuments } from '../dist/cli/types/generate.js';
import { readDocuments } from '../dist/cli/types/read-documents.js';

const root = join(import.meta.dirname, '..');
const sdl = join(root, 'schema/console');
const sources = join(root, 'clients/web/src');
const isCheck = process.argv.includes('--check');

const consoleSchema = buildSchema(
  readdirSync(sdl)
    .sort()
    .map((name) => readFileSync(join(sdl, name), 'utf8'))
    .join('\n'),
);
process.chdir(root);
const { schema: shopSchema } = await loadSchemaAlone();
for (const [folder, schema] of [
  ...foldersWithDocuments('console').map((folder) => [folder, consoleSchema]),
  ...foldersWithDocuments('storefront').map((folder) => [folder, shopSchema]),
]) {
  const file = join(folder, 'operations.ts');
  const text = await generateDocuments(schema, await readDocuments(['*.graphql'], folder, schema), {});
  const content = `// Written by \`npm run types\` from the documents beside it; not to be edited.\n${text}`;
  if (!isCheck) writeFileSync(file, content);
  else if (readOrNothing(file) !== content) {
    console.error(`${relative(root, file)} is out of date. Run npm run types.`);
    process.exitCode = 1;
  }
}

function foldersWithDocuments(application) {
  const folder = join(sources, application);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const documents = names.filter((name) => name.endsWith('.graphql'));
  return [...new Set(documents.map((name) => dirname(join(folder, name))))];
}

function readOrNothing(file) {
  try {
    return readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
  } catch {
    return undefined;
  }
}
