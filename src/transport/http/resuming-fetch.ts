/**
 * A `fetch` for a page, whose event streams resume. When a stream ends without `complete`, because its node stops or the network
 * fails, it is requested again with the last id. GraphiQL's own client takes such an end for the end of the subscription, and
 * shows nothing.
 *
 * The page gets the text of this function, so it uses nothing but what browsers have.
 */
export function resumingFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  const RETRY_MS = 1_000;

  const isStream = (response: Response): boolean =>
    response.headers.get('content-type')?.startsWith('text/event-stream') === true;

  return async (input, init) => {
    const first = await fetch(input, init);
    if (!isStream(first) || first.body === null) return first;
    const signal = init?.signal ?? new AbortController().signal;
    let lastId = '';
    let isOver = false;

    /** The complete blocks of a stream: a block that was cut off is sent again. */
    async function* blocksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
      const reader = body.getReader();
      const decoder = new TextDecoder();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        rest += decoder.decode(value, { stream: true });
        const blocks = rest.split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          lastId = /^id: (.*)$/m.exec(block)?.[1] ?? lastId;
          if (/^event: complete$/m.test(block)) {
            // As for an EventSource: only this id means that nothing follows.
            isOver = lastId === 'over';
            if (!isOver) return;
          }
          yield `${block}\n\n`;
        }
      }
    }

    /** The stream from the last id on; undefined while the server is away. */
    async function again(): Promise<Response | undefined> {
      const headers = new Headers(init?.headers);
      if (lastId !== '') headers.set('last-event-id', lastId);
      const response = await fetch(input, { ...init, headers });
      return response.status < 500 ? response : undefined;
    }

    async function* resumed(): AsyncGenerator<string> {
      for (let response: Response | undefined = first; ; ) {
        try {
          if (response?.body && isStream(response)) yield* blocksOf(response.body);
          else if (response) {
            // A refusal, such as credentials that have expired: GraphiQL shows it as the last result.
            yield `event: next\ndata: ${await response.text()}\n\nevent: complete\ndata:\n\n`;
            return;
          }
        } catch (error) {
          if (signal.aborted) throw error;
        }
        if (isOver) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        signal.throwIfAborted();
        response = await again().catch(() => undefined);
      }
    }

    const texts = resumed();
    const body = new ReadableStream<string>({
      async pull(controller) {
        const { done, value } = await texts.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
    return new Response(body.pipeThrough(new TextEncoderStream()), first);
  };
}
