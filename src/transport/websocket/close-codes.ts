/**
 * Every code with which this server closes a WebSocket: what it means, and whether a client should reconnect
 * by itself. Codes of 44xx belong to graphql-transport-ws. docs/protocol.md is written from this table.
 */
export const CLOSE_CODES = {
  TERMINATED: {
    code: 1000,
    retry: false,
    reason: 'Terminated',
    means: 'The client sent `connection_terminate` (subprotocol `graphql-ws` only).',
  },
  GOING_AWAY: {
    code: 1001,
    retry: true,
    reason: 'Going away',
    means: 'The node stops. Resume on another node.',
  },
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
    means: 'The client did not read for too long. Resume with the last cursors.',
  },
  // Not 1011, which graphql-ws takes for final: what is this server's trouble passes.
  TRY_AGAIN: {
    code: 1013,
    retry: true,
    reason: 'Try again later',
    means: 'The credentials cannot be verified at the moment, or all connections of this node are in use.',
  },
  INTERNAL: {
    code: 1013,
    retry: true,
    reason: 'Internal error',
    means: 'An unexpected error on this server. Its log has the details.',
  },
  BAD_REQUEST: {
    code: 4400,
    retry: false,
    reason: 'Invalid message',
    means: 'A message violates the protocol.',
  },
  UNAUTHORIZED: {
    code: 4401,
    retry: false,
    reason: 'Unauthorized',
    means: '`subscribe` was sent before `connection_ack`, or `start` before `connection_init`.',
  },
  FORBIDDEN: {
    code: 4403,
    retry: false,
    reason: 'Forbidden',
    means: 'The credentials are missing or invalid. Reconnect only with other ones.',
  },
  CREDENTIALS_EXPIRED: {
    code: 4403,
    retry: true,
    reason: 'Credentials expired',
    means: 'The credentials have expired. Reconnect with new ones and resume.',
  },
  CREDENTIALS_REVOKED: {
    code: 4403,
    retry: false,
    reason: 'Credentials revoked',
    means: 'The credentials were revoked. Reconnect only with other ones.',
  },
  SUBPROTOCOL: {
    code: 4406,
    retry: false,
    reason: 'Subprotocol not acceptable',
    means: 'The client offers no subprotocol that the server supports (`TRANSPORTS`).',
  },
  INIT_TIMEOUT: {
    code: 4408,
    retry: true,
    reason: 'Connection initialisation timeout',
    means: '`connection_init` was not sent in time.',
  },
  DUPLICATE_ID: {
    code: 4409,
    retry: false,
    reason: 'Subscriber already exists',
    means: 'An operation with this id is still running.',
  },
  SECOND_INIT: {
    code: 4429,
    retry: false,
    reason: 'Too many initialisation requests',
    means: '`connection_init` was sent twice.',
  },
} as const satisfies Record<string, { code: number; retry: boolean; reason: string; means: string }>;

export type CloseReason = keyof typeof CLOSE_CODES;
