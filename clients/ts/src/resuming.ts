/** A request, which clients serialise at each attempt to connect. */
interface Payload {
  extensions?: Record<string, unknown> | null | undefined;
}

interface Sink {
  next(result: never): void;
}

/** The part of a `graphql-ws` or `graphql-sse` client that is used here. */
interface SubscribingClient {
  subscribe(payload: never, sink: never, ...more: never[]): () => void;
}

/**
 * Makes all subscriptions of a `graphql-ws` or `graphql-sse` client resume where they were when the client reconnects. These
 * clients serialise the payload at each attempt; the wrapper writes the newest cursor into it once a result is handled. The
 * server's first result says where the subscription starts.
 *
 * When events are gone, the server's error `RESYNC_REQUIRED` ends the subscription and reaches its sink.
 *
 * @returns the client with another `subscribe`; its `iterate` does not resume
 */
export function resuming<Client extends SubscribingClient>(client: Client): Client {
  // The parts are those of the client's own signature, handed on as they are.
  const subscribe = client.subscribe as (payload: Payload, sink: Sink, ...more: unknown[]) => () => void;
  return {
    ...client,
    subscribe: (given: Payload, sink: Sink, ...more: unknown[]) => {
      // A copy: the payload may be used for another subscription.
      const position = new Position(given.extensions?.['after']);
      const extensions = { ...given.extensions, startCursor: true, after: position };
      return subscribe({ ...given, extensions }, resumingSink(position, sink), ...more);
    },
  };
}

/**
 * Serialises as the newest cursor at the time of each request. It is an object, because graphql-sse copies the payload once
 * in single connection mode.
 */
class Position {
  constructor(public cursor: unknown) {}

  toJSON(): unknown {
    return this.cursor;
  }
}

function resumingSink(position: Position, sink: Sink): Sink {
  return new Proxy(sink, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'next') return typeof value === 'function' ? value.bind(target) : value;
      return (result: { readonly extensions?: Readonly<Record<string, unknown>> | null }) => {
        const { cursor, start } = result.extensions ?? {};
        // A result with `start` only says where the subscription starts.
        if (start !== true) target.next(result as never); // What the client was given.
        if (typeof cursor === 'string') position.cursor = cursor;
      };
    },
  });
}
