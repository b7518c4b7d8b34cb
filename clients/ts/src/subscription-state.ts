import { backoffMs } from './backoff.js';
import type { ClientError } from './client-error.js';

/**
 * One subscription: a state, and a pure function for each thing that can happen to it.
 *
 * | state              | input                                                              | next      | effect                |
 * |--------------------|--------------------------------------------------------------------|-----------|-----------------------|
 * | starting           | the connection is up                                               | starting  | send                  |
 * | running            | a position: behind                                                 | replaying |                       |
 * | running            | a position: not behind                                             | live      |                       |
 * | starting           | a state (`snapshot: true`)                                         | snapshot  |                       |
 * | starting, snapshot | a result, from a server without positions                          | live      |                       |
 * | running            | the connection is down                                             | starting  |                       |
 * | running            | the server ends it: RESYNC_REQUIRED with `earliest`, and a handler | gap       | tell of the gap       |
 * | running            | the server ends it: RESYNC_REQUIRED alone, and a handler           | starting  | retry later           |
 * | running            | the server ends it, and it may pass                                | starting  | retry later           |
 * | running            | the server ends it for good, or completes it                       | ended     |                       |
 * | running            | too many results wait for the handler                              | paused    | stop                  |
 * | paused             | all of them are handled                                            | starting  | send                  |
 * | gap                | the handler is done                                                | starting  | send, from `earliest` |
 * | any but ended      | stopped, or a handler or the store failed                          | ended     | stop                  |
 *
 * *Running* are starting, snapshot, replaying and live. Every other input leaves the state as it is.
 */
export type SubscriptionState =
  | { readonly state: 'starting' }
  /** It has received the state of its view; the events after it follow. */
  | { readonly state: 'snapshot' }
  /** `behind`: how many offsets the server is ahead. Offsets have holes, so at most about as many events are left. */
  | { readonly state: 'replaying'; readonly behind: number }
  | { readonly state: 'live' }
  /** The handler is too slow. Nothing is lost: the subscription resumes when all waiting results are handled. */
  | { readonly state: 'paused' }
  /** Events are gone from the server's log. After `onGap` it continues from `earliest`. */
  | { readonly state: 'gap'; readonly reason: string; readonly earliest: string }
  | { readonly state: 'ended'; readonly reason: 'completed' | 'stopped' | ClientError };

export type SubscriptionInput =
  | { readonly type: 'up' | 'down' | 'full' | 'handled' | 'gap-handled' | 'complete' | 'stop' }
  | { readonly type: 'position'; readonly behind: number }
  | { readonly type: 'result'; readonly isSnapshot: boolean }
  | { readonly type: 'error'; readonly error: ClientError; readonly hasGapHandler: boolean }
  /** Its own stream was lost, and the connection continues. */
  | { readonly type: 'lost'; readonly retryAfterMs: number | undefined }
  | { readonly type: 'failed'; readonly error: ClientError };

export type SubscriptionEffect =
  /** Starts it on the server, after the newest position. */
  | { readonly do: 'send' }
  /** Starts it on the server from `cursor`, and forgets earlier positions. */
  | { readonly do: 'restart'; readonly cursor: string }
  | { readonly do: 'retry'; readonly ms: number }
  | { readonly do: 'tell-gap'; readonly reason: string; readonly earliest: string }
  /** Ends it on the server. */
  | { readonly do: 'stop' };

export interface SubscriptionStep {
  readonly now: SubscriptionState;
  /** How many times in a row it failed. */
  readonly failures: number;
  readonly effects: readonly SubscriptionEffect[];
}

export type Subscribed = Pick<SubscriptionStep, 'now' | 'failures'>;

export const STARTING: Subscribed = { now: { state: 'starting' }, failures: 0 };

/** Whether a result leaves the state unchanged. */
export const isUnmoved = ({ now, failures }: Subscribed): boolean =>
  failures === 0 && (now.state === 'live' || now.state === 'replaying');

/** @param random from 0 to 1 */
export function onSubscriptionInput(
  subscribed: Subscribed,
  input: SubscriptionInput,
  random: number,
): SubscriptionStep {
  const { now, failures } = subscribed;
  const stays: SubscriptionStep = { now, failures, effects: [] };
  if (now.state === 'ended') return stays;
  const isRunning = now.state !== 'paused' && now.state !== 'gap';
  switch (input.type) {
    case 'up':
      return now.state === 'starting' ? { ...stays, effects: [{ do: 'send' }] } : stays;
    case 'down':
      return isRunning ? { ...stays, now: { state: 'starting' } } : stays;
    case 'position': {
      if (!isRunning) return stays;
      const { behind } = input;
      return {
        now: behind > 0 ? { state: 'replaying', behind } : { state: 'live' },
        failures: 0,
        effects: [],
      };
    }
    case 'result':
      if (now.state !== 'starting' && now.state !== 'snapshot') return { ...stays, failures: 0 };
      return { now: { state: input.isSnapshot ? 'snapshot' : 'live' }, failures: 0, effects: [] };
    case 'error':
      return isRunning ? refused(stays, input.error, input.hasGapHandler, random) : stays;
    case 'lost':
      return isRunning ? retried(stays, random, input.retryAfterMs) : stays;
    case 'complete':
      return isRunning ? { ...stays, now: { state: 'ended', reason: 'completed' } } : stays;
    case 'full':
      return isRunning ? { ...stays, now: { state: 'paused' }, effects: [{ do: 'stop' }] } : stays;
    case 'handled':
      return now.state === 'paused'
        ? { ...stays, now: { state: 'starting' }, effects: [{ do: 'send' }] }
        : stays;
    case 'gap-handled':
      if (now.state !== 'gap') return stays;
      return { ...stays, now: { state: 'starting' }, effects: [{ do: 'restart', cursor: now.earliest }] };
    case 'stop':
      return { ...stays, now: { state: 'ended', reason: 'stopped' }, effects: [{ do: 'stop' }] };
    case 'failed':
      return { ...stays, now: { state: 'ended', reason: input.error }, effects: [{ do: 'stop' }] };
    default:
      return input satisfies never;
  }
}

function refused(
  stays: SubscriptionStep,
  error: ClientError,
  hasGapHandler: boolean,
  random: number,
): SubscriptionStep {
  if (error.code === 'RESYNC_REQUIRED' && hasGapHandler) {
    const { reason, earliest } = error.extensions;
    // D5: the server's log does not answer now. Without a cursor the subscription would start from now, and lose what is
    // appended until then. The position stays, so the server repeats the error, and says `earliest` once its log answers.
    if (typeof earliest !== 'string') return retried(stays, random, error.retryAfterMs);
    const gap = { reason: String(reason), earliest };
    return { ...stays, now: { state: 'gap', ...gap }, effects: [{ do: 'tell-gap', ...gap }] };
  }
  if (error.retry) return retried(stays, random, error.retryAfterMs);
  return { ...stays, now: { state: 'ended', reason: error } };
}

function retried({ failures }: SubscriptionStep, random: number, retryAfterMs?: number): SubscriptionStep {
  const ms = backoffMs(failures + 1, random, retryAfterMs);
  return { now: { state: 'starting' }, failures: failures + 1, effects: [{ do: 'retry', ms }] };
}
