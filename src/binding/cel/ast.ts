/** A node of cel-js's AST, as far as walking it needs. */
export interface CelNode {
  readonly op: string;
  readonly args: unknown;
  /** Of the first character. The node's text is `print(node)`: positions leave out outer parentheses. */
  readonly start: number;
}

export function isCelNode(value: unknown): value is CelNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value && 'start' in value;
}

/** The direct children of a node, in source order. cel-js nests them in arrays for maps and calls. */
export function childrenOf(node: CelNode): readonly CelNode[] {
  const children: CelNode[] = [];
  const collect = (value: unknown): void => {
    if (isCelNode(value)) children.push(value);
    else if (Array.isArray(value)) for (const item of value) collect(item);
  };
  collect(node.args);
  return children;
}

/** A field selection: `operand.field` or `operand["field"]`. `undefined`: the node is another expression. */
export function asFieldSelection(
  node: CelNode,
): { readonly operand: CelNode; readonly field: string } | undefined {
  if ((node.op !== '.' && node.op !== '[]') || !Array.isArray(node.args)) return undefined;
  const [operand, field]: unknown[] = node.args;
  if (!isCelNode(operand)) return undefined;
  if (typeof field === 'string') return { operand, field };
  if (isCelNode(field) && field.op === 'value' && typeof field.args === 'string')
    return { operand, field: field.args };
  return undefined;
}

/** The variable that a node names; `undefined`: the node is another expression. */
export function asIdentifier(node: CelNode): string | undefined {
  return node.op === 'id' && typeof node.args === 'string' ? node.args : undefined;
}

/** The value of a literal; `undefined`: another expression. */
export function asLiteral(node: CelNode): { readonly value: unknown } | undefined {
  return node.op === 'value' ? { value: node.args } : undefined;
}

/** A call `name(…)`, or `receiver.name(…)`. `undefined`: another expression. */
export function asCall(node: CelNode):
  | {
      readonly name: string;
      readonly receiver: CelNode | undefined;
      readonly operands: readonly CelNode[];
    }
  | undefined {
  if ((node.op !== 'call' && node.op !== 'rcall') || !Array.isArray(node.args)) return undefined;
  const children = childrenOf(node);
  const name = String(node.args[0]);
  if (node.op === 'call') return { name, receiver: undefined, operands: children };
  return { name, receiver: children[0], operands: children.slice(1) };
}

/** A macro that binds a variable: to each element of a list or key of a map, or to one value. */
export interface Binding {
  readonly macro: string;
  readonly variable: string;
  /** What is iterated over, or the value of `cel.bind`. Does not see the variable. */
  readonly range: CelNode;
  /** What sees the variable: a predicate, a transformation, or both. */
  readonly body: readonly CelNode[];
}

const COMPREHENSIONS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

/** `list.exists(x, …)` and the like, or `cel.bind(x, value, …)`. `undefined`: another expression. */
export function asBinding(node: CelNode): Binding | undefined {
  const call = asCall(node);
  if (call?.receiver === undefined) return undefined;
  const { name: macro, receiver, operands } = call;
  const [first, ...others] = operands;
  const variable = first && asIdentifier(first);
  if (variable === undefined || others[0] === undefined) return undefined;
  if (macro === 'bind' && asIdentifier(receiver) === 'cel' && others.length === 2)
    return { macro, variable, range: others[0], body: others.slice(1) };
  if (!COMPREHENSIONS.has(macro) || others.length > (macro === 'map' ? 2 : 1)) return undefined;
  return { macro, variable, range: receiver, body: others };
}

export interface MapEntry {
  readonly name: string;
  readonly key: CelNode;
  readonly value: CelNode;
}

/** The entries of a map literal with string literals as keys; `undefined`: another expression. */
export function asMapLiteral(node: CelNode): readonly MapEntry[] | undefined {
  if (node.op !== 'map' || !Array.isArray(node.args)) return undefined;
  const entries = [];
  for (const entry of node.args) {
    const [key, value]: unknown[] = Array.isArray(entry) ? entry : [];
    if (!isCelNode(key) || !isCelNode(value) || typeof key.args !== 'string' || key.op !== 'value')
      return undefined;
    entries.push({ name: key.args, key, value });
  }
  return entries;
}

/** The operands of nested `op`, flattened: of `&&`, all must hold for the expression to hold. */
export function operandsOf(op: '&&' | '||', node: CelNode): readonly CelNode[] {
  if (node.op !== op) return [node];
  // A loop, not recursion: a chain may have as many operands as an expression has nodes.
  const operands: CelNode[] = [];
  const pending = [node];
  for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
    if (one.op === op) pending.push(...childrenOf(one).toReversed());
    else operands.push(one);
  }
  return operands;
}
