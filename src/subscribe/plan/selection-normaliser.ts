import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  type InlineFragmentNode,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** A field with all nodes that are merged into it, or a fragment that applies to a part of the possible types. */
type Item =
  | { readonly kind: 'field'; readonly nodes: FieldNode[] }
  | { readonly kind: 'fragment'; readonly on: string; readonly sets: SelectionSetNode[] };

const CONDITIONS: ReadonlySet<string> = new Set(['skip', 'include']);

/**
 * Writes selections in one of the many ways that have the same result: CollectFields (GraphQL specification, section
 * 6.3.2), ahead of execution. What `@skip` and `@include` leave out is gone, fields with one response name are one,
 * and fragments stand only where they apply to some of the possible types. The order of the results stays.
 */
export class SelectionNormaliser {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #values: Readonly<Record<string, unknown>>;
  #isConditional = false;

  /** @param values the variables of the operation, coerced */
  constructor(
    schema: GraphQLSchema,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    values: Readonly<Record<string, unknown>>,
  ) {
    this.#schema = schema;
    this.#fragments = fragments;
    this.#values = values;
  }

  /** Whether a variable decided what is left. */
  get isConditional(): boolean {
    return this.#isConditional;
  }

  /** @param sets the selections of fields that are merged */
  normalise(sets: readonly SelectionSetNode[], parent: GraphQLNamedType | undefined): SelectionSetNode {
    const items: Item[] = [];
    // By response name. A field before a fragment is not merged with one after it: the order would change.
    const open = new Map<string, FieldNode[]>();
    const collect = (selection: SelectionNode): void => {
      if (this.#isLeftOut(selection)) return;
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        const same = open.get(name);
        if (same !== undefined) return void same.push(selection);
        const nodes = [selection];
        open.set(name, nodes);
        items.push({ kind: 'field', nodes });
        return;
      }
      const { on, set } = this.#fragment(selection);
      const applies = on === undefined ? 'always' : this.#applies(parent, on);
      if (applies === 'always') set?.selections.forEach(collect);
      if (applies !== 'sometimes' || on === undefined || set === undefined) return;
      const last = items.at(-1);
      if (last?.kind === 'fragment' && last.on === on) last.sets.push(set);
      else items.push({ kind: 'fragment', on, sets: [set] });
      open.clear();
    };
    for (const { selections } of sets) selections.forEach(collect);
    const selections = items.map((item) =>
      item.kind === 'field'
        ? this.#field(item.nodes, parent)
        : inlineFragment(item.on, this.normalise(item.sets, this.#schema.getType(item.on))),
    );
    return { kind: Kind.SELECTION_SET, selections };
  }

  #field(nodes: readonly FieldNode[], parent: GraphQLNamedType | undefined): FieldNode {
    const [first] = nodes;
    if (first === undefined) throw new Error('A field without a node');
    const directives = first.directives?.filter(({ name }) => !CONDITIONS.has(name.value)) ?? [];
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    if (sets.length === 0) return { ...first, directives };
    const field = parent !== undefined && 'getFields' in parent && parent.getFields()[first.name.value];
    const type = field ? getNamedType(field.type) : undefined;
    return {
      ...first,
      directives,
      selectionSet: this.normalise(sets, isCompositeType(type) ? type : undefined),
    };
  }

  #fragment(selection: Exclude<SelectionNode, FieldNode>): {
    on: string | undefined;
    set: SelectionSetNode | undefined;
  } {
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value);
    return { on: fragment?.typeCondition?.name.value, set: fragment?.selectionSet };
  }

  #applies(parent: GraphQLNamedType | undefined, on: string): 'always' | 'sometimes' | 'never' {
    if (parent === undefined) return 'sometimes';
    if (parent.name === on) return 'always';
    const type = this.#schema.getType(on);
    if (isObjectType(parent))
      return isAbstractType(type) && this.#schema.isSubType(type, parent) ? 'always' : 'never';
    if (!isAbstractType(parent) || !isAbstractType(type)) return 'sometimes';
    const possible = this.#schema.getPossibleTypes(parent);
    return possible.every((one) => this.#schema.isSubType(type, one)) ? 'always' : 'sometimes';
  }

  #isLeftOut({ directives = [] }: SelectionNode): boolean {
    return directives.some(
      (one) =>
        (one.name.value === 'skip' && this.#holds(one)) ||
        (one.name.value === 'include' && !this.#holds(one)),
    );
  }

  #holds(directive: DirectiveNode): boolean {
    const condition = directive.arguments?.[0]?.value;
    if (condition?.kind === Kind.VARIABLE) {
      this.#isConditional = true;
      return this.#values[condition.name.value] === true;
    }
    return condition?.kind === Kind.BOOLEAN && condition.value;
  }
}

function inlineFragment(on: string, selectionSet: SelectionSetNode): InlineFragmentNode {
  const typeCondition = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: on } } as const;
  return { kind: Kind.INLINE_FRAGMENT, typeCondition, directives: [], selectionSet };
}
