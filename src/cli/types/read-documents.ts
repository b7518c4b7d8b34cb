import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DefinitionNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  LoneAnonymousOperationRule,
  NoUnusedFragmentsRule,
  parse,
  print,
  Source,
  specifiedRules,
  validate,
  visit,
} from 'graphql';
import { glob } from 'tinyglobby';
import { UserError } from '../user-error.js';

/** A fragment may be for the operations of other files; and operations without names are reported below. */
const RULES = specifiedRules.filter(
  (rule) => rule !== NoUnusedFragmentsRule && rule !== LoneAnonymousOperationRule,
);

/**
 * Reads the operations and fragments of files as one document, valid for the schema.
 * @param patterns globs, relative to `dir`
 * @throws {UserError} that lists every error with its file and line
 */
export async function readDocuments(
  patterns: readonly string[],
  dir: string,
  schema: GraphQLSchema,
): Promise<DocumentNode> {
  const names = (await glob(patterns, { cwd: dir, onlyFiles: true })).sort();
  const definitions: DefinitionNode[] = [];
  const errors: GraphQLError[] = [];
  for (const name of names) {
    const body = await readFile(join(dir, name), 'utf8');
    try {
      definitions.push(...parse(new Source(body, name)).definitions);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      errors.push(error);
    }
  }
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions };
  if (errors.length === 0)
    errors.push(...nameless(definitions), ...unwritable(document), ...validate(schema, document, RULES));
  if (errors.length > 0)
    throw new UserError(['The documents have errors:', ...errors.map(lineOf)].join('\n'), 1);
  if (!definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION))
    throw new UserError(`There are no operations: nothing in ${dir} matches ${patterns.join(', ')}.`, 1);
  return document;
}

/** Types are named after operations. */
function nameless(definitions: readonly DefinitionNode[]): GraphQLError[] {
  return definitions.flatMap((node) => {
    if (node.kind !== Kind.OPERATION_DEFINITION || node.name !== undefined) return [];
    return [new GraphQLError(`Name this ${node.operation}: its types are named after it.`, { nodes: node })];
  });
}

/** graphql-codegen writes a document into a template literal of JavaScript as it is: these would end it, or run as code. */
function unwritable(document: DocumentNode): GraphQLError[] {
  const errors: GraphQLError[] = [];
  visit(document, {
    StringValue(node) {
      if (!/[`\\]|\$\{/.test(print(node))) return;
      const message = 'A text in a document has none of ` and \\ and ${: pass it as a variable.';
      errors.push(new GraphQLError(message, { nodes: node }));
    },
  });
  return errors;
}

function lineOf({ message, source, locations }: GraphQLError): string {
  const { line, column } = locations?.[0] ?? {};
  return `${source?.name}:${line}:${column}  ${message}`;
}
