import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { Selection } from './selection.js';

/**
 * A subscription without what may be written in different ways: spacing, its name, fragments (inlined), what `@skip`
 * and `@include` leave out, and where it starts. Subscriptions with equal text and variables get the same results
 * (C1).
 */
interface NormalisedDocument {
  readonly document: DocumentNode;
  readonly text: string;
  /** The names of the variables that it uses. */
  readonly variables: ReadonlySet<string>;
  /** Whether resolvers make a part of the result: those may depend on the caller. */
  readonly resolvers: boolean;
  /** Compiled once for all cohorts with this document. */
  readonly selection: Selection;
}

const START_ARGUMENTS: ReadonlySet<string> = new Set(['after', 'since']);
const CONDITIONS: ReadonlySet<string> = new Set(['skip', 'include']);

/** Normalises documents, and keeps the result for as long as the document is in use. */
export class DocumentNormaliser {
  readonly #schema: GraphQLSchema;
  /** Only of operations without conditions: those are the same for all variables. */
  readonly #known = new WeakMap<OperationDefinitionNode, NormalisedDocument>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  /** @param variables coerced, with defaults */
  normalise(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Readonly<Record<string, unknown>>,
  ): NormalisedDocument {
    const known = this.#known.get(operation);
    if (known !== undefined) return known;
    const { bare, used, conditional } = normaliseOperation(document, operation, variables);
    const whole: DocumentNode = { kind: Kind.DOCUMENT, definitions: [bare] };
    const normalised = {
      document: whole,
      text: print(whole),
      variables: used,
      resolvers: hasResolvers(this.#schema, whole),
      selection: new Selection(this.#schema, whole),
    };
    if (!conditional) this.#known.set(operation, normalised);
    return normalised;
  }
}

/** @returns `conditional`: whether a variable decided what is left of the operation */
function normaliseOperation(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  values: Readonly<Record<string, unknown>>,
): { bare: OperationDefinitionNode; used: ReadonlySet<string>; conditional: boolean } {
  const fragments = new Map(
    document.definitions.flatMap((one) =>
      one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [],
    ),
  );
  let conditional = false;
  const holds = (directive: DirectiveNode): boolean => {
    const condition = directive.arguments?.[0]?.value;
    if (condition?.kind === Kind.VARIABLE) {
      conditional = true;
      return values[condition.name.value] === true;
    }
    return condition?.kind === Kind.BOOLEAN && condition.value;
  };
  const isLeftOut = ({ directives = [] }: SelectionNode): boolean =>
    directives.some(
      (one) => (one.name.value === 'skip' && holds(one)) || (one.name.value === 'include' && !holds(one)),
    );
  const selections = (set: SelectionSetNode, isRoot: boolean): SelectionSetNode => ({
    kind: Kind.SELECTION_SET,
    selections: set.selections.flatMap((one) => (isLeftOut(one) ? [] : [selection(one, isRoot)])),
  });
  const selection = (one: SelectionNode, isRoot: boolean): SelectionNode => {
    const directives = one.directives?.filter(({ name }) => !CONDITIONS.has(name.value)) ?? [];
    if (one.kind === Kind.FRAGMENT_SPREAD) return spread(fragments.get(one.name.value), one, directives);
    if (one.selectionSet === undefined) return { ...rooted(one, isRoot), directives };
    const inner = selections(one.selectionSet, false);
    if (one.kind === Kind.INLINE_FRAGMENT) return { ...one, directives, selectionSet: inner };
    return { ...rooted(one, isRoot), directives, selectionSet: inner };
  };
  const spread = (
    fragment: FragmentDefinitionNode | undefined,
    one: SelectionNode,
    directives: readonly DirectiveNode[],
  ): SelectionNode => {
    if (fragment === undefined) return one; // A validated document has it.
    const { typeCondition, selectionSet } = fragment;
    const inner = selections(selectionSet, false);
    return { kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet: inner };
  };
  const selectionSet = selections(operation.selectionSet, true);
  const used = new Set<string>();
  visit(selectionSet, { Variable: ({ name }) => void used.add(name.value) });
  const bare: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    operation: operation.operation,
    variableDefinitions:
      operation.variableDefinitions?.filter(({ variable }) => used.has(variable.name.value)) ?? [],
    directives: operation.directives ?? [],
    selectionSet,
  };
  return { bare, used, conditional };
}

/**
 * S1: a resolver sees the caller's claims, so its results are shared only among callers whose claims are all equal.
 * The resolvers of introspection fields do not look at claims.
 */
function hasResolvers(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let found = false;
  const Field = ({ name: { value: name } }: FieldNode): void => {
    const parent = types.getParentType();
    if (name.startsWith('__') || !parent) return;
    // A field of an interface is resolved by the object type of the event.
    const objects = isAbstractType(parent) ? schema.getPossibleTypes(parent) : [parent];
    if (objects.some((type) => 'getFields' in type && type.getFields()[name]?.resolve !== undefined))
      found = true;
  };
  visit(document, visitWithTypeInfo(types, { Field }));
  return found;
}

/** Removes from the root field the arguments that say where it starts: a client that resumes shares results. */
function rooted(field: FieldNode, isRoot: boolean): FieldNode;
function rooted(field: SelectionNode, isRoot: boolean): SelectionNode;
function rooted(field: SelectionNode, isRoot: boolean): SelectionNode {
  if (!isRoot || field.kind !== Kind.FIELD) return field;
  const left = field.arguments?.filter(({ name }) => !START_ARGUMENTS.has(name.value)) ?? [];
  return { ...field, arguments: left };
}
