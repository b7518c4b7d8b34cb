/** A node of cel-js's AST, as far as walking it needs. */
export interface CelNode {
  readonly op: string;
  readonly args: unknown;
  /** The node's text is `source.slice(start, end)`. */
  readonly start: number;
  readonly end: number;
}

function isCelNode(value: unknown): value is CelNode {
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

/** The entries of a map literal with string literals as keys; `undefined`: another expression. */
export function asMapLiteral(
  node: CelNode,
): readonly { readonly name: string; readonly key: CelNode; readonly value: CelNode }[] | undefined {
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

/** The operands of nested `&&`, flattened: all must hold for the expression to hold. */
export function conjunctsOf(node: CelNode): readonly CelNode[] {
  return node.op === '&&' ? childrenOf(node).flatMap(conjunctsOf) : [node];
}
