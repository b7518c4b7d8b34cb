import { MessageType, type SubscribePayload } from 'graphql-ws';
import { MAX_ID_CHARACTERS } from '../operation-id.js';
import type { CloseReason } from './close-codes.js';
import type { ClientMessage } from './subprotocol.js';

/** How far the handshake of a connection has got. */
export type Phase = 'opened' | 'authenticating' | 'acknowledged';

/** What the connection has to do about a message. */
export type Effect =
  | { readonly do: 'nothing' }
  | { readonly do: 'authenticate'; readonly params: Readonly<Record<string, unknown>> }
  | { readonly do: 'pong'; readonly payload: Readonly<Record<string, unknown>> | undefined }
  /** Another `authenticate`, on the open connection. `presented` is not checked. */
  | { readonly do: 'renew'; readonly presented: unknown }
  | { readonly do: 'start'; readonly id: string; readonly payload: SubscribePayload }
  | { readonly do: 'refuse'; readonly id: string }
  | { readonly do: 'stop'; readonly id: string }
  | { readonly do: 'close'; readonly reason: CloseReason; readonly detail?: string };

export interface Step {
  readonly phase: Phase;
  readonly effect: Effect;
}

/** The ids of the operations that run on the connection. */
export interface Running {
  has(id: string): boolean;
  readonly size: number;
}

/**
 * The server's side of graphql-transport-ws as a function, without sockets and timers. Other subprotocols are translated to
 * it (`subprotocol.ts`).
 * @param limit operations that may run at the same time
 * @see https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md
 */
export function onMessage(phase: Phase, message: ClientMessage, running: Running, limit: number): Step {
  switch (message.type) {
    case MessageType.ConnectionInit:
      if (phase !== 'opened') return { phase, effect: { do: 'close', reason: 'SECOND_INIT' } };
      return { phase: 'authenticating', effect: { do: 'authenticate', params: message.payload ?? {} } };
    case MessageType.Ping:
      // Never echoed: a credential belongs into no message of a server.
      if (message.payload !== undefined && Object.hasOwn(message.payload, 'credentials'))
        return { phase, effect: { do: 'renew', presented: message.payload['credentials'] } };
      return { phase, effect: { do: 'pong', payload: message.payload } };
    case MessageType.Pong:
      return { phase, effect: { do: 'nothing' } };
    case MessageType.Subscribe:
      return { phase, effect: onSubscribe(phase, message.id, message.payload, running, limit) };
    case MessageType.Complete:
      // The id is unknown when both sides complete at the same time. The protocol requires that it is ignored.
      return { phase, effect: running.has(message.id) ? { do: 'stop', id: message.id } : { do: 'nothing' } };
    case 'connection_terminate':
      return { phase, effect: { do: 'close', reason: 'TERMINATED' } };
    default:
      return {
        phase,
        effect: { do: 'close', reason: 'BAD_REQUEST', detail: `Only a server may send \`${message.type}\`` },
      };
  }
}

/** The credentials are valid. */
export function onAuthenticated(): 'acknowledged' {
  return 'acknowledged';
}

function onSubscribe(
  phase: Phase,
  id: string,
  payload: SubscribePayload,
  running: Running,
  limit: number,
): Effect {
  if (phase !== 'acknowledged') return { do: 'close', reason: 'UNAUTHORIZED' };
  if (id.length > MAX_ID_CHARACTERS) {
    const detail = `An id has ${id.length} characters; at most ${MAX_ID_CHARACTERS} are allowed`;
    return { do: 'close', reason: 'BAD_REQUEST', detail };
  }
  if (running.has(id))
    return { do: 'close', reason: 'DUPLICATE_ID', detail: `Subscriber for ${id} already exists` };
  if (running.size >= limit) return { do: 'refuse', id };
  return { do: 'start', id, payload };
}
