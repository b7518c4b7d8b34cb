import { MessageType, validateMessage } from 'graphql-ws';
import { parseJson } from '../../core/exact-json.js';
import { positionResult } from '../../subscribe/delivery/result-layout.js';
import type { ClientMessage, Subprotocol } from './subprotocol.js';

/** What the client's messages are called in graphql-transport-ws. Their payloads are the same. */
const TRANSLATIONS: Readonly<Record<string, MessageType>> = {
  connection_init: MessageType.ConnectionInit,
  start: MessageType.Subscribe,
  stop: MessageType.Complete,
};

/**
 * The old subprotocol, of the package subscriptions-transport-ws, which is not maintained: the default of Apollo Kotlin 4
 * and of Go's hasura client. Its name is that of the package which replaced it. What clients rely on beyond its text:
 *
 * - Apollo Kotlin takes the first message for the answer to `connection_init`, so nothing may come before it.
 * - Apollo Kotlin expects an object as the payload of `error`, and fails on a list; the package's own client reads the
 *   `errors` of it.
 * - Go's client starts an operation again after a reconnect unless it was told `complete`, also after `error`.
 * - The package's client takes a connection for dead when no `ka` comes for 30 s after the first one, and sends operations
 *   without waiting for the acknowledgement.
 *
 * @see https://github.com/apollographql/subscriptions-transport-ws/blob/master/PROTOCOL.md
 */
export const GRAPHQL_WS: Subprotocol = {
  name: 'graphql-ws',
  resultType: 'data',
  stopMark: Buffer.from('"stop"'),
  startsEarly: true,
  hasPings: false,
  keepAlive: '{"type":"ka"}',
  parse,
  refusal: (message) => JSON.stringify({ type: 'connection_error', payload: { message } }),
  error: (id, errors) => [
    JSON.stringify({ id, type: 'error', payload: { ...errors[0], errors } }),
    JSON.stringify({ id, type: 'complete' }),
  ],
  position: (id, cursor, behind) =>
    `{"id":${JSON.stringify(id)},"type":"data","payload":${positionResult(cursor, behind)}}`,
};

function parse(text: Buffer): ClientMessage {
  const message: unknown = parseJson(text);
  if (typeof message !== 'object' || message === null || !('type' in message))
    throw new Error('A message needs a `type`');
  const { type } = message;
  if (type === 'connection_terminate') return { type };
  const translated = typeof type === 'string' && Object.hasOwn(TRANSLATIONS, type) && TRANSLATIONS[type];
  if (!translated) throw new Error(`Clients send no ${JSON.stringify(type)} in the subprotocol graphql-ws`);
  return validateMessage({ ...message, type: translated });
}
