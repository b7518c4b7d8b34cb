import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { GraphiQLPage } from './graphiql-page.js';
import { resumingFetch } from './resuming-fetch.js';

/** An operation that GraphiQL opens in its own tab. */
export interface GraphiQLExample {
  readonly title?: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A tab as GraphiQL stores it. */
interface Tab {
  readonly query: string;
  readonly variables: string | null;
  readonly headers: string | null;
}

/** As many whole words as half of a small window shows, or one that is longer. */
const LINE = /\S.{0,54}(?=\s|$)|\S+/g;

// GraphiQL animates its tabs when the page opens. A first click during the animation misses its target.
const STILL_TABS = '<style>.graphiql-tab { transform: none !important }</style>';

// GraphiQL's client calls `fetch` of the page at each request.
const RESUMING_STREAMS = `<script>globalThis.fetch = (${resumingFetch})(globalThis.fetch.bind(globalThis));</script>`;

/**
 * GraphiQL with a tab for each example, which runs subscriptions as event streams. Its scripts and styles are inline:
 * a browser loads nothing from other hosts. They are 9 MB.
 */
export function graphiql(title: string, examples: readonly GraphiQLExample[]): GraphiQLPage {
  return new GraphiQLPage(() => render(title, examples));
}

function render(title: string, examples: readonly GraphiQLExample[]): string {
  const [first] = examples;
  const html = renderGraphiQL({
    title,
    // A stream sends the headers of its tab. A browser's WebSocket cannot send any.
    subscriptionsProtocol: 'GRAPHQL_SSE',
    ...(first !== undefined && { defaultQuery: titled(first), defaultTabs: examples.map(tab) }),
  });
  const head = STILL_TABS + RESUMING_STREAMS + (first === undefined ? '' : firstVisit(tab(first)));
  return html.replace('</head>', () => `${head}</head>`);
}

/**
 * Stores what GraphiQL would have stored on an earlier visit. Without it the first tab opens without its
 * variables and headers, and a second window adds an empty tab.
 */
function firstVisit(first: Tab): string {
  // A `</script>` in the text would end the script.
  const stored = JSON.stringify(first).replaceAll('<', '\\u003c');
  return `<script>
    if (localStorage.getItem('graphiql:tabState') === null)
      for (const [name, text] of Object.entries(${stored}))
        if (text !== null) localStorage.setItem('graphiql:' + name, text);
  </script>`;
}

function tab(example: GraphiQLExample): Tab {
  const { variables, headers } = example;
  return {
    query: titled(example),
    variables: variables === undefined ? null : JSON.stringify(variables, null, 2),
    headers: headers === undefined ? null : JSON.stringify(headers, null, 2),
  };
}

/** The title stands above the query, as comments of lines that fit into the editor. */
function titled({ title = '', query }: GraphiQLExample): string {
  const lines = title.replaceAll(/\s+/g, ' ').match(LINE) ?? [];
  return [...lines.map((line) => `# ${line.trim()}`), query].join('\n');
}
