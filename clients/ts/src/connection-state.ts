import { backoffMs } from './backoff.js';
import type { Loss, Transport } from './link.js';
import { IDLE_RENEWAL, onRenewalInput, type Renewal, type RenewalInput } from './renewal-state.js';

/**
 * The connection of a client: a state, and a pure function for each thing that can happen to it.
 *
 * | state                      | input                                         | next                             | effect  |
 * |----------------------------|-----------------------------------------------|----------------------------------|---------|
 * | idle                       | wanted                                        | connecting                       | dial    |
 * | connecting                 | opened                                        | connected                        |         |
 * | connecting over SSE        | opened, after failed handshakes of WebSocket  | connecting over WebSocket        | redial  |
 * | connecting, connected      | lost, and it may pass                         | waiting, with back-off           | wait    |
 * | connecting, connected      | lost: credentials are refused                 | needs-auth, with back-off        | wait    |
 * | connecting, connected      | lost: a retry cannot succeed                  | closed                           |         |
 * | waiting, needs-auth        | elapsed, or woken (page visible, online)      | connecting                       | dial    |
 * | needs-auth                 | there are other credentials                   | connecting                       | dial    |
 * | connected                  | woken                                         | connected                        | probe   |
 * | connected                  | the credentials expire soon                   | connected                        | renew   |
 * | connected                  | there are other credentials                   | connected                        | renew   |
 * | connected                  | renewed, or refused                           | connected                        |         |
 * | connected                  | not renewed for now                           | connected                        | wait    |
 * | connected                  | elapsed, after that                           | connected                        | renew   |
 * | connected                  | other credentials, and no renewal is possible | connecting                       | redial  |
 * | any but closed             | unwanted: the last subscription has ended     | idle                             | hang up |
 * | any                        | closed by its owner                           | closed                           | hang up |
 *
 * `renewal-state.ts` has the renewal of credentials, which no state shows: subscriptions go on meanwhile.
 *
 * Every other input leaves the state as it is: a timer may fire late, and a closed client stays closed.
 */
export type ConnectionState =
  | { readonly state: 'idle' }
  | { readonly state: 'connecting'; readonly over: Transport }
  | { readonly state: 'connected'; readonly over: Transport }
  /** Until a time, in milliseconds since 1970. */
  | { readonly state: 'waiting'; readonly until: number; readonly because: string }
  /** The server refused the credentials. Those that `credentials` gives are tried from time to time. */
  | { readonly state: 'needs-auth'; readonly until: number; readonly because: string }
  /** Final. `because`: the server's reason; `undefined`: `close()` was called. */
  | { readonly state: 'closed'; readonly because: string | undefined };

/** What is remembered from one attempt to the next. */
export interface Attempts {
  /** How many in a row failed, or were lost soon after they were connected. */
  readonly failures: number;
  /** How many in a row failed over WebSocket before they were connected. */
  readonly blocked: number;
  /** On the monotonic clock. */
  readonly connectedAt: number | undefined;
  /** Until when WebSockets count as blocked, on the monotonic clock. */
  readonly sseUntil: number;
  /** The renewal of the connection's credentials while it is open. */
  readonly renewal: Renewal | undefined;
  /**
   * Handshakes fail also while the server is away. `http`: the next attempt finds out whether it is there. `websocket`: it is
   * there, and the handshake that follows at once decides. Otherwise a server that starts just now would count as one whose
   * WebSockets are blocked, and a browser opens only six streams of SSE.
   */
  readonly check: 'none' | 'http' | 'websocket';
}

export interface Connection {
  readonly now: ConnectionState;
  readonly attempts: Attempts;
}

export type ConnectionInput =
  | { readonly type: 'wanted' | 'unwanted' | 'woken' | 'close' }
  /** `renews`: the server can renew the credentials of an open connection. */
  | { readonly type: 'opened'; readonly renews?: boolean }
  | RenewalInput
  | { readonly type: 'lost'; readonly loss: Loss };

export type ConnectionEffect =
  | { readonly do: 'dial'; readonly over: Transport }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'probe' }
  | { readonly do: 'renew' }
  | { readonly do: 'hang-up' };

export interface ConnectionStep {
  readonly connection: Connection;
  readonly effects: readonly ConnectionEffect[];
}

/** What the function needs to know besides state and input. */
export interface Circumstances {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Milliseconds of a monotonic clock: a changed system clock must not make a connection count as dead or alive. */
  readonly monotonic: number;
  /** From 0 to 1. */
  readonly random: number;
  /** Which transports may be used, the preferred one first. */
  readonly transports: readonly Transport[];
}

/** The loss of a connection that lasted this long begins a new series of attempts. */
const STABLE_MS = 5_000;
/** After this many failed handshakes in a row the client finds out whether WebSockets are blocked. */
const FAILED_HANDSHAKES = 2;
/** How long they count as blocked. */
const SSE_MEMORY_MS = 5 * 60_000;

export const IDLE: Connection = {
  now: { state: 'idle' },
  attempts: {
    failures: 0,
    blocked: 0,
    connectedAt: undefined,
    sseUntil: 0,
    renewal: undefined,
    check: 'none',
  },
};

export function onConnectionInput(
  connection: Connection,
  input: ConnectionInput,
  at: Circumstances,
): ConnectionStep {
  const { now, attempts } = connection;
  const stays: ConnectionStep = { connection, effects: [] };
  if (now.state === 'closed') return stays;
  switch (input.type) {
    case 'wanted':
      return now.state === 'idle' ? dial(attempts, at) : stays;
    case 'opened': {
      if (now.state !== 'connecting') return stays;
      const { over } = now;
      if (over === 'sse' && attempts.check === 'http')
        return withHangUp(dial({ ...attempts, check: 'websocket' }, at));
      const blocked = over === 'websocket' ? 0 : attempts.blocked;
      return {
        connection: {
          now: { state: 'connected', over },
          attempts: {
            ...attempts,
            blocked,
            check: 'none',
            connectedAt: at.monotonic,
            renewal: input.renews ? IDLE_RENEWAL : undefined,
          },
        },
        effects: [],
      };
    }
    case 'lost':
      return now.state === 'connecting' || now.state === 'connected'
        ? lost(now, attempts, input.loss, at)
        : stays;
    case 'elapsed':
      return isPausing(now) ? dial(attempts, at) : renewed(connection, input, at);
    case 'expiring':
    case 'renewed':
      return renewed(connection, input, at);
    case 'woken':
      if (now.state === 'connected') return { connection, effects: [{ do: 'probe' }] };
      return isPausing(now) ? dial(attempts, at) : stays;
    case 'credentials':
      if (now.state === 'needs-auth') return dial({ ...attempts, failures: 0 }, at);
      return renewed(connection, input, at);
    case 'unwanted':
      if (now.state === 'idle') return stays;
      return {
        connection: { now: { state: 'idle' }, attempts: { ...attempts, check: 'none' } },
        effects: [{ do: 'hang-up' }],
      };
    case 'close':
      return {
        connection: { now: { state: 'closed', because: undefined }, attempts },
        effects: [{ do: 'hang-up' }],
      };
    default:
      return input satisfies never;
  }
}

const isPausing = ({ state }: ConnectionState): boolean => state === 'waiting' || state === 'needs-auth';

function dial(attempts: Attempts, { monotonic, transports }: Circumstances): ConnectionStep {
  const [preferred = 'websocket', other = preferred] = transports;
  const over = attempts.check === 'http' || monotonic < attempts.sseUntil ? other : preferred;
  return {
    connection: {
      now: { state: 'connecting', over },
      attempts: { ...attempts, connectedAt: undefined, renewal: undefined },
    },
    effects: [{ do: 'dial', over }],
  };
}

/** An input of the renewal of an open connection's credentials. */
function renewed(connection: Connection, input: RenewalInput, at: Circumstances): ConnectionStep {
  const { now, attempts } = connection;
  if (now.state !== 'connected') return { connection, effects: [] };
  const { renewal, effect } = onRenewalInput(attempts.renewal, input, at.random);
  if (effect === 'redial') return withHangUp(dial(attempts, at));
  const next: Connection = { now, attempts: { ...attempts, renewal } };
  if (effect === undefined) return { connection: next, effects: [] };
  const due: ConnectionEffect = effect === 'renew' ? { do: effect } : { do: 'wait', ms: effect.waitMs };
  return { connection: next, effects: [due] };
}

const withHangUp = ({ connection, effects }: ConnectionStep): ConnectionStep => ({
  connection,
  effects: [{ do: 'hang-up' }, ...effects],
});

function lost(
  { over }: { readonly over: Transport },
  attempts: Attempts,
  loss: Loss,
  { now, monotonic, random }: Circumstances,
): ConnectionStep {
  const { connectedAt } = attempts;
  const wasStable = connectedAt !== undefined && monotonic - connectedAt >= STABLE_MS;
  const failures = wasStable ? 1 : attempts.failures + 1;
  const failedHandshake = over === 'websocket' && connectedAt === undefined && loss.kind === 'retry';
  const isBlocked = failedHandshake && attempts.check === 'websocket';
  const blocked = failedHandshake ? attempts.blocked + 1 : attempts.blocked;
  const after: Attempts = {
    failures,
    blocked,
    connectedAt: undefined,
    renewal: undefined,
    // Where SSE fails too, the server is away: WebSocket is tried next.
    sseUntil: isBlocked ? monotonic + SSE_MEMORY_MS : connectedAt === undefined ? 0 : attempts.sseUntil,
    check: failedHandshake && !isBlocked && blocked % FAILED_HANDSHAKES === 0 ? 'http' : 'none',
  };
  if (loss.kind === 'final')
    return {
      connection: { now: { state: 'closed', because: loss.why }, attempts: after },
      effects: [],
    };
  const ms = backoffMs(failures, random, loss.retryAfterMs);
  const state = loss.kind === 'refused' ? 'needs-auth' : 'waiting';
  return {
    connection: { now: { state, until: now + ms, because: loss.why }, attempts: after },
    effects: [{ do: 'wait', ms }],
  };
}
