/** The TypeScript types of the scalars that every schema may use. */
const SCALARS = {
  ...{ ID: 'string', DateTime: 'string', Cursor: 'string' },
  ...{ Long: 'number | bigint', BigInt: 'number | bigint', Decimal: 'string', JSON: 'unknown' },
  ...{ Date: 'string', Time: 'string', LocalDateTime: 'string', UUID: 'string', Bytes: 'string' },
};

/** How graphql-codegen writes types of a schema and its resolvers. docs/projects.md shows the same; a test compares them. */
export const RESOLVERS_CONFIG = {
  enumsAsTypes: true,
  immutableTypes: true,
  avoidOptionals: { defaultValue: true },
  defaultScalarType: 'unknown',
  scalars: SCALARS,
  customResolverFn: 'millrace#GeneratedResolver',
  makeResolverTypeCallable: true,
  resolversNonOptionalTypename: { unionMember: true, interfaceImplementingType: true },
  useTypeImports: true,
};

/** How it writes typed documents: as text, which is what clients of a gateway send. */
export const DOCUMENTS_CONFIG = {
  enumsAsTypes: true,
  immutableTypes: true,
  defaultScalarType: 'unknown',
  scalars: SCALARS,
  documentMode: 'string',
  useTypeImports: true,
};
