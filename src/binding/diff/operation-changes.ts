import { type ASTNode, findBreakingChanges, type GraphQLSchema } from 'graphql';
import { type Diagnostic, locationOf } from '../diagnostic.js';

/** Changes that make existing operations invalid, or give them results that they could not have before. */
export function operationChanges(before: GraphQLSchema, after: GraphQLSchema): readonly Diagnostic[] {
  return findBreakingChanges(before, after).map(({ description }) => {
    const node = changedNode(after, description) ?? changedNode(before, description);
    const location = locationOf(node) ?? { file: 'schema', line: 1, column: 1 };
    const problem = description.endsWith('.') ? description : `${description}.`;
    return { ...location, problem, hint: 'Existing operations may depend on it.' };
  });
}

/**
 * The definition that a description of graphql-js is about, which has no AST nodes: the field that it names
 * (`Type.field`), or else the type.
 */
function changedNode(schema: GraphQLSchema, description: string): ASTNode | undefined {
  const [, owner = '', fieldName = ''] = /\b(\w+)\.(\w+)\b/.exec(description) ?? [];
  const [, typeName = ''] =
    /\b(?:union|enum|input) type (\w+)/.exec(description) ?? /^(\w+)/.exec(description) ?? [];
  const type = schema.getType(owner || typeName);
  const fields = type && 'getFields' in type ? type.getFields() : {};
  const field = Object.hasOwn(fields, fieldName) ? fields[fieldName] : undefined;
  return field?.astNode ?? type?.astNode ?? undefined;
}
