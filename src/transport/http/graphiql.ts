import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { GraphiQLOptions } from 'graphql-yoga';

/** An operation that GraphiQL opens in a tab of its own. */
export interface GraphiQLExample {
  readonly title?: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface GraphiQL {
  readonly options: GraphiQLOptions;
  /** The page, with all that it needs in it: a browser asks no other host for anything. */
  render(options: GraphiQLOptions): string;
}

/** A tab as GraphiQL keeps it. */
interface Tab {
  readonly query: string;
  readonly variables: string | null;
  readonly headers: string | null;
}

// The tabs animate into place when the page opens, and jump back under the first click, which is then lost.
const STILL_TABS = '<style>.graphiql-tab { transform: none !important }</style>';

/** How GraphiQL opens: with a tab for each example, and subscriptions as event streams of this server. */
export function graphiql(title: string, examples: readonly GraphiQLExample[]): GraphiQL {
  const [first] = examples;
  return {
    options: {
      title,
      // A stream carries the headers of its tab, which a browser's WebSocket cannot.
      subscriptionsProtocol: 'GRAPHQL_SSE',
      ...(first !== undefined && { defaultQuery: titled(first), defaultTabs: examples.map(tab) }),
    },
    render: (options) => {
      const head = STILL_TABS + (first === undefined ? '' : firstVisit(tab(first)));
      return renderGraphiQL(options).replace('</head>', () => `${head}</head>`);
    },
  };
}

/**
 * What GraphiQL would have kept of an earlier visit to the first tab. Without it that tab opens without its
 * variables and headers, and a second window adds an empty tab.
 */
function firstVisit(first: Tab): string {
  // A `<` in the text could end the script.
  const kept = JSON.stringify(first).replaceAll('<', '\\u003c');
  return `<script>
    if (localStorage.getItem('graphiql:tabState') === null)
      for (const [name, text] of Object.entries(${kept}))
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

function titled({ title, query }: GraphiQLExample): string {
  return title === undefined ? query : `# ${title.replaceAll(/\s+/g, ' ')}\n${query}`;
}
