import { type DocumentNode, type GraphQLSchema, parse, printSchema } from 'graphql';
import type { SchemaSource } from '../../binding/binding.js';
import { UserError } from '../user-error.js';
import { DOCUMENTS_CONFIG, RESOLVERS_CONFIG } from './codegen-config.js';

/** TypeScript types of scalars, by name. */
export type ScalarTypes = Readonly<Record<string, string>>;

/** Types of the schema, and of the resolvers of its fields. */
export function generateResolverTypes(
  sources: readonly SchemaSource[],
  scalars: ScalarTypes,
): Promise<string> {
  const schema = parse(sources.map(({ body }) => body).join('\n'));
  return generated(['typescript', 'typescript-resolvers'], async () => {
    const { codegen } = await import('@graphql-codegen/core');
    return codegen({
      schema,
      documents: [],
      filename: 'types.ts',
      config: withScalars(RESOLVERS_CONFIG, scalars),
      plugins: [{ typescript: {} }, { 'typescript-resolvers': {} }],
      pluginMap: {
        typescript: await import('@graphql-codegen/typescript'),
        'typescript-resolvers': await import('@graphql-codegen/typescript-resolvers'),
      },
    });
  });
}

/** Types of the results and variables of operations, and the operations themselves as typed documents. */
export function generateDocuments(
  schema: GraphQLSchema,
  document: DocumentNode,
  scalars: ScalarTypes,
): Promise<string> {
  return generated(['typescript-operations', 'typed-document-node'], async () => {
    const { codegen } = await import('@graphql-codegen/core');
    return codegen({
      // With the arguments that the gateway adds to fields.
      schema: parse(printSchema(schema)),
      documents: [{ document }],
      filename: 'types.ts',
      config: withScalars(DOCUMENTS_CONFIG, scalars),
      plugins: [{ 'typescript-operations': {} }, { 'typed-document-node': {} }],
      pluginMap: {
        'typescript-operations': await import('@graphql-codegen/typescript-operations'),
        'typed-document-node': await import('@graphql-codegen/typed-document-node'),
      },
    });
  });
}

function withScalars<Config extends { readonly scalars: ScalarTypes }>(config: Config, more: ScalarTypes) {
  return { ...config, scalars: { ...config.scalars, ...more } };
}

/** @throws {UserError} that says what to install: a gateway in production needs none of it */
async function generated(plugins: readonly string[], generate: () => Promise<string>): Promise<string> {
  try {
    return `${(await generate()).trim()}\n`;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing || !error.message.includes('@graphql-codegen/')) throw error;
    const packages = ['core', ...plugins].map((name) => `@graphql-codegen/${name}`);
    throw new UserError(
      `graphql-codegen is not installed. Run: npm install --save-dev ${packages.join(' ')}`,
      1,
    );
  }
}
