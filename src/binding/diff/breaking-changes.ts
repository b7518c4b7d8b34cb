import { basename } from 'node:path';
import { type GraphQLSchema, isObjectType } from 'graphql';
import { type Diagnostic, Diagnostics, formatDiagnostic } from '../diagnostic.js';
import { readJson } from '../event-types/json-document.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import { buildSchema } from '../sdl/build-schema.js';
import type { SchemaSource } from '../sdl/schema-source.js';
import { narrowings } from './json-schema-changes.js';
import { eventChanges, operationChanges } from './schema-changes.js';

/** The files of a schema as they are at some time. */
export interface SchemaFiles {
  readonly sources: readonly SchemaSource[];
  readonly eventSchemas: readonly SchemaSource[];
}

/**
 * What of the change from `before` to `after` breaks those who read: clients that send the operations of
 * before, and everybody who reads the events that are in the log. What is gone is told with its place in
 * `before`, as `<name of before>:<file>`.
 * @throws {Error} when `before` is no schema
 */
export function breakingChanges(
  before: SchemaFiles,
  name: string,
  after: SchemaFiles,
  resolvers: ResolverMap,
): readonly Diagnostic[] {
  const then = schemaOf(
    before.sources.map((source) => ({ ...source, name: `${name}:${source.name}` })),
    name,
  );
  const now = schemaOf(after.sources, 'The schema');
  // Several at one place are told all: where something is gone is where it was a part of.
  const ruled = before.eventSchemas.map((source) => basename(source.name, '.json'));
  const found = [...operationChanges(then, now), ...eventChanges(then, now, resolvers, ruled)];
  for (const source of before.eventSchemas) {
    const file = after.eventSchemas.find((one) => one.name === source.name);
    const was = readJson(source);
    const is = file && readJson(file);
    if (is === undefined || !('text' in is) || !('text' in was)) continue;
    const type = then.getType(basename(source.name, '.json'));
    const fields = isObjectType(type) ? type : undefined;
    for (const { pointer, says } of narrowings(was.text.value, is.text.value, fields)) {
      const expected = `what was allowed in ${name}: stored events have it`;
      found.push({ ...is.text.at(pointer), found: `${pointer || '/'} ${says}`, expected });
    }
  }
  return found.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
}

/** The directives are the gateway's own, and the same for both: a project may keep any copy for its editor. */
function schemaOf(sources: readonly SchemaSource[], name: string): GraphQLSchema {
  const diagnostics = new Diagnostics();
  const own = sources.filter((source) => basename(source.name) !== 'directives.graphql');
  const schema = buildSchema(own, diagnostics);
  if (schema !== undefined) return schema;
  const list = diagnostics.list().map(formatDiagnostic).join('\n');
  throw new Error(`${name} is no schema to compare with:\n${list}`);
}
