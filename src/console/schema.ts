import { readdirSync, readFileSync } from 'node:fs';
import {
  buildASTSchema,
  concatAST,
  type GraphQLObjectType,
  type GraphQLSchema,
  isScalarType,
  isSpecifiedScalarType,
  parse,
  Source,
} from 'graphql';
import { builtInScalarNamed, withBehaviour } from '../binding/sdl/scalars.js';
import type { ConsoleContext, ConsolePage, Payload } from './page.js';
import { Questions } from './questions.js';

/** The relative path is the same from src/ and from dist/. */
const FOLDER = new URL('../../schema/console/', import.meta.url);

type Root = Exclude<keyof ConsolePage, 'readsNothing'>;
const ROOTS: readonly Root[] = ['Query', 'Mutation', 'Subscription'];

/** The SDL of all pages. */
export function consoleSources(): readonly Source[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.graphql'));
  return names.sort().map((name) => new Source(readFileSync(new URL(name, FOLDER), 'utf8'), name));
}

/**
 * The SDL of pages with their resolvers.
 * @throws {Error} when a root field has no resolver, or several: a fault of the console itself
 */
export function consoleSchema(
  sources: readonly (Source | string)[],
  pages: readonly ConsolePage[],
): GraphQLSchema {
  const schema = buildASTSchema(concatAST(sources.map((source) => parse(source))));
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isScalarType(type) || isSpecifiedScalarType(type)) continue;
    const scalar = builtInScalarNamed(type.name);
    if (scalar === undefined) throw new Error(`The console's schema has an unknown scalar: ${type.name}.`);
    withBehaviour(type, scalar);
  }
  const questions = new Questions();
  for (const root of ROOTS)
    attach(schema.getType(root) as GraphQLObjectType | undefined, root, pages, questions);
  return schema;
}

function attach(
  type: GraphQLObjectType | undefined,
  root: Root,
  pages: readonly ConsolePage[],
  questions: Questions,
): void {
  const fields = type?.getFields() ?? {};
  const resolved = new Set<string>();
  for (const page of pages) {
    for (const [name, resolve] of Object.entries(page[root] ?? {})) {
      const field = fields[name];
      if (field === undefined || resolved.has(name))
        throw new Error(`${root}.${name} is not in the console's schema, or has two resolvers.`);
      resolved.add(name);
      type Args = Readonly<Record<string, unknown>>;
      if (root === 'Subscription') {
        field.subscribe = (_source, args: Args, context: ConsoleContext) => resolve(args, context);
        field.resolve = ({ data }: Payload) => data;
      } else if (root === 'Query' && page.readsNothing !== true) {
        field.resolve = (_source, args: Args, context: ConsoleContext) =>
          questions.read(context, () => resolve(args, context));
      } else {
        field.resolve = (_source, args: Args, context: ConsoleContext) => {
          questions.count(context);
          return resolve(args, context);
        };
      }
    }
  }
  const missing = Object.keys(fields).filter((name) => !resolved.has(name));
  if (missing.length > 0) throw new Error(`Fields of the console's ${root} have no resolver: ${missing}.`);
}
