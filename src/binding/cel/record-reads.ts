import { asBinding, asFieldSelection, asIdentifier, type CelNode, childrenOf } from './ast.js';
import type { ExpressionError } from './constant-errors.js';
import { print } from './print.js';

/** The names of what an expression reads of records beside what every event has of its own. */
export interface MetadataReads {
  readonly headers: ReadonlySet<string>;
  /** Attributes of CloudEvents: extensions, and `subject`. */
  readonly attributes: ReadonlySet<string>;
}

export const NO_METADATA: MetadataReads = { headers: new Set(), attributes: new Set() };

export function unionOfMetadata(reads: readonly MetadataReads[]): MetadataReads {
  return {
    headers: new Set(reads.flatMap(({ headers }) => [...headers])),
    attributes: new Set(reads.flatMap(({ attributes }) => [...attributes])),
  };
}

/** What an expression reads of records. */
export function metadataReads(node: CelNode): MetadataReads {
  const selection = asFieldSelection(node);
  const texts = selection && textsOf(selection.operand);
  const field = new Set(selection && [selection.field]);
  if (texts === 'headers') return { ...NO_METADATA, headers: field };
  const isSubject = isOfRecord(node) && selection?.field === 'subject';
  if (texts === 'extensions' || isSubject) return { ...NO_METADATA, attributes: field };
  return unionOfMetadata(seesRecord(node).map(metadataReads));
}

/** Whether an expression reads `record`. */
export function readsRecord(node: CelNode): boolean {
  return asIdentifier(node) === 'record' || seesRecord(node).some(readsRecord);
}

/** The children of a node but for those in which a variable of a macro hides `record`, and that variable. */
function seesRecord(node: CelNode): readonly CelNode[] {
  const binding = asBinding(node);
  return binding?.variable === 'record' ? [binding.range] : childrenOf(node);
}

const isOfRecord = (node: CelNode): boolean => {
  const selection = asFieldSelection(node);
  return selection !== undefined && asIdentifier(selection.operand) === 'record';
};

/** `headers` for the node `record.headers`. */
function textsOf(node: CelNode): 'headers' | 'extensions' | undefined {
  const field = isOfRecord(node) ? asFieldSelection(node)?.field : undefined;
  return field === 'headers' || field === 'extensions' ? field : undefined;
}

/** CloudEvents 1.0.2, "Attribute Naming Convention". */
export const ATTRIBUTE_NAME = /^[a-z0-9]+$/;

/**
 * `record.headers[args.name]`, and `record` or `record.headers` as a whole. What events carry of their records is known at
 * start, by name.
 */
export function findUnnamedMetadata(node: CelNode): ExpressionError | undefined {
  if (asIdentifier(node) === 'record')
    return {
      start: node.start,
      problem: 'record is used as a whole.',
      hint: 'Write record with a field, such as record.key.',
    };
  const texts = textsOf(node);
  if (texts !== undefined) {
    const example = texts === 'headers' ? "record.headers['x-tenant']" : 'record.extensions.tenant';
    const problem = `${print(node)} is used as a whole: what is read of it has to be named.`;
    return {
      start: node.start,
      problem,
      hint: `Write ${example}, with != null instead of has() in brackets.`,
    };
  }
  const selection = asFieldSelection(node);
  const parent = selection && textsOf(selection.operand);
  if (parent === 'extensions' && !ATTRIBUTE_NAME.test(selection?.field ?? '')) {
    const problem = `CloudEvents have no extension ${selection?.field}: names are of lower-case letters and digits.`;
    return { start: node.start, problem, hint: 'Write the name of an extension, or read a header.' };
  }
  // Named: what it is selected from is not used as a whole.
  if (parent !== undefined || isOfRecord(node)) return undefined;
  for (const child of seesRecord(node)) {
    const found = findUnnamedMetadata(child);
    if (found !== undefined) return found;
  }
  return undefined;
}
