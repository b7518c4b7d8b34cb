/** A request, as clients serialise it again at each attempt to connect. */
interface Payload {
  extensions?: Record<string, unknown> | null | undefined;
}

interface Sink {
  next(result: never): void;
}

/** A client of `graphql-ws` or `graphql-sse`, as far as it is used here. */
interface SubscribingClient {
  subscribe(payload: never, sink: never, ...more: never[]): () => void;
}

/**
 * For those who keep their own client: the subscriptions of a `graphql-ws` or `graphql-sse` client, whoever starts them,
 * resume where they were whenever the client connects again. Such a client serialises its payload at each attempt; the
 * newest cursor is written into it once a result is handled. The server says first where a subscription starts.
 *
 * When events are gone, the server's error `RESYNC_REQUIRED` ends the subscription, and reaches its sink.
 *
 * @returns the same client but for `subscribe`; its `iterate` does not resume
 */
export function resuming<Client extends SubscribingClient>(client: Client): Client {
  // The parts are those of the client's own signature, handed on as they are.
  const subscribe = client.subscribe as (payload: Payload, sink: Sink, ...more: unknown[]) => () => void;
  return {
    ...client,
    subscribe: (given: Payload, sink: Sink, ...more: unknown[]) => {
      // A copy: the payload may be used for another subscription.
      const payload = { ...given, extensions: { ...given.extensions, startCursor: true } };
      return subscribe(payload, resumingSink(payload, sink), ...more);
    },
  };
}

function resumingSink(payload: { extensions: Record<string, unknown> }, sink: Sink): Sink {
  return new Proxy(sink, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'next') return typeof value === 'function' ? value.bind(target) : value;
      return (result: { readonly extensions?: Readonly<Record<string, unknown>> | null }) => {
        const { cursor, start } = result.extensions ?? {};
        // It only says where the subscription starts.
        if (start !== true) target.next(result as never); // What the client was given.
        if (typeof cursor === 'string') payload.extensions['after'] = cursor;
      };
    },
  });
}
