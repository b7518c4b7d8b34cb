import { asFieldSelection, asIdentifier, type CelNode, childrenOf } from './ast.js';

/** The fields of one variable that an expression reads; `'all'` when it uses the variable as a whole. */
export type Reads = ReadonlySet<string> | 'all';

/**
 * What an expression reads, by variable. The iteration variable of a macro (`list.exists(x, …)`) that shadows
 * a variable counts as it: the result may name too much, never too little.
 */
export function readsOf(root: CelNode): ReadonlyMap<string, Reads> {
  const reads = new Map<string, Set<string> | 'all'>();
  const walk = (node: CelNode): void => {
    const selection = asFieldSelection(node);
    const variable = selection && asIdentifier(selection.operand);
    if (selection !== undefined && variable !== undefined) {
      const fields = reads.get(variable) ?? new Set();
      if (fields !== 'all') fields.add(selection.field);
      reads.set(variable, fields);
      return;
    }
    const whole = asIdentifier(node);
    if (whole !== undefined) reads.set(whole, 'all');
    for (const child of childrenOf(node)) walk(child);
  };
  walk(root);
  return reads;
}

/** What any of several expressions reads of `variable`. */
export function unionOfReads(
  variable: string,
  expressions: readonly ({ readonly reads: ReadonlyMap<string, Reads> } | undefined)[],
): Reads {
  const fields = new Set<string>();
  for (const expression of expressions) {
    const reads = expression?.reads.get(variable);
    if (reads === 'all') return 'all';
    for (const field of reads ?? []) fields.add(field);
  }
  return fields;
}
