import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientError } from '../src/client-error.js';
import {
  isUnmoved,
  onSubscriptionInput,
  STARTING,
  type SubscriptionInput,
  type SubscriptionStep,
} from '../src/subscription-state.js';

const RESYNC = new ClientError('RESYNC_REQUIRED', 'gone', {
  extensions: { reason: 'RETENTION', earliest: 'c.t' },
});
const RESYNC_LATER = new ClientError('RESYNC_REQUIRED', 'gone', { extensions: { reason: 'RETENTION' } });
const LATER = new ClientError('LOG_UNAVAILABLE', 'later', { retry: true });
const NEVER = new ClientError('FORBIDDEN', 'no');
const OF = {
  live: { type: 'position', behind: 0 },
  behind: { type: 'position', behind: 3 },
  snapshot: { type: 'result', isSnapshot: true },
  event: { type: 'result', isSnapshot: false },
  gap: { type: 'error', error: RESYNC, hasGapHandler: true },
  gapAlone: { type: 'error', error: RESYNC_LATER, hasGapHandler: true },
  unhandledGapAlone: { type: 'error', error: RESYNC_LATER, hasGapHandler: false },
  unhandledGap: { type: 'error', error: RESYNC, hasGapHandler: false },
  later: { type: 'error', error: LATER, hasGapHandler: true },
  never: { type: 'error', error: NEVER, hasGapHandler: true },
  lost: { type: 'lost', retryAfterMs: undefined },
  failed: { type: 'failed', error: NEVER },
  up: { type: 'up' },
  down: { type: 'down' },
  full: { type: 'full' },
  handled: { type: 'handled' },
  'gap-handled': { type: 'gap-handled' },
  complete: { type: 'complete' },
  stop: { type: 'stop' },
} as const satisfies Record<string, SubscriptionInput>;
type Name = keyof typeof OF;

function after(names: readonly Name[]): SubscriptionStep {
  let step: SubscriptionStep = { ...STARTING, effects: [] };
  for (const name of names) step = onSubscriptionInput(step, OF[name], 0.5);
  return step;
}

describe('the state of a subscription', () => {
  it('is unchanged by a result wherever `isUnmoved` says so', () => {
    const names = fc.array(fc.constantFrom(...(Object.keys(OF) as Name[])), { maxLength: 20 });
    let unmoved = 0;
    fc.assert(
      fc.property(names, fc.boolean(), (all, isSnapshot) => {
        const { now, failures } = after(all);
        if (!isUnmoved({ now, failures })) return;
        unmoved += 1;
        const step = onSubscriptionInput({ now, failures }, { type: 'result', isSnapshot }, 0.5);
        expect(step).toEqual({ now, failures, effects: [] });
      }),
    );
    expect(unmoved).toBeGreaterThan(0);
  });

  it.each([
    [['up'], 'starting', ['send']],
    [['up', 'behind'], 'replaying', []],
    [['up', 'behind', 'live'], 'live', []],
    [['up', 'snapshot'], 'snapshot', []],
    [['up', 'snapshot', 'event'], 'live', []],
    [['up', 'snapshot', 'live'], 'live', []],
    [['up', 'event'], 'live', []],
    [['up', 'behind', 'event'], 'replaying', []],
    [['up', 'live', 'down'], 'starting', []],
    [['up', 'live', 'down', 'up'], 'starting', ['send']],
    [['up', 'live', 'gap'], 'gap', ['tell-gap']],
    [['up', 'live', 'gap', 'down', 'up'], 'gap', []],
    [['up', 'live', 'gap', 'gap-handled'], 'starting', ['restart']],
    [['up', 'live', 'unhandledGap'], 'ended', []],
    [['up', 'live', 'gapAlone'], 'starting', ['retry']],
    [['up', 'live', 'gapAlone', 'up'], 'starting', ['send']],
    [['up', 'live', 'gapAlone', 'up', 'gap', 'gap-handled'], 'starting', ['restart']],
    [['up', 'live', 'unhandledGapAlone'], 'ended', []],
    [['up', 'live', 'later'], 'starting', ['retry']],
    [['up', 'live', 'lost'], 'starting', ['retry']],
    [['up', 'never'], 'ended', []],
    [['up', 'complete'], 'ended', []],
    [['up', 'live', 'full'], 'paused', ['stop']],
    [['up', 'live', 'full', 'down', 'up'], 'paused', []],
    [['up', 'live', 'full', 'handled'], 'starting', ['send']],
    [['up', 'live', 'stop'], 'ended', ['stop']],
    [['up', 'live', 'failed'], 'ended', ['stop']],
    [['up', 'stop', 'up', 'live'], 'ended', []],
    [['up', 'live', 'handled'], 'live', []],
  ] as const)('after %j is %s', (names, state, effects) => {
    const step = after(names);
    expect(step.now.state).toBe(state);
    expect(step.effects.map((effect) => effect.do)).toEqual(effects);
  });

  it('D5 a gap says why and where it goes on, and it goes on there', () => {
    expect(after(['up', 'gap']).now).toEqual({ state: 'gap', reason: 'RETENTION', earliest: 'c.t' });
    expect(after(['up', 'gap']).effects).toEqual([{ do: 'tell-gap', reason: 'RETENTION', earliest: 'c.t' }]);
    expect(after(['up', 'gap', 'gap-handled']).effects).toEqual([{ do: 'restart', cursor: 'c.t' }]);
  });

  it('D5 a gap without an earliest cursor is retried with back-off, and does not move the position', () => {
    const names = ['up', 'gapAlone', 'up', 'gapAlone', 'up', 'gapAlone'] as const;
    const waits = [2, 4, 6].map((count) => after(names.slice(0, count)).effects);
    expect(waits).toEqual([500, 1_000, 2_000].map((ms) => [{ do: 'retry', ms }]));
  });

  it('runs on the server only once at a time, and ends once', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...(Object.keys(OF) as Name[])), { maxLength: 60 }), (names) => {
        let step: SubscriptionStep = { ...STARTING, effects: [] };
        let isUp = false;
        let runs = false;
        for (const name of names) {
          // The connection says each of them only after the other, and the server speaks only while it runs.
          if ((name === 'up' && isUp) || (name === 'down' && !isUp)) continue;
          const { type } = OF[name];
          const isOfServer = ['position', 'result', 'error', 'complete', 'lost', 'full'].includes(type);
          if (isOfServer && !runs) continue;
          const before = step.now;
          step = onSubscriptionInput(step, OF[name], 0.5);
          if (name === 'up') isUp = true;
          if (name === 'down') [isUp, runs] = [false, false];
          if (type === 'error' || type === 'complete' || type === 'lost') runs = false;
          for (const effect of step.effects) {
            if (effect.do === 'stop') runs = false;
            // Only an `earliest` of the server replaces the position.
            if (effect.do === 'restart') expect([before.state, effect.cursor]).toEqual(['gap', 'c.t']);
            if (effect.do === 'send' || effect.do === 'restart') {
              expect(runs).toBe(false);
              runs = isUp;
            }
          }
          if (before.state === 'ended') expect(step).toEqual({ ...step, now: before, effects: [] });
          if (['paused', 'gap', 'ended'].includes(step.now.state)) expect(runs).toBe(false);
        }
      }),
    );
  });
});
