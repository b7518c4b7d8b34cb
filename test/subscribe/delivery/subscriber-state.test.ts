import { describe, expect, it } from 'vitest';
import { Conflation, ConflationBudget } from '../../../src/subscribe/delivery/conflation.js';
import {
  ENDED,
  onBehind,
  onCaughtUp,
  onConflated,
  onRefused,
  onRoom,
  STARTING,
  type SubscriberState,
} from '../../../src/subscribe/delivery/subscriber-state.js';

const conflation = new Conflation({ keys: 1, bytes: 1 }, new ConflationBudget(1));
const none = { conflation: undefined };
const live: SubscriberState = { state: 'live' };
const replaying: SubscriberState = { state: 'replaying', wasLive: false, ...none };
const backpressured: SubscriberState = { state: 'backpressured', wasLive: false, ...none };
const wasLive = { ...none, wasLive: true };

const inputs = {
  'caught up': onCaughtUp,
  behind: onBehind,
  refused: onRefused,
  conflated: (now: SubscriberState) => onConflated(now, conflation),
  room: onRoom,
};

/** The table of `subscriber-state.ts`. Every other pair leaves the state as it is. */
const transitions: readonly [SubscriberState, keyof typeof inputs, SubscriberState][] = [
  [STARTING, 'caught up', live],
  [STARTING, 'behind', replaying],
  [live, 'behind', { state: 'replaying', ...wasLive }],
  [live, 'refused', { state: 'backpressured', ...wasLive }],
  [replaying, 'refused', backpressured],
  [replaying, 'caught up', live],
  [backpressured, 'conflated', { ...backpressured, conflation }],
  [backpressured, 'room', replaying],
];

describe('the states of a subscriber', () => {
  it.each(transitions)('a subscriber in %j that gets the input %s is in %j', (now, input, next) => {
    expect(inputs[input](now)).toEqual(next);
  });

  it('a subscriber keeps its state on every input that the table does not list', () => {
    for (const now of [STARTING, live, replaying, backpressured, ENDED]) {
      for (const [input, step] of Object.entries(inputs)) {
        const isListed = transitions.some(([from, by]) => from === now && by === input);
        if (!isListed) expect(step(now)).toBe(now);
      }
    }
  });

  it('D8 a client that was never live is not slow, however often it is backpressured', () => {
    let now = onRefused(onBehind(STARTING));
    now = onRefused(onRoom(now));
    expect(now).toMatchObject({ state: 'backpressured', wasLive: false });
    now = onRefused(onCaughtUp(onRoom(now)));
    expect(now).toMatchObject({ state: 'backpressured', wasLive: true });
  });

  it('D8 a conflation lasts until its subscriber is live again', () => {
    const slow = onConflated(onRefused(onCaughtUp(STARTING)), conflation);
    expect(onRefused(onRoom(slow))).toMatchObject({ conflation, wasLive: true });
    expect(onBehind(onCaughtUp(onRoom(slow)))).toMatchObject({ conflation: undefined, wasLive: true });
  });
});
