import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { Selection } from './selection.js';
import { SelectionNormaliser } from './selection-normaliser.js';

/**
 * A subscription without what may be written in different ways: spacing, its name, fragments, fields that are selected
 * twice, what `@skip` and `@include` leave out, and where it starts. Subscriptions with equal text and variables get the
 * same results (C1).
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
    const root = this.#schema.getSubscriptionType() ?? undefined;
    const { bare, used, conditional } = normaliseOperation(this.#schema, document, operation, variables);
    const whole: DocumentNode = { kind: Kind.DOCUMENT, definitions: [withoutLocations(bare)] };
    const normalised = {
      document: whole,
      text: print(whole),
      variables: used,
      resolvers: hasResolvers(this.#schema, bare.selectionSet, root),
      selection: new Selection(this.#schema, whole),
    };
    if (!conditional) this.#known.set(operation, normalised);
    return normalised;
  }
}

/** @returns `conditional`: whether a variable decided what is left of the operation */
function normaliseOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  values: Readonly<Record<string, unknown>>,
): { bare: OperationDefinitionNode; used: ReadonlySet<string>; conditional: boolean } {
  const normaliser = new SelectionNormaliser(schema, fragmentsOf(document), values);
  const root = normaliser.normalise([operation.selectionSet], schema.getSubscriptionType() ?? undefined);
  const selectionSet = { ...root, selections: root.selections.map(withoutStart) };
  const { variableDefinitions = [] } = operation;
  const used = new Set<string>();
  if (variableDefinitions.length > 0)
    visit(selectionSet, { Variable: ({ name }) => void used.add(name.value) });
  const bare: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    operation: operation.operation,
    variableDefinitions: variableDefinitions.filter(({ variable }) => used.has(variable.name.value)),
    directives: operation.directives ?? [],
    selectionSet,
  };
  return { bare, used, conditional: normaliser.isConditional };
}

/**
 * The field that a valid subscription selects, in a fragment or not, as it was written. Several nodes of it are equal
 * but for their selections.
 */
export function rootFieldOf(
  document: DocumentNode,
  operation: OperationDefinitionNode,
): FieldNode | undefined {
  const fragments = fragmentsOf(document);
  const firstOf = ({ selections }: SelectionSetNode): FieldNode | undefined => {
    const [selection] = selections;
    if (selection?.kind === Kind.FIELD) return selection;
    const fragment =
      selection?.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
    return fragment && firstOf(fragment.selectionSet);
  };
  return firstOf(operation.selectionSet);
}

function fragmentsOf({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  return new Map(
    definitions.flatMap((one) =>
      one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [],
    ),
  );
}

/**
 * S1: a resolver sees the caller's claims, so its results are shared only among callers whose claims are all equal.
 * The resolvers of introspection fields do not look at claims.
 */
function hasResolvers(
  schema: GraphQLSchema,
  { selections }: SelectionSetNode,
  parent: GraphQLNamedType | undefined,
): boolean {
  return selections.some((selection) => {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const { typeCondition, selectionSet } = selection;
      const type = typeCondition === undefined ? parent : schema.getType(typeCondition.name.value);
      return hasResolvers(schema, selectionSet, type);
    }
    // The normaliser has replaced all spreads.
    if (selection.kind !== Kind.FIELD || !isCompositeType(parent)) return false;
    const name = selection.name.value;
    if (name.startsWith('__')) return false;
    // A field of an interface is resolved by the object type of the event.
    const objects = isAbstractType(parent) ? schema.getPossibleTypes(parent) : [parent];
    if (objects.some((type) => type.getFields()[name]?.resolve !== undefined)) return true;
    if (selection.selectionSet === undefined || !('getFields' in parent)) return false;
    const field = parent.getFields()[name];
    return field !== undefined && hasResolvers(schema, selection.selectionSet, getNamedType(field.type));
  });
}

/**
 * Nodes have locations in the document of the first subscriber. In errors that others get, those would be wrong, and each
 * keeps that document with all of its tokens (S4).
 */
function withoutLocations<Part>(part: Part): Part {
  if (Array.isArray(part)) return part.map(withoutLocations) as Part; // Each part as it was.
  if (typeof part !== 'object' || part === null) return part;
  const copy: Record<string, unknown> = {};
  // Nodes are plain objects. Without a list of their entries: they are much of what a subscription allocates (bench: fairness).
  for (const name in part) if (name !== 'loc') copy[name] = withoutLocations(part[name]);
  return copy as Part; // Everything but `loc`, which is optional.
}

/** Removes from the root field the arguments that say where it starts: a client that resumes shares results. */
function withoutStart(field: SelectionNode): SelectionNode {
  if (field.kind !== Kind.FIELD) return field;
  return {
    ...field,
    arguments: field.arguments?.filter(({ name }) => !START_ARGUMENTS.has(name.value)) ?? [],
  };
}
