import type { Example } from './settings.js';

/** A tab as GraphiQL opens it. */
export interface ExampleTab {
  readonly query: string;
  readonly variables: string | null;
  readonly headers: string | null;
}

/** As many whole words as half of a small window shows, or one that is longer. */
const LINE = /\S.{0,54}(?=\s|$)|\S+/g;

const json = (value: object | undefined): string | null =>
  value === undefined ? null : JSON.stringify(value, null, 2);

export function exampleTabs(examples: readonly Example[]): readonly ExampleTab[] {
  return examples.map(({ title = '', query, variables, headers }) => ({
    query: titled(title, query),
    variables: json(variables),
    headers: json(headers),
  }));
}

/** The title stands above the query, as comments of lines that fit into the editor. */
function titled(title: string, query: string): string {
  const lines = title.replaceAll(/\s+/g, ' ').match(LINE) ?? [];
  return [...lines.map((line) => `# ${line.trim()}`), query].join('\n');
}

/** A tab as GraphiQL keeps it in the browser's storage: without its headers, which may be secret. */
interface StoredTab {
  readonly query?: string | null;
  readonly headers?: string | null;
}

/** Gives the tabs of a former visit that still hold an example the headers of that example, which are no secret. */
export function withExampleHeaders(stored: string, tabs: readonly ExampleTab[]): string {
  let state: { readonly tabs?: readonly StoredTab[] };
  try {
    state = JSON.parse(stored);
  } catch {
    return stored; // GraphiQL opens its default tabs instead.
  }
  if (!Array.isArray(state?.tabs)) return stored;
  const filled = state.tabs.map((tab: StoredTab) => {
    const example = tab.headers ? undefined : tabs.find(({ query }) => query === tab.query);
    return example?.headers ? { ...tab, headers: example.headers } : tab;
  });
  return JSON.stringify({ ...state, tabs: filled });
}
