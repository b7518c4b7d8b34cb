import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** A file of SDL. `name` is its path, for messages. */
export interface SchemaSource {
  readonly name: string;
  readonly body: string;
}

const FILE = 'schema/directives.graphql';

/** The SDL of the directives and built-in types, which every schema has. The path is the same from src and dist. */
export function directivesSource(): SchemaSource {
  return { name: FILE, body: readFileSync(new URL(`../../../${FILE}`, import.meta.url), 'utf8') };
}

/** `sources` with the directives in front, once: a project may keep a copy for its editor. */
export function withDirectives(sources: readonly SchemaSource[]): readonly SchemaSource[] {
  const ours = directivesSource();
  const isOurs = (source: SchemaSource) =>
    basename(source.name) === basename(FILE) && source.body.trim() === ours.body.trim();
  return [ours, ...sources.filter((source) => !isOurs(source))];
}
