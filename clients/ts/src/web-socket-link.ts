import { createClient } from 'graphql-ws/client';
import { ClientError, type ShownError } from './client-error.js';
import { lossOfClose } from './close-codes.js';
import type { Link, Loss, OpenLink, OperationSink, Result } from './link.js';

/** The part of a `WebSocket` that is used here: a browser's, Node's since 22, or that of the package `ws`. */
export interface Socket {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export type SocketClass = new (url: string, protocols?: string | string[]) => Socket;

const OPEN = 1;
/** Stands for a socket that could not be made. */
const DEAD: Socket = { readyState: 3, send: () => undefined, close: () => undefined };

/** Opens connections over WebSocket, each with one socket. `graphql-ws` speaks the protocol; its own retries are off. */
export function webSocketLinks(url: string, SocketImpl: SocketClass): OpenLink {
  return (credentials, listener): Link => {
    let socket: Socket | undefined;
    let isOver = false;
    let lastId = 0;
    const sinks = new Map<string, OperationSink>();
    const send = (message: string): void => {
      if (socket?.readyState === OPEN) socket.send(message);
    };
    /** @returns whether it was open until now */
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      // Before its own retries: graphql-ws reconnects after a close with 1000.
      void Promise.resolve(client.dispose()).catch(() => undefined);
      return true;
    };
    const lose = (loss: Loss): void => {
      if (end()) listener.lost(loss);
    };
    // Captured in the constructor: graphql-ws shows a socket only once it is open, and it may have to be closed before.
    const Captured = new Proxy(SocketImpl, {
      construct(target, [to, protocols]) {
        try {
          socket = new target(to, protocols);
          return socket;
        } catch (error) {
          // A page of https may not open `ws:`. Thrown in graphql-ws, this would be an unhandled rejection and nothing else.
          queueMicrotask(() => lose({ kind: 'retry', why: String(error) }));
          return DEAD;
        }
      },
    });
    const client = createClient({
      url,
      lazy: false,
      retryAttempts: 0,
      // `Captured` has all members of a browser's class, because it stands for one.
      webSocketImpl: Captured,
      // Its pong would send the payload of the ping, a position, back.
      disablePong: true,
      connectionParams: { ...credentials, positions: true, renews: true },
      generateID: () => String(lastId),
      onNonLazyError: () => undefined,
      on: {
        connected: (_socket, payload) => {
          const { heartbeatMs, renews } = (payload ?? {}) as Readonly<Record<string, unknown>>;
          const every = typeof heartbeatMs === 'number' ? heartbeatMs : undefined;
          if (!isOver) listener.opened(every, renews === true);
        },
        message: () => {
          if (!isOver) listener.heard();
        },
        ping: (received, payload) => {
          if (!received || isOver) return;
          send('{"type":"pong"}');
          const position = positionOf(payload);
          if (position !== undefined) sinks.get(position.id)?.position(position.cursor, position.behind);
          if (payload !== undefined && 'expiresAt' in payload) listener.renewal?.({ type: 'expiring' });
        },
        pong: (received, payload) => {
          const { renewed, error } = (payload ?? {}) as Readonly<Record<string, unknown>>;
          if (!received || isOver || typeof renewed !== 'boolean') return;
          const refusal = renewed ? undefined : ClientError.of([(error ?? {}) as ShownError]);
          listener.renewal?.({ type: 'renewed', error: refusal });
        },
        closed: (event) => lose(lossOf(event)),
        error: (error) => lose(lossOf(error)),
      },
    });
    return {
      start(operation, sink) {
        lastId += 1;
        const id = String(lastId);
        let isDone = false;
        const finish = (): boolean => {
          const first = !isDone && !isOver;
          isDone = true;
          sinks.delete(id);
          return first;
        };
        sinks.set(id, sink);
        const stop = client.subscribe(operation, {
          next: (result) => {
            // The protocol's results are GraphQL's.
            if (!isDone && !isOver) sink.next(result as Result);
          },
          error: (error) => {
            if (finish()) sink.error(shownErrors(error));
          },
          complete: () => {
            if (finish()) sink.complete();
          },
        });
        return () => {
          if (finish()) stop();
        };
      },
      probe: () => send('{"type":"ping"}'),
      renew: (renewed) => send(JSON.stringify({ type: 'ping', payload: { credentials: renewed } })),
      close() {
        if (end()) socket?.close(1000, 'Normal Closure');
      },
    };
  };
}

/** The position in the payload of a ping of the gateway. */
function positionOf(payload: unknown) {
  const { position } = (payload ?? {}) as { readonly position?: unknown };
  const { id, cursor, behind } = (position ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' || typeof cursor !== 'string') return undefined;
  return { id, cursor, behind: typeof behind === 'number' ? behind : 0 };
}

function lossOf(event: unknown): Loss {
  const { code, reason, message } = (event ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof code === 'number') return lossOfClose(code, typeof reason === 'string' ? reason : '');
  const why = typeof message === 'string' && message !== '' ? message : 'no connection could be made';
  return { kind: 'retry', why };
}

/** An `error` message has a list of errors; graphql-ws throws an `Error` for a message that it cannot read. */
function shownErrors(error: unknown): readonly ShownError[] {
  if (Array.isArray(error)) return error;
  return [{ message: error instanceof Error ? error.message : String(error) }];
}
