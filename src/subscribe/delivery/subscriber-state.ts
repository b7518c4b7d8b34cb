import type { Conflation } from './conflation.js';

/**
 * What one subscriber is doing: a state, and a pure function for each thing that can happen to it.
 *
 * | state         | input                                       | next                             |
 * |---------------|---------------------------------------------|----------------------------------|
 * | starting      | caught up with the node                     | live                             |
 * | starting      | behind the node                             | replaying                        |
 * | live          | behind: a slow resolver, or new partitions  | replaying, was live              |
 * | live          | the sink refuses a result                   | backpressured, was live          |
 * | replaying     | the sink refuses a result                   | backpressured                    |
 * | replaying     | caught up with the node                     | live                             |
 * | backpressured | its client is slow and `onSlow` is CONFLATE | backpressured, with a conflation |
 * | backpressured | the sink has room                           | replaying                        |
 * | any           | closed, or failed                           | ended                            |
 *
 * Every other input leaves the state as it is: a sink may report room more than once, and an ended subscriber
 * stays ended. A state is made at a transition, never for an event: a live subscriber costs nothing here.
 */
export type SubscriberState =
  | { readonly state: 'starting' }
  /** A member of its cohort's live set. Its position is the node's. */
  | { readonly state: 'live' }
  /** Reads the events after its position for itself. */
  | ({ readonly state: 'replaying' } & Behind)
  /** The sink has no room. Nothing is read and nothing is queued (D8). */
  | ({ readonly state: 'backpressured' } & Behind)
  | { readonly state: 'ended' };

interface Behind {
  /**
   * Whether it has been live. Only then is a client that has no room slow: one that resumes gets much at once,
   * and every client needs time for that.
   */
  readonly wasLive: boolean;
  /** From when its client was slow until it is live again, if its field has `onSlow: CONFLATE`. */
  readonly conflation: Conflation | undefined;
}

export const STARTING: SubscriberState = { state: 'starting' };
export const ENDED: SubscriberState = { state: 'ended' };
const LIVE: SubscriberState = { state: 'live' };

/** Its position is the node's, in every partition. */
export function onCaughtUp(now: SubscriberState): SubscriberState {
  return now.state === 'starting' || now.state === 'replaying' ? LIVE : now;
}

/** The node is past its position in some partition. */
export function onBehind(now: SubscriberState): SubscriberState {
  if (now.state !== 'starting' && now.state !== 'live') return now;
  return { state: 'replaying', wasLive: now.state === 'live', conflation: undefined };
}

/** The sink refused a result: the position is before that event. */
export function onRefused(now: SubscriberState): SubscriberState {
  switch (now.state) {
    case 'live':
      return { state: 'backpressured', wasLive: true, conflation: undefined };
    case 'replaying':
      return { ...now, state: 'backpressured' };
    default:
      return now;
  }
}

/** The client is slow, and from here on gets only the newest event of each key. */
export function onConflated(now: SubscriberState, conflation: Conflation): SubscriberState {
  return now.state === 'backpressured' ? { ...now, conflation } : now;
}

/** The sink has room again. */
export function onRoom(now: SubscriberState): SubscriberState {
  return now.state === 'backpressured' ? { ...now, state: 'replaying' } : now;
}
