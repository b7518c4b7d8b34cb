import { ClientError, type ShownError } from './client-error.js';
import { lossOfClose } from './close-codes.js';
import type { Link, Loss, OpenLink, OperationSink, Result } from './link.js';

/** The part of a `WebSocket` that is used here: a browser's, Node's since 22, or that of the package `ws`. */
export interface Socket {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: object) => void): void;
}

export type SocketClass = new (url: string, protocols?: string | string[]) => Socket;

const OPEN = 1;

/** A message of the protocol, as a server sends it. */
interface Message {
  readonly type?: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/**
 * Opens connections over WebSocket, each with one socket.
 * @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 */
export function webSocketLinks(url: string, SocketImpl: SocketClass): OpenLink {
  return (credentials, listener): Link => {
    let socket: Socket | undefined;
    let isOver = false;
    let isAcknowledged = false;
    let lastId = 0;
    const sinks = new Map<string, OperationSink>();
    const send = (message: string): void => {
      if (socket?.readyState === OPEN) socket.send(message);
    };
    /** @returns whether it was open until now */
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      socket?.close(1000, 'Normal Closure');
      return true;
    };
    const lose = (loss: Loss): void => {
      if (end()) listener.lost(loss);
    };
    const onMessage = (message: Message): void => {
      const { type, id = '', payload } = message;
      const sink = sinks.get(id);
      switch (type) {
        case 'connection_ack': {
          if (isAcknowledged) return;
          isAcknowledged = true;
          const { heartbeatMs, renews } = (payload ?? {}) as Readonly<Record<string, unknown>>;
          listener.opened(typeof heartbeatMs === 'number' ? heartbeatMs : undefined, renews === true);
          return;
        }
        case 'ping': {
          send('{"type":"pong"}');
          const position = positionOf(payload);
          if (position !== undefined) sinks.get(position.id)?.position(position.cursor, position.behind);
          if (typeof payload === 'object' && payload !== null && 'expiresAt' in payload)
            listener.renewal?.({ type: 'expiring' });
          return;
        }
        case 'pong': {
          const { renewed, error } = (payload ?? {}) as Readonly<Record<string, unknown>>;
          if (typeof renewed !== 'boolean') return;
          const refusal = renewed ? undefined : ClientError.of([(error ?? {}) as ShownError]);
          listener.renewal?.({ type: 'renewed', error: refusal });
          return;
        }
        case 'next':
          sink?.next(payload as Result); // The protocol's results are GraphQL's.
          return;
        case 'error':
          sinks.delete(id);
          sink?.error(Array.isArray(payload) ? payload : []);
          return;
        case 'complete':
          sinks.delete(id);
          sink?.complete();
          return;
        default:
          throw new TypeError(`the server sent a message of the type ${String(type)}`);
      }
    };
    const on = (type: string, handle: (event: Readonly<Record<string, unknown>>) => void): void =>
      socket?.addEventListener(type, (event) => {
        // Events have properties, which are checked where they are used.
        if (!isOver) handle(event as Readonly<Record<string, unknown>>);
      });
    try {
      socket = new SocketImpl(url, 'graphql-transport-ws');
    } catch (error) {
      // A page of https may not open `ws:`. Nobody listens before `open` has returned.
      queueMicrotask(() => lose({ kind: 'retry', why: String(error) }));
    }
    on('open', () => {
      const payload = { ...credentials, positions: true, renews: true, eventContext: true };
      send(JSON.stringify({ type: 'connection_init', payload }));
    });
    on('message', ({ data }) => {
      listener.heard();
      try {
        onMessage(JSON.parse(String(data)));
      } catch (error) {
        lose({ kind: 'retry', why: String(error) });
      }
    });
    for (const type of ['close', 'error']) on(type, (event) => lose(lossOf(event)));
    return {
      start(operation, sink) {
        lastId += 1;
        const id = String(lastId);
        sinks.set(id, sink);
        send(JSON.stringify({ id, type: 'subscribe', payload: operation }));
        return () => {
          if (!isOver && sinks.delete(id)) send(JSON.stringify({ id, type: 'complete' }));
        };
      },
      probe: () => send('{"type":"ping"}'),
      renew: (renewed) => send(JSON.stringify({ type: 'ping', payload: { credentials: renewed } })),
      close() {
        end();
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
