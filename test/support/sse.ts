/** A result of a subscription as a client has it. */
export interface SseResult {
  readonly data?: Readonly<Record<string, { readonly text: string } | null>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[];
  readonly extensions?: { readonly event?: Readonly<Record<string, unknown>>; readonly cursor: string };
}

/** A subscription over SSE. */
export interface SseClient {
  readonly results: readonly SseResult[];
  /** The newest cursor. */
  readonly cursor: string | undefined;
}

/** Runs subscriptions over SSE until it is disposed of, each on a connection of its own. */
export function subscribed(
  url: string,
  queries: readonly string[],
): AsyncDisposable & { readonly all: readonly SseClient[] } {
  const stop = new AbortController();
  const clients = queries.map((query) => {
    const results: SseResult[] = [];
    const done = follow(url, query, results, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
    return { results, done };
  });
  const all = clients.map(({ results }) => ({
    results,
    get cursor() {
      return results.at(-1)?.extensions?.cursor;
    },
  }));
  return {
    all,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await Promise.all(clients.map(({ done }) => done));
    },
  };
}

async function follow(url: string, query: string, results: SseResult[], signal: AbortSignal): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query, extensions: { eventContext: true } }),
    signal,
  });
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = /^data: ?(.*)$/m.exec(text.slice(0, end))?.[1];
      if (data) results.push(JSON.parse(data));
      text = text.slice(end + 2);
    }
  }
}
