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
}

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
  };
}

function tab(example: GraphiQLExample): { query: string; variables: string | null; headers: string | null } {
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
