/** What a run executes: an operation as GraphiQL's tab had it when it was started. */
export interface PlaygroundOperation {
  readonly endpoint: string;
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  /** Of the editor of headers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly kind: 'query' | 'mutation' | 'subscription';
}

/** As clients of GraphQL over HTTP send it. */
export function bodyOf(
  { query, operationName, variables }: PlaygroundOperation,
  extensions?: object,
): string {
  return JSON.stringify({ query, operationName, variables, extensions });
}
