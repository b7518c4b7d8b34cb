import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** Characters of a fragment whose variables cost about as much to check as one comparison of two fields. */
const CHARACTERS_PER_STEP = 16;

/**
 * Whether validation of a document takes more than `limit` steps beyond those for its length. Most rules take a time that
 * is linear in the document's length, which its number of tokens bounds. Two kinds do not (S4):
 *
 * - whether fields can be merged (GraphQL, section 5.3.2): fields with one response name are compared in pairs, and
 *   each with those of the fragments beside it. A step is one such comparison. The count follows graphql-js's rule
 *   (`OverlappingFieldsCanBeMergedRule`) without looking at types, and stops at the limit;
 * - whether variables are defined and used (section 5.8): every operation looks through all fragments that it reaches.
 */
export function exceedsValidationCost(document: DocumentNode, limit: number): boolean {
  // Most documents are short, and counting takes about as long as parsing (bench: fairness).
  if (2 * (document.tokenCount ?? Infinity) ** 2 <= limit && !mayHaveFragments(document)) return false;
  try {
    new StepCounter(document, limit).count();
    return false;
  } catch (error) {
    if (error === LIMIT_REACHED) return true;
    throw error;
  }
}

/**
 * Without fragments, each pair of fields is compared once at the most, with its arguments, and each field then costs as many steps
 * as it has fields. That is less than twice the square of the number of tokens.
 */
function mayHaveFragments({ loc }: DocumentNode): boolean {
  return loc === undefined || loc.source.body.includes('...');
}

const LIMIT_REACHED = new Error('The limit of steps is reached');

/** The fields of a selection set by response name, and the fragments that it spreads. Inline fragments are part of it. */
interface Collected {
  readonly fields: Map<string, FieldNode[]>;
  readonly spreads: Set<string>;
  /** The fragments that it has been compared with. */
  readonly compared: Set<string>;
}

class StepCounter {
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #operations: OperationDefinitionNode[] = [];
  readonly #collected = new Map<SelectionSetNode, Collected>();
  /** Pairs of fragments that have been compared. */
  readonly #compared = new Set<string>();
  #left: number;

  constructor({ definitions }: DocumentNode, limit: number) {
    this.#left = limit;
    for (const definition of definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION)
        this.#fragments.set(definition.name.value, definition);
      else if (definition.kind === Kind.OPERATION_DEFINITION) this.#operations.push(definition);
    }
  }

  /** @throws LIMIT_REACHED */
  count(): void {
    for (const { selectionSet } of [...this.#fragments.values(), ...this.#operations])
      this.#visit(selectionSet);
    for (const operation of this.#operations) this.#reach(operation);
  }

  #spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw LIMIT_REACHED;
  }

  #visit(set: SelectionSetNode): void {
    const collected = this.#collect(set);
    this.#within(collected);
    for (const fields of collected.fields.values())
      for (const { selectionSet } of fields) if (selectionSet !== undefined) this.#visit(selectionSet);
  }

  #within(collected: Collected): void {
    for (const fields of collected.fields.values())
      for (const [i, field] of fields.entries())
        for (let j = i + 1; j < fields.length; j++) this.#pair(field, fields[j]);
    const names = [...collected.spreads];
    if (collected.fields.size === 0 && names.length < 2) return;
    for (const [i, name] of names.entries()) {
      this.#withFragment(collected, name);
      for (let j = i + 1; j < names.length; j++) this.#fragmentPair(name, names[j]);
    }
  }

  #pair(one: FieldNode, other: FieldNode | undefined): void {
    this.#spend(1 + (one.arguments?.length ?? 0));
    if (one.selectionSet === undefined || other?.selectionSet === undefined) return;
    const [a, b] = [this.#collect(one.selectionSet), this.#collect(other.selectionSet)];
    this.#between(a, b);
    for (const name of b.spreads) this.#withFragment(a, name);
    for (const name of a.spreads) this.#withFragment(b, name);
    for (const name of a.spreads) for (const with_ of b.spreads) this.#fragmentPair(name, with_);
  }

  #between(a: Collected, b: Collected): void {
    this.#spend(a.fields.size);
    for (const [name, fields] of a.fields)
      for (const other of b.fields.get(name) ?? []) for (const field of fields) this.#pair(field, other);
  }

  #withFragment(collected: Collected, name: string): void {
    this.#spend(1);
    if (collected.fields.size === 0 || collected.compared.has(name)) return;
    collected.compared.add(name);
    const fragment = this.#ofFragment(name);
    if (fragment === undefined || fragment === collected) return;
    this.#between(collected, fragment);
    for (const nested of fragment.spreads) this.#withFragment(collected, nested);
  }

  #fragmentPair(name: string, other: string | undefined): void {
    this.#spend(1);
    if (other === undefined || name === other) return;
    const pair = name < other ? `${name} ${other}` : `${other} ${name}`;
    if (this.#compared.has(pair)) return;
    this.#compared.add(pair);
    const [a, b] = [this.#ofFragment(name), this.#ofFragment(other)];
    if (a === undefined || b === undefined) return;
    this.#between(a, b);
    for (const nested of b.spreads) this.#fragmentPair(name, nested);
    for (const nested of a.spreads) this.#fragmentPair(nested, other);
  }

  /** Every fragment that an operation reaches, once. */
  #reach({ selectionSet }: OperationDefinitionNode): void {
    const reached = new Set<string>();
    this.#addSpreads(selectionSet, reached);
    // A set also iterates over what is added meanwhile.
    for (const name of reached) {
      const fragment = this.#fragments.get(name);
      if (fragment === undefined) continue;
      const { start = 0, end = 0 } = fragment.loc ?? {};
      this.#spend(1 + (end - start) / CHARACTERS_PER_STEP);
      this.#addSpreads(fragment.selectionSet, reached);
    }
  }

  #addSpreads(set: SelectionSetNode, to: Set<string>): void {
    const { fields, spreads } = this.#collect(set);
    for (const name of spreads) to.add(name);
    for (const group of fields.values())
      for (const { selectionSet } of group)
        if (selectionSet !== undefined) this.#addSpreads(selectionSet, to);
  }

  #ofFragment(name: string): Collected | undefined {
    const fragment = this.#fragments.get(name);
    return fragment && this.#collect(fragment.selectionSet);
  }

  #collect(set: SelectionSetNode): Collected {
    const known = this.#collected.get(set);
    if (known !== undefined) return known;
    const collected: Collected = { fields: new Map(), spreads: new Set(), compared: new Set() };
    this.#collected.set(set, collected);
    collectInto(collected, set);
    return collected;
  }
}

function collectInto(collected: Collected, { selections }: SelectionSetNode): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) collected.spreads.add(selection.name.value);
    else if (selection.kind === Kind.INLINE_FRAGMENT) collectInto(collected, selection.selectionSet);
    else {
      const name = (selection.alias ?? selection.name).value;
      const fields = collected.fields.get(name);
      if (fields === undefined) collected.fields.set(name, [selection]);
      else fields.push(selection);
    }
  }
}
