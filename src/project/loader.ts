import { readFile } from 'node:fs/promises';
import { join, posix, resolve } from 'node:path';
import { createJiti } from 'jiti';
import { glob } from 'tinyglobby';
import { z } from 'zod';
import { messageOf } from '../core/errors.js';
import * as millrace from '../index.js';
import type { Project } from './project.js';

/** One file of a schema. */
export interface SchemaSource {
  /** The path relative to the project's folder, for error messages. */
  readonly name: string;
  /** SDL. */
  readonly body: string;
}

/** An error in the project's files, for the person who starts the gateway. */
export class ProjectError extends Error {
  override readonly name = 'ProjectError';
}

const CONFIG_FILES = 'millrace.config.{ts,mts,js,mjs}';
const DEFAULT_SCHEMA: readonly string[] = ['schema/*.graphql'];

/**
 * Runs the `millrace.config.*` of the project in `dir`, and returns its default export. Without such a file,
 * the project is empty.
 * @throws {ProjectError} when there are several files, or the file fails to run or exports no project
 */
export async function loadProject(dir: string): Promise<Project> {
  const files = await glob([CONFIG_FILES], { cwd: dir, deep: 1 });
  const [file, ...others] = files.sort();
  if (file === undefined) return {};
  if (others.length > 0)
    throw new ProjectError(`${dir} has more than one configuration: ${files.join(', ')}`);
  const path = resolve(dir, file);
  // The project's `millrace` resolves to this copy, even in this repository, where it is not installed.
  // With a second copy, `instanceof MillraceError` would be false across the two.
  // No cache: jiti would run code from a folder in /tmp that other users of the machine can write to.
  const jiti = createJiti(path, { interopDefault: false, fsCache: false, virtualModules: { millrace } });
  let module: unknown;
  try {
    module = await jiti.import(path);
  } catch (error) {
    throw new ProjectError(`${path} failed to run: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return checked(module, path);
}

/**
 * Reads the schema files that match `patterns` (globs relative to `dir`), sorted by name.
 * @throws {ProjectError} when no file matches
 */
export async function loadSchema(patterns: readonly string[], dir: string): Promise<readonly SchemaSource[]> {
  const globs = patterns.length > 0 ? patterns : DEFAULT_SCHEMA;
  const names = (await glob(globs, { cwd: dir, onlyFiles: true })).sort();
  if (names.length === 0) {
    throw new ProjectError(
      `No schema: nothing in ${resolve(dir)} matches ${globs.join(', ')}. ` +
        'Start in a folder with schema/*.graphql, or set SCHEMA. For example:\n\n' +
        EXAMPLE_SCHEMA,
    );
  }
  return Promise.all(names.map(async (name) => ({ name, body: await readFile(join(dir, name), 'utf8') })));
}

/** Reads `events/<Type>.json` beside the schema files: a JSON Schema for the data of each event type. */
export async function loadEventSchemas(
  sources: readonly SchemaSource[],
  dir: string,
): Promise<readonly SchemaSource[]> {
  const folders = new Set(sources.map(({ name }) => posix.dirname(name)));
  const found = await Promise.all(
    [...folders].map(async (folder) => {
      const cwd = resolve(dir, folder);
      const files = await glob(['events/*.json'], { cwd, onlyFiles: true });
      return files.map((file) => ({ name: posix.join(folder, file), path: join(cwd, file) }));
    }),
  );
  const files = found.flat().sort((a, b) => a.name.localeCompare(b.name));
  return Promise.all(files.map(async ({ name, path }) => ({ name, body: await readFile(path, 'utf8') })));
}

const EXAMPLE_SCHEMA = `  type Query { hello: String }
  type Mutation { say(text: String!): Published! @publish(topic: "said", type: "Said", key: "args.text") }
  type Subscription { said: Said! @subscribe(topic: "said") }
  type Said { text: String! }
`;

const callable = z.custom<unknown>((value) => typeof value === 'function', 'is not a function');

/** What a header may have, without the `;` and `,` that would end the directive or the policy. */
const directive = z
  .string()
  .regex(/^[\x20-\x7e]*$/)
  .regex(/^[^;,]*$/);

const ProjectShape = z.strictObject({
  resolvers: z.record(z.string(), z.record(z.string(), callable)).optional(),
  services: z
    .array(z.looseObject({ name: z.string().min(1), topics: z.array(z.string()).min(1), handle: callable }))
    .optional(),
  views: z
    .array(
      z.looseObject({
        name: z.string().regex(/^[\w.-]{1,100}$/),
        topics: z.array(z.string()).min(1),
        fold: callable,
      }),
    )
    .optional(),
  authenticate: callable.optional(),
  kafka: z
    .strictObject({
      oauthBearerToken: callable.optional(),
      sasl: z.looseObject({ name: z.string().min(1), authenticate: callable }).optional(),
    })
    .optional(),
  redis: z.strictObject({ password: callable.optional() }).optional(),
  examples: z.array(z.looseObject({ title: z.string(), query: z.string() })).optional(),
  pages: z
    .union([
      z.string().min(1),
      z.strictObject({
        folder: z.string().min(1),
        contentSecurityPolicy: z.record(z.string().regex(/^[a-z-]+$/), directive).optional(),
      }),
    ])
    .optional(),
});

function checked(module: unknown, path: string): Project {
  const project: unknown =
    typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  if (project === undefined) {
    throw new ProjectError(`${path} has no default export. Write: export default defineGateway({ … })`);
  }
  const result = ProjectShape.safeParse(project);
  if (!result.success) {
    throw new ProjectError(`${path} exports no project:\n${z.prettifyError(result.error)}`);
  }
  // Checked above as far as possible at run time: only tsc can check what the functions take and return.
  // The original object is kept, because a service may be an instance of a class.
  return project as Project;
}
