import { type ASTNode, getLocation, type StringValueNode } from 'graphql';

/** A place in a file of the project. `line` and `column` count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One error in a schema: where it is, what is wrong, and what to write instead. Whole sentences. */
export interface Diagnostic extends SourceLocation {
  readonly problem: string;
  /** How to fix it, or why it matters; absent where the problem says it all. */
  readonly hint?: string | undefined;
}

/** One line: `schema/shop.graphql:12:7  args has no field order. Its fields: id, orderId.` */
export function formatDiagnostic({ file, line, column, problem, hint }: Diagnostic): string {
  const text = hint === undefined ? problem : `${problem} ${hint}`;
  return `${file}:${line}:${column}  ${text}`;
}

/** Orders diagnostics by file, line and column. */
export function byLocation(a: SourceLocation, b: SourceLocation): number {
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column;
}

/** The location of diagnostics about the project's code, which has no AST nodes. */
const PROJECT_FILE = 'millrace.config.ts';

/**
 * Collects the diagnostics of a schema, so that one run reports all of them. Only the first one of each
 * location is kept: the checks go from the cause to its consequences.
 */
export class Diagnostics {
  readonly #byLocation = new Map<string, Diagnostic>();

  get isEmpty(): boolean {
    return this.#byLocation.size === 0;
  }

  /** Sorted by file and line. */
  list(): readonly Diagnostic[] {
    return [...this.#byLocation.values()].sort(byLocation);
  }

  add(diagnostic: Diagnostic): void {
    const { file, line, column, problem } = diagnostic;
    // All of the project's code shares one location.
    const key = file === PROJECT_FILE ? `${file} ${problem}` : `${file}:${line}:${column}`;
    if (!this.#byLocation.has(key)) this.#byLocation.set(key, diagnostic);
  }

  /** Adds a diagnostic at a node of the schema, or at the project's code when there is no node. */
  at(node: ASTNode | null | undefined, problem: string, hint?: string): void {
    this.add({ ...(locationOf(node) ?? { file: PROJECT_FILE, line: 1, column: 1 }), problem, hint });
  }

  /** Adds a diagnostic at the character `index` of a string's value. */
  inString(node: StringValueNode, index: number, problem: string, hint?: string): void {
    const { loc } = node;
    if (!loc) {
      this.at(node, problem, hint);
      return;
    }
    // The source has the value verbatim unless it has escapes, or a block string's indentation was removed.
    // Then the start of the string has to do.
    const start = loc.source.body.indexOf(node.value, loc.start);
    const isVerbatim = start >= 0 && start + node.value.length <= loc.end;
    const location = getLocation(loc.source, isVerbatim ? start + index : loc.start);
    this.add({ file: loc.source.name, ...location, problem, hint });
  }
}

/** Where a node starts; `undefined` for a node that was not parsed from a file. */
export function locationOf(node: ASTNode | null | undefined): SourceLocation | undefined {
  const loc = node?.loc;
  return loc && { file: loc.source.name, ...getLocation(loc.source, loc.start) };
}

/** `a, b, c` in alphabetical order, or `none`. */
export function nameList(names: Iterable<string>): string {
  return [...names].sort().join(', ') || 'none';
}
