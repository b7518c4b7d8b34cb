import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ASTNode } from 'graphql';

/** One file of the schema. `name` is its path, for diagnostics. */
export interface SchemaSource {
  readonly name: string;
  readonly body: string;
}

const DIRECTIVES_FILE = 'schema/directives.graphql';

/** How the file begins: a project may have another one of the same name. */
const FIRST_LINE = '# The directives and built-in types of Millrace.';

/** Whether a node is of the built-in definitions, and not of the project's own. */
export function isBuiltInNode({ loc }: ASTNode): boolean {
  return loc?.source.name === DIRECTIVES_FILE && loc.source.body.startsWith(FIRST_LINE);
}

/** The SDL of the directives and built-in types, which are part of every schema. */
export function directivesSource(): SchemaSource {
  // The relative path is the same from src/ and from dist/.
  const url = new URL(`../../../${DIRECTIVES_FILE}`, import.meta.url);
  return { name: DIRECTIVES_FILE, body: readFileSync(url, 'utf8') };
}

/** Puts the directives before `sources`. A project's own copy of them, kept for its editor, is dropped. */
export function withDirectives(sources: readonly SchemaSource[]): readonly SchemaSource[] {
  const builtIn = directivesSource();
  const isCopy = (source: SchemaSource) =>
    basename(source.name) === basename(DIRECTIVES_FILE) && source.body.trim() === builtIn.body.trim();
  return [builtIn, ...sources.filter((source) => !isCopy(source))];
}
