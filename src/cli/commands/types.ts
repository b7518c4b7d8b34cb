import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { loadSchemaAlone } from '../load.js';
import { generateDocuments, generateResolverTypes, type ScalarTypes } from '../types/generate.js';
import { readDocuments } from '../types/read-documents.js';
import { UserError } from '../user-error.js';

interface TypesFlags {
  readonly out?: string;
  readonly check: boolean;
  readonly documents?: readonly string[];
  readonly scalar: ScalarTypes;
}

export function typesCommand(): Command {
  return new Command('types')
    .description('write TypeScript types of the schema and its resolvers, or of operations')
    .option('--out <file>', 'the file to write, such as src/schema-types.ts (default: standard output)')
    .option(
      '--documents <glob...>',
      "write types of the operations in these files instead, such as 'src/**/*.graphql', and typed documents for millrace-client",
    )
    .option(
      '--scalar <name=type>',
      "the TypeScript type of a scalar of the project (default: 'unknown'); may be repeated",
      scalar,
      {},
    )
    .option('--check', 'write nothing, and fail unless the file is up to date', false)
    .addHelpText('after', TYPES_HELP)
    .action(types);
}

const TYPES_HELP = `
The schema is checked first, as 'millrace check' does, except that resolvers and views may be missing: their types come first.
The same schema gives the same file. It needs graphql-codegen, and says which packages to install.`;

function scalar(text: string, others: ScalarTypes): ScalarTypes {
  const [, name, type] = /^([_A-Za-z]\w*)=(.+)$/.exec(text) ?? [];
  if (name === undefined || type === undefined) throw new InvalidArgumentError('Write it as Money=string.');
  return { ...others, [name]: type };
}

async function types({ out, check, documents, scalar: scalars }: TypesFlags): Promise<void> {
  if (check && out === undefined) throw new UserError('--check needs --out, the file to compare.', 2);
  const dir = process.cwd();
  const { schema, sources, patterns } = await loadSchemaAlone();
  const [from, text] =
    documents === undefined
      ? [patterns, await generateResolverTypes(sources, scalars)]
      : [documents, await generateDocuments(schema, await readDocuments(documents, dir, schema), scalars)];
  const content = `// Written by \`millrace types\` from ${from.join(', ')}; not to be edited.\n${text}`;
  if (out === undefined) process.stdout.write(content);
  else if (check) await compare(out, content);
  else {
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, content);
  }
}

/** @throws {UserError} */
async function compare(file: string, content: string): Promise<void> {
  const before = await readFile(file, 'utf8').catch(() => undefined);
  // Git may check files out with the newlines of Windows.
  if (before?.replaceAll('\r\n', '\n') === content) return;
  const problem = before === undefined ? 'cannot be read' : 'is out of date';
  throw new UserError(`${file} ${problem}. Run the same command without --check.`, 1);
}
