import { type ASTNode, getLocation, type StringValueNode } from 'graphql';

/** One thing that is wrong in a schema, and where. `line` and `column` count from 1. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly found: string;
  readonly expected: string;
}

/** `schema/shop.graphql:12:7  found …; expected …` */
export function formatDiagnostic({ file, line, column, found, expected }: Diagnostic): string {
  return `${file}:${line}:${column}  found ${found}; expected ${expected}`;
}

/** Where diagnostics are said of what no file of the schema says. */
const PROJECT_FILE = 'millrace.config.ts';

/** Gathers all diagnostics of a schema, so that one run shows all of them. At each place the first one counts. */
export class Diagnostics {
  readonly #byPlace = new Map<string, Diagnostic>();

  get any(): boolean {
    return this.#byPlace.size > 0;
  }

  /** In the order of files and lines. */
  list(): readonly Diagnostic[] {
    return [...this.#byPlace.values()].sort(
      (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column,
    );
  }

  add(diagnostic: Diagnostic): void {
    const { file, line, column } = diagnostic;
    const place = file === PROJECT_FILE ? `${file} ${diagnostic.found}` : `${file}:${line}:${column}`;
    if (!this.#byPlace.has(place)) this.#byPlace.set(place, diagnostic);
  }

  /** A mistake at a node of the schema, or in the project's code where there is no node. */
  at(node: ASTNode | null | undefined, found: string, expected: string): void {
    const loc = node?.loc;
    if (!loc) {
      this.add({ file: PROJECT_FILE, line: 1, column: 1, found, expected });
      return;
    }
    this.add({ file: loc.source.name, ...getLocation(loc.source, loc.start), found, expected });
  }

  /** A mistake at a character of a string's value. */
  within(node: StringValueNode, index: number, found: string, expected: string): void {
    const loc = node.loc;
    if (!loc) {
      this.at(node, found, expected);
      return;
    }
    // Exact only where the value stands in the source as it is: no escapes, no stripped indentation.
    const start = loc.source.body.indexOf(node.value, loc.start);
    const exact = start >= 0 && start + node.value.length <= loc.end;
    const place = getLocation(loc.source, exact ? start + index : loc.start);
    this.add({ file: loc.source.name, ...place, found, expected });
  }
}

/** `a, b, c` in order of name, or `nothing`. */
export function nameList(all: Iterable<string>): string {
  return [...all].sort().join(', ') || 'nothing';
}
