import {
  buildASTSchema,
  type DefinitionNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  Source,
  validateSchema,
  visit,
} from 'graphql';
// Not exported by graphql's index. `buildASTSchema` calls it, but joins its errors into one text without
// locations.
import { validateSDL } from 'graphql/validation/validate.js';
import type { Diagnostics } from '../diagnostic.js';
import { addGraphQLError } from './graphql-errors.js';
import { addImplicitArgs } from './implicit-args.js';
import { OPTIONAL_SCALARS } from './scalars.js';
import { isBuiltInNode, type SchemaSource, withDirectives } from './schema-source.js';

/**
 * Builds one schema from all sources and the built-in directives. A schema with errors is returned too
 * where possible, so that later checks can report more of them. `undefined`: the errors prevent a schema.
 */
export function buildSchema(
  sources: readonly SchemaSource[],
  diagnostics: Diagnostics,
): GraphQLSchema | undefined {
  const definitions = parseSources(sources, diagnostics);
  // What an unparsable file defines is unknown: references to it would be reported for nothing.
  if (!diagnostics.isEmpty) return undefined;

  const used = { kind: Kind.DOCUMENT, definitions: withoutUnused(definitions) } as const;
  let document = addImplicitArgs(used, diagnostics);
  const errors = validateSDL(document);
  for (const error of errors) addGraphQLError(error, diagnostics);
  document = withPlaceholders(document, errors);
  let schema: GraphQLSchema;
  try {
    schema = buildASTSchema(document, { assumeValidSDL: true });
  } catch (error) {
    // Invalid SDL may well fail here. Valid SDL that fails is a bug.
    if (diagnostics.isEmpty) throw error;
    return undefined;
  }
  for (const error of validateSchema(schema)) addGraphQLError(error, diagnostics, sources[0]?.name);
  return schema;
}

function parseSources(sources: readonly SchemaSource[], diagnostics: Diagnostics): readonly DefinitionNode[] {
  const definitions: DefinitionNode[] = [];
  for (const { name, body } of withDirectives(sources)) {
    try {
      definitions.push(...parse(new Source(body, name)).definitions);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      // graphql-js rejects an empty document; a file that has only comments is fine here.
      if (body.replace(/#.*/g, '').trim() !== '') addGraphQLError(error, diagnostics, name);
    }
  }
  return definitions;
}

/** Drops the optional scalars that the project does not refer to, and those that it declares itself. */
function withoutUnused(definitions: readonly DefinitionNode[]): readonly DefinitionNode[] {
  const used = new Set<string>();
  const own = new Set<string>();
  for (const definition of definitions) {
    if (isBuiltInNode(definition)) continue;
    if ('name' in definition && definition.name !== undefined) own.add(definition.name.value);
    visit(definition, { NamedType: ({ name }) => void used.add(name.value) });
  }
  const isLeftOut = (name: string): boolean =>
    OPTIONAL_SCALARS.has(name) && (own.has(name) || !used.has(name));
  return definitions.filter(
    (one) => one.kind !== Kind.SCALAR_TYPE_DEFINITION || !isBuiltInNode(one) || !isLeftOut(one.name.value),
  );
}

/** Defines a scalar for each unknown type, so that the schema can be built and the rest of it checked. */
function withPlaceholders(document: DocumentNode, errors: readonly GraphQLError[]): DocumentNode {
  const unknown = new Set<string>();
  for (const error of errors) {
    const node = error.nodes?.[0];
    if (node?.kind === Kind.NAMED_TYPE && error.message.startsWith('Unknown type'))
      unknown.add(node.name.value);
  }
  const placeholders = [...unknown].map(
    (value): DefinitionNode => ({
      kind: Kind.SCALAR_TYPE_DEFINITION,
      name: { kind: Kind.NAME, value },
    }),
  );
  return { ...document, definitions: [...document.definitions, ...placeholders] };
}
