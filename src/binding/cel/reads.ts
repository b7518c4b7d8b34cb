/** A node of CEL's syntax tree, as far as walking it needs. */
export interface CelNode {
  readonly op: string;
  readonly args: unknown;
  readonly start: number;
  readonly end: number;
}

export function isCelNode(value: unknown): value is CelNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value && 'start' in value;
}

/** The nodes right below. */
export function childrenOf(node: CelNode): readonly CelNode[] {
  const found: CelNode[] = [];
  const look = (value: unknown): void => {
    if (isCelNode(value)) found.push(value);
    else if (Array.isArray(value)) for (const item of value) look(item);
  };
  look(node.args);
  return found;
}

/** The root and name of `root.name` or `root["name"]`. */
export function asFieldSelection(node: CelNode): readonly [root: CelNode, name: string] | undefined {
  if ((node.op !== '.' && node.op !== '[]') || !Array.isArray(node.args)) return undefined;
  const [root, name]: unknown[] = node.args;
  if (!isCelNode(root)) return undefined;
  if (typeof name === 'string') return [root, name];
  if (isCelNode(name) && name.op === 'value' && typeof name.args === 'string') return [root, name.args];
  return undefined;
}

/** What an expression reads of one variable: these names of it, or `'all'` when it is used whole. */
export type Reads = ReadonlySet<string> | 'all';

/**
 * What an expression reads of each of its variables. A variable of a macro that has the name of one of
 * these counts as it: too much may be named, never too little.
 */
export function readsOf(tree: CelNode): ReadonlyMap<string, Reads> {
  const reads = new Map<string, Set<string> | 'all'>();
  const walk = (node: CelNode): void => {
    const member = asFieldSelection(node);
    if (member && member[0].op === 'id' && typeof member[0].args === 'string') {
      const known = reads.get(member[0].args) ?? new Set();
      if (known !== 'all') known.add(member[1]);
      reads.set(member[0].args, known);
      return;
    }
    if (node.op === 'id' && typeof node.args === 'string') reads.set(node.args, 'all');
    for (const child of childrenOf(node)) walk(child);
  };
  walk(tree);
  return reads;
}

/** Both together. */
export function joinReads(a: Reads, b: Reads): Reads {
  return a === 'all' || b === 'all' ? 'all' : new Set([...a, ...b]);
}
