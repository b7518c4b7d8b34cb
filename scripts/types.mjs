// `npm run types` writes the TypeScript types that the shop's resolvers are written with. A test fails when the file is out of
// date.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as resolvers from '@graphql-codegen/typescript-resolvers';
import { parse } from 'graphql';
import { globSync } from 'tinyglobby';

const ROOT = join(import.meta.dirname, '..');
export const FILE = join(ROOT, 'src', 'shop', 'schema-types.ts');
const HEAD = '// Written by `npm run types` from schema/*.graphql; not to be edited.\n';

/** The same configuration that docs/projects.md shows; a test compares them. */
export const CONFIG = {
  enumsAsTypes: true,
  immutableTypes: true,
  avoidOptionals: { defaultValue: true },
  strictScalars: true,
  scalars: {
    ...{ ID: 'string', DateTime: 'string', Cursor: 'string' },
    ...{ Long: 'number | bigint', BigInt: 'number | bigint', Decimal: 'string', JSON: 'unknown' },
    ...{ Date: 'string', Time: 'string', LocalDateTime: 'string', UUID: 'string', Bytes: 'string' },
  },
  customResolverFn: 'millrace#GeneratedResolver',
  makeResolverTypeCallable: true,
  resolversNonOptionalTypename: { unionMember: true, interfaceImplementingType: true },
  useTypeImports: true,
};

export const PLUGINS = ['typescript', 'typescript-resolvers'];

/** The types of a schema, with the directives in it. */
export async function typesOf(sdl) {
  return codegen({
    schema: parse(sdl),
    documents: [],
    filename: FILE,
    config: CONFIG,
    plugins: PLUGINS.map((name) => ({ [name]: {} })),
    pluginMap: { typescript, 'typescript-resolvers': resolvers },
  });
}

/** The types of the current schema. */
export async function schemaTypes() {
  const names = globSync(['schema/*.graphql'], { cwd: ROOT }).sort();
  const text = await typesOf(names.map((name) => readFileSync(join(ROOT, name), 'utf8')).join('\n'));
  return `${HEAD}${text.trim()}\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(FILE, await schemaTypes());
