import type { GraphQLSchema } from 'graphql';
import {
  bindSchema,
  type Diagnostic,
  formatDiagnostic,
  type SchemaSource,
  withDirectives,
} from '../binding/binding.js';
import type { Bindings } from '../binding/bindings.js';
import { type Config, readConfig } from '../node/config.js';
import { kafkaSecurity } from '../node/kafka.js';
import { redisPassword } from '../node/redis.js';
import { checkDeadLetterTopics, checkServiceTopics, topicNames } from '../node/topics.js';
import { loadEventSchemas, loadProject, loadSchema } from '../project/loader.js';
import type { Project } from '../project/project.js';
import { UserError } from './user-error.js';

/** What every command works on: the environment, the project's code, and its schema, all checked. */
export interface Loaded {
  readonly config: Config;
  readonly project: Project;
  readonly bindings: Bindings;
}

/**
 * Loads the project in the current folder.
 * @throws {ConfigError} for the environment, alone or with the project; {ProjectError} for the project's files
 * @throws {UserError} that lists every diagnostic of the schema
 */
export async function load(): Promise<Loaded> {
  const config = readConfig(process.env);
  const dir = process.cwd();
  const project = await loadProject(dir);
  // Here for the commands that connect to nothing, such as `check`.
  kafkaSecurity(config, project);
  redisPassword(config, project);
  const sources = await loadSchema(config.SCHEMA, dir);
  const bound = bindSchema({
    sources,
    eventSchemas: await loadEventSchemas(sources, dir),
    ...(project.resolvers === undefined ? {} : { resolvers: project.resolvers }),
    views: project.views ?? [],
  });
  if (bound.ok) {
    const { bindings } = bound;
    const { services = [], views = [] } = project;
    checkDeadLetterTopics(topicNames(bindings, [...services, ...views]), config);
    checkServiceTopics(services, bindings);
    return { config, project, bindings };
  }
  throw schemaErrors(bound.diagnostics);
}

/**
 * Loads the schema of the project in the current folder, without its code: what is generated from the schema comes first.
 * @returns its files too, with the built-in directives first
 * @throws {ConfigError | ProjectError}
 * @throws {UserError} that lists every diagnostic
 */
export async function loadSchemaAlone(): Promise<{
  readonly schema: GraphQLSchema;
  readonly sources: readonly SchemaSource[];
  readonly patterns: readonly string[];
}> {
  const { SCHEMA: patterns } = readConfig(process.env);
  const dir = process.cwd();
  const sources = await loadSchema(patterns, dir);
  const bound = bindSchema({
    sources,
    eventSchemas: await loadEventSchemas(sources, dir),
    mayLackCode: true,
  });
  if (!bound.ok) throw schemaErrors(bound.diagnostics);
  return { schema: bound.bindings.schema, sources: withDirectives(sources), patterns };
}

function schemaErrors(diagnostics: readonly Diagnostic[]): UserError {
  const { length } = diagnostics;
  const title = `The schema has ${length} error${length === 1 ? '' : 's'}:`;
  return new UserError([title, ...diagnostics.map(formatDiagnostic)].join('\n'), 1);
}
