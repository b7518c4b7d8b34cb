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

/** How many elements a list is assumed to have. */
const ASSUMED_LIST_LENGTH = 10;

/**
 * The cost of the most expensive operation of a valid document. Each field costs one, and the selection of a
 * list's elements counts ten times. A fragment counts wherever it is spread: a few tokens of spreads in spreads
 * can ask for billions of fields, even of introspection (S4). Each fragment is visited once, so the time is
 * linear in the document's length.
 */
export function costOf(schema: GraphQLSchema, document: DocumentNode): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations: OperationDefinitionNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
  }
  const fragmentCosts = new Map<string, number>();

  const ofFragment = (name: string): number => {
    const known = fragmentCosts.get(name);
    if (known !== undefined) return known;
    const fragment = fragments.get(name);
    const type = fragment && schema.getType(fragment.typeCondition.name.value);
    const cost = fragment === undefined ? 0 : ofSelections(fragment.selectionSet, type);
    fragmentCosts.set(name, cost);
    return cost;
  };

  const ofSelections = (set: SelectionSetNode, type: GraphQLNamedType | undefined): number => {
    let cost = 0;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) cost += ofFragment(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const { typeCondition } = selection;
        cost += ofSelections(
          selection.selectionSet,
          typeCondition ? schema.getType(typeCondition.name.value) : type,
        );
      } else {
        cost += 1;
        if (selection.selectionSet === undefined) continue;
        const field = fieldType(type, selection.name.value);
        const isList = field !== undefined && isListType(getNullableType(field));
        const elements = isList ? ASSUMED_LIST_LENGTH : 1;
        cost += elements * ofSelections(selection.selectionSet, field && getNamedType(field));
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
  // A union has no field but `__typename`, which has no selection.
  return isObjectType(type) || (isAbstractType(type) && 'getFields' in type)
    ? type.getFields()[name]?.type
    : undefined;
}
