import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from 'graphql';

/** How many elements a list is taken to have. */
const LIST = 10;

/**
 * What the costliest operation of a valid document asks for: each field counts one, and what is asked of a
 * list's elements counts for ten of them. Fragments count wherever they are spread: a few tokens can ask
 * for billions of fields, of introspection alone (S4).
 */
export function costOf(schema: GraphQLSchema, document: DocumentNode): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations: OperationDefinitionNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
  }
  const known = new Map<string, number>();

  const ofFragment = (name: string): number => {
    const remembered = known.get(name);
    if (remembered !== undefined) return remembered;
    const fragment = fragments.get(name);
    const type = fragment && schema.getType(fragment.typeCondition.name.value);
    const cost = fragment === undefined ? 0 : ofSelections(fragment.selectionSet, type);
    known.set(name, cost);
    return cost;
  };

  const ofSelections = (set: SelectionSetNode, type: GraphQLNamedType | undefined): number => {
    let cost = 0;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) cost += ofFragment(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const on = selection.typeCondition;
        cost += ofSelections(selection.selectionSet, on ? schema.getType(on.name.value) : type);
      } else {
        cost += 1;
        if (selection.selectionSet === undefined) continue;
        const field = fieldType(type, selection.name.value);
        const many = field !== undefined && isListType(getNullableType(field)) ? LIST : 1;
        cost += many * ofSelections(selection.selectionSet, field && getNamedType(field));
      }
    }
    return cost;
  };

  const costs = operations.map(({ operation, selectionSet }) =>
    ofSelections(selectionSet, schema.getRootType(operation) ?? undefined),
  );
  return Math.max(0, ...costs);
}

function fieldType(type: GraphQLNamedType | undefined, name: string): GraphQLOutputType | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef.type;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef.type;
  // A union has no fields but `__typename`, which asks for nothing more.
  return isObjectType(type) || (isAbstractType(type) && 'getFields' in type)
    ? type.getFields()[name]?.type
    : undefined;
}
