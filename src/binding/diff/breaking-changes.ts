import { basename } from 'node:path';
import { type GraphQLSchema, isObjectType } from 'graphql';
import { byLocation, type Diagnostic, Diagnostics, formatDiagnostic } from '../diagnostic.js';
import { parseJsonFile } from '../event-types/json-document.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import { buildSchema } from '../sdl/build-schema.js';
import type { SchemaSource } from '../sdl/schema-source.js';
import { eventChanges } from './event-changes.js';
import { narrowings } from './json-schema-changes.js';
import { operationChanges } from './operation-changes.js';

/** The files of one version of a schema. */
export interface SchemaFiles {
  readonly sources: readonly SchemaSource[];
  /** The files `events/<Type>.json`. */
  readonly eventSchemas: readonly SchemaSource[];
}

/**
 * The changes from `before` to `after` that break readers: clients with operations written for `before`, and
 * readers of events that were stored under it. What was removed is located in `before`, as `<name>:<file>`.
 * @param name what `before` is called in diagnostics: a git ref or a folder
 * @param resolvers the resolvers of now, which decide for both versions which fields are stored
 * @throws {Error} when one of the schemas cannot be built
 */
export function breakingChanges(
  before: SchemaFiles,
  name: string,
  after: SchemaFiles,
  resolvers: ResolverMap,
): readonly Diagnostic[] {
  const named = before.sources.map((source) => ({ ...source, name: `${name}:${source.name}` }));
  const old = schemaOf(named, name);
  const current = schemaOf(after.sources, 'The schema');
  const typesWithSchema = before.eventSchemas.map((source) => basename(source.name, '.json'));
  // Not `Diagnostics`, which keeps one for each location: several removed fields share that of their type.
  return [
    ...operationChanges(old, current),
    ...eventChanges(old, current, resolvers, typesWithSchema),
    ...eventSchemaChanges(before, name, after, old),
  ].sort(byLocation);
}

function eventSchemaChanges(
  before: SchemaFiles,
  name: string,
  after: SchemaFiles,
  old: GraphQLSchema,
): readonly Diagnostic[] {
  return before.eventSchemas.flatMap((source) => {
    const file = after.eventSchemas.find((candidate) => candidate.name === source.name);
    const oldJson = parseJsonFile(source);
    const newJson = file && parseJsonFile(file);
    // A file that was removed allows everything.
    if (!newJson?.ok || !oldJson.ok) return [];
    const type = old.getType(basename(source.name, '.json'));
    const eventType = isObjectType(type) ? type : undefined;
    const { document } = newJson;
    return narrowings(oldJson.document.value, document.value, eventType).map(({ pointer, change }) => ({
      ...document.locate(pointer),
      problem: `${pointer || '/'} ${change}.`,
      hint: `Events stored since ${name} may violate it.`,
    }));
  });
}

/** Without any copies of the built-in directives: the two versions may have different ones. */
function schemaOf(sources: readonly SchemaSource[], name: string): GraphQLSchema {
  const diagnostics = new Diagnostics();
  const own = sources.filter((source) => basename(source.name) !== 'directives.graphql');
  const schema = buildSchema(own, diagnostics);
  if (schema !== undefined) return schema;
  const list = diagnostics.list().map(formatDiagnostic).join('\n');
  throw new Error(`${name} cannot be compared, because it has errors:\n${list}`);
}
