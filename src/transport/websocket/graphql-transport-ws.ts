import { GRAPHQL_TRANSPORT_WS_PROTOCOL, validateMessage } from 'graphql-ws';
import { parseJson } from '../../core/exact-json.js';
import type { Subprotocol } from './subprotocol.js';

/** @see https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md */
export const GRAPHQL_TRANSPORT_WS: Subprotocol = {
  name: GRAPHQL_TRANSPORT_WS_PROTOCOL,
  resultType: 'next',
  stopMark: Buffer.from('"complete"'),
  startsEarly: false,
  hasPings: true,
  keepAlive: undefined,
  parse: (text) => validateMessage(parseJson(text)),
  refusal: () => undefined,
  error: (id, errors) => [JSON.stringify({ id, type: 'error', payload: errors })],
  /** In the payload of a `ping`, the only message of the protocol that has room for it. */
  position: (id, cursor, behind) =>
    JSON.stringify({ type: 'ping', payload: { position: { id, cursor, behind } } }),
};
