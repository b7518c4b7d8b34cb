/**
 * Every code with which this server closes a WebSocket: what it means, and whether a client should connect
 * again by itself. 44xx are those of graphql-transport-ws; docs/protocol.md is written from this table.
 */
export const CLOSE_CODES = {
  GOING_AWAY: { code: 1001, retry: true, reason: 'Going away', means: 'The node stops. Resume elsewhere.' },
  INTERNAL: { code: 1011, retry: true, reason: 'Internal error', means: 'A fault of this server.' },
  RESTART: {
    code: 1012,
    retry: true,
    reason: 'Service restart',
    means: 'The node restarts. Resume with the last cursors.',
  },
  SLOW_CONSUMER: {
    code: 1013,
    retry: true,
    reason: 'Slow consumer',
    means: 'The client took nothing for too long. Resume with the last cursors.',
  },
  BAD_REQUEST: {
    code: 4400,
    retry: false,
    reason: 'Invalid message',
    means: 'A message is not one of the protocol.',
  },
  UNAUTHORIZED: {
    code: 4401,
    retry: false,
    reason: 'Unauthorized',
    means: '`subscribe` came before `connection_ack`.',
  },
  FORBIDDEN: { code: 4403, retry: false, reason: 'Forbidden', means: 'The credentials do not hold.' },
  CREDENTIALS_EXPIRED: {
    code: 4403,
    retry: true,
    reason: 'Credentials expired',
    means: 'The credentials have ended. Connect again with new ones and resume.',
  },
  SUBPROTOCOL: {
    code: 4406,
    retry: false,
    reason: 'Subprotocol not acceptable',
    means: 'Only graphql-transport-ws is spoken here.',
  },
  INIT_TIMEOUT: {
    code: 4408,
    retry: true,
    reason: 'Connection initialisation timeout',
    means: '`connection_init` did not come in time.',
  },
  DUPLICATE_ID: {
    code: 4409,
    retry: false,
    reason: 'Subscriber already exists',
    means: 'An operation with this id still runs.',
  },
  SECOND_INIT: {
    code: 4429,
    retry: false,
    reason: 'Too many initialisation requests',
    means: '`connection_init` came twice.',
  },
} as const satisfies Record<string, { code: number; retry: boolean; reason: string; means: string }>;

export type CloseReason = keyof typeof CLOSE_CODES;
