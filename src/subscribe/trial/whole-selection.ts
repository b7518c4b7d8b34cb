import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** S4: how many fields are selected; types may be nested so that there are very many. */
const MAX_FIELDS = 2_000;
const MAX_DEPTH = 12;

interface WholeSelection {
  readonly set: SelectionSetNode;
  /** The coordinates of fields that are not selected, because code resolves them, or because they need arguments. */
  readonly leftOut: ReadonlySet<string>;
  /** Whether there was not room for all fields. */
  readonly isCut: boolean;
}

/** Selects all data of an event. Fields that code of the project resolves are left out: it may have effects. */
export function wholeSelection(schema: GraphQLSchema, type: GraphQLObjectType): WholeSelection {
  const leftOut = new Set<string>();
  let fields = 0;
  let isCut = false;

  function setOf(of: GraphQLOutputType, path: readonly string[]): SelectionSetNode | undefined {
    const named = getNamedType(of);
    const selections: SelectionNode[] = [TYPENAME];
    if (isObjectType(named)) selections.push(...fieldsOf(named, path));
    if (isAbstractType(named)) {
      for (const possible of schema.getPossibleTypes(named)) {
        const set = {
          kind: Kind.SELECTION_SET,
          selections: [TYPENAME, ...fieldsOf(possible, path)],
        } as const;
        selections.push({ kind: Kind.INLINE_FRAGMENT, typeCondition: nameOf(possible), selectionSet: set });
      }
    }
    return { kind: Kind.SELECTION_SET, selections };
  }

  function fieldsOf(object: GraphQLObjectType, path: readonly string[]): readonly FieldNode[] {
    return Object.values(object.getFields()).flatMap((field): FieldNode[] => {
      if (field.resolve !== undefined || field.args.some(isRequiredArgument)) {
        leftOut.add(`${object.name}.${field.name}`);
        return [];
      }
      fields += 1;
      if (fields > MAX_FIELDS || path.length >= MAX_DEPTH) {
        isCut = true;
        return [];
      }
      const name = { kind: Kind.NAME, value: field.name } as const;
      // Types that share a response name may disagree on its type; execution needs no agreement.
      if (isLeafType(getNamedType(field.type))) return [{ kind: Kind.FIELD, name }];
      const selectionSet = setOf(field.type, [...path, object.name]);
      return selectionSet === undefined ? [] : [{ kind: Kind.FIELD, name, selectionSet }];
    });
  }

  const set = { kind: Kind.SELECTION_SET, selections: [TYPENAME, ...fieldsOf(type, [])] } as const;
  return { set, leftOut, isCut };
}

const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

const nameOf = ({ name }: GraphQLObjectType) =>
  ({ kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: name } }) as const;
