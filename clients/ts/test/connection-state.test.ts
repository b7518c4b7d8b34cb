import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientError } from '../src/client-error.js';
import {
  type Circumstances,
  type Connection,
  type ConnectionInput,
  type ConnectionStep,
  IDLE,
  onConnectionInput,
} from '../src/connection-state.js';
import type { Loss } from '../src/link.js';

const AT: Circumstances = { now: 1_000_000, monotonic: 1_000, random: 0.5, transports: ['websocket', 'sse'] };
const lost = (kind: Loss['kind'] = 'retry', retryAfterMs?: number): ConnectionInput => ({
  type: 'lost',
  loss: { kind, why: 'because', retryAfterMs },
});

/** The connection after these inputs, one after the other. */
function after(inputs: readonly (ConnectionInput | ConnectionInput['type'])[], at = AT): ConnectionStep {
  let step: ConnectionStep = { connection: IDLE, effects: [] };
  for (const input of inputs) {
    // Only `lost` has more than its type, and it is written in full.
    const whole = (typeof input === 'string' ? { type: input } : input) as ConnectionInput;
    step = onConnectionInput(step.connection, whole, at);
  }
  return step;
}

const opened: ConnectionInput = { type: 'opened', renews: true };
type Refusal = 'retry' | 'subject' | 'final';
const refusedRenewal = (why: Refusal, retryAfter?: number): ConnectionInput => ({
  type: 'renewed',
  error: new ClientError('UNAUTHENTICATED', 'no', {
    retry: why === 'retry',
    extensions: { ...(why === 'subject' && { reason: 'SUBJECT' }), ...(retryAfter && { retryAfter }) },
  }),
});
const up = ['wanted', opened] as const;

describe('the state of a connection', () => {
  it.each([
    [['wanted'], 'connecting', ['dial']],
    [['wanted', 'opened'], 'connected', []],
    [['wanted', lost()], 'waiting', ['wait']],
    [['wanted', 'opened', lost()], 'waiting', ['wait']],
    [['wanted', 'opened', lost('refused')], 'needs-auth', ['wait']],
    [['wanted', lost('final')], 'closed', []],
    [['wanted', lost(), 'elapsed'], 'connecting', ['dial']],
    [['wanted', lost(), 'woken'], 'connecting', ['dial']],
    [['wanted', lost('refused'), 'elapsed'], 'connecting', ['dial']],
    [['wanted', lost('refused'), 'credentials'], 'connecting', ['dial']],
    [['wanted', 'opened', 'woken'], 'connected', ['probe']],
    [['wanted', 'opened', 'credentials'], 'connecting', ['hang-up', 'dial']],
    [['wanted', lost(), 'credentials'], 'waiting', []],
    [['wanted', 'opened', 'unwanted'], 'idle', ['hang-up']],
    [['wanted', lost(), 'unwanted'], 'idle', ['hang-up']],
    [['wanted', 'opened', 'close'], 'closed', ['hang-up']],
    [['wanted', 'opened', 'close', 'wanted'], 'closed', []],
    [['wanted', 'opened', 'elapsed'], 'connected', []],
    [['elapsed'], 'idle', []],
    [[...up, 'credentials'], 'connected', ['renew']],
    [[...up, 'expiring'], 'connected', ['renew']],
    [['wanted', 'opened', 'expiring'], 'connected', []],
    [['wanted', 'expiring'], 'connecting', []],
    [[...up, 'expiring', 'expiring'], 'connected', []],
    [[...up, 'expiring', 'renewed'], 'connected', []],
    [[...up, 'expiring', 'renewed', 'expiring'], 'connected', ['renew']],
    [[...up, 'credentials', 'credentials'], 'connected', []],
    [[...up, 'credentials', 'credentials', 'renewed'], 'connected', ['renew']],
    [[...up, 'credentials', 'credentials', refusedRenewal('final')], 'connected', ['renew']],
    [[...up, 'credentials', refusedRenewal('final')], 'connected', []],
    [[...up, 'credentials', refusedRenewal('subject')], 'connecting', ['hang-up', 'dial']],
    [[...up, 'credentials', refusedRenewal('retry')], 'connected', ['wait']],
    [[...up, 'credentials', refusedRenewal('retry'), 'elapsed'], 'connected', ['renew']],
    [[...up, 'credentials', refusedRenewal('retry'), 'expiring'], 'connected', ['renew']],
    [[...up, 'credentials', refusedRenewal('retry'), 'elapsed', 'elapsed'], 'connected', []],
    [[...up, 'credentials', lost()], 'waiting', ['wait']],
    [[...up, 'credentials', lost(), 'elapsed', 'renewed'], 'connecting', []],
    [[...up, 'renewed'], 'connected', []],
    [['wanted', 'opened', 'opened'], 'connected', []],
    [['wanted', lost(), 'elapsed', lost(), 'elapsed', 'opened'], 'connecting', ['hang-up', 'dial']],
    [['wanted', lost(), 'elapsed', lost(), 'unwanted', 'wanted', lost()], 'waiting', ['wait']],
  ] as const)('after %j is %s', (inputs, state, effects) => {
    const step = after(inputs);
    expect(step.connection.now.state).toBe(state);
    expect(step.effects.map((effect) => effect.do)).toEqual(effects);
  });

  it('waits longer after each failure in a row, at most 30 seconds, and starts over after a connection that held', () => {
    const waits: number[] = [];
    let connection: Connection = IDLE;
    const fail = (at: Circumstances, opens: boolean): void => {
      connection = onConnectionInput(
        connection,
        { type: connection === IDLE ? 'wanted' : 'elapsed' },
        at,
      ).connection;
      if (opens) connection = onConnectionInput(connection, { type: 'opened' }, at).connection;
      const later = { ...at, monotonic: opens ? at.monotonic + 5_000 : at.monotonic };
      const step = onConnectionInput(connection, lost(), later);
      connection = step.connection;
      for (const effect of step.effects) if (effect.do === 'wait') waits.push(effect.ms);
    };
    for (let i = 0; i < 7; i++) fail({ ...AT, random: 1 }, false);
    fail({ ...AT, random: 1 }, true);
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 1_000]);
  });

  it('waits longer after each refusal for now of new credentials, and at least as long as the server asks for', () => {
    const again = ['elapsed', refusedRenewal('retry', 5)] as const;
    const waits = [0, 1, 2].map(
      (times) =>
        after([...up, 'credentials', refusedRenewal('retry', 5), ...Array(times).fill(again).flat()], {
          ...AT,
          random: 1,
        }).effects,
    );
    expect(waits).toEqual([6_000, 7_000, 9_000].map((ms) => [{ do: 'wait', ms }]));
  });

  it('waits at least as long as the server asks for', () => {
    const [wait] = after(['wanted', lost('retry', 7_000)], { ...AT, random: 0 }).effects;
    expect(wait).toEqual({ do: 'wait', ms: 7_000 });
  });

  it('changes to SSE after three failed handshakes, the last of them while HTTP works, and back to WebSocket if SSE fails too', () => {
    const failed = ['wanted', lost(), 'elapsed', lost(), 'elapsed'] as const;
    expect(after(failed).effects).toEqual([{ do: 'dial', over: 'sse' }]);
    expect(after([...failed, lost(), 'elapsed']).effects).toEqual([{ do: 'dial', over: 'websocket' }]);
    expect(after([...failed, 'opened']).effects).toEqual([
      { do: 'hang-up' },
      { do: 'dial', over: 'websocket' },
    ]);
    const blocked = [...failed, 'opened', lost(), 'elapsed'] as const;
    expect(after(blocked).effects).toEqual([{ do: 'dial', over: 'sse' }]);
    expect(after([...blocked, 'opened']).connection.now).toEqual({ state: 'connected', over: 'sse' });
    expect(after([...blocked, 'opened', lost(), 'elapsed']).effects).toEqual([{ do: 'dial', over: 'sse' }]);
    expect(after([...blocked, lost(), 'elapsed']).effects).toEqual([{ do: 'dial', over: 'websocket' }]);
    const later = { ...AT, monotonic: AT.monotonic + 5 * 60_000 };
    const { connection } = after([...blocked, 'opened', lost()]);
    expect(onConnectionInput(connection, { type: 'elapsed' }, later).effects).toEqual([
      { do: 'dial', over: 'websocket' },
    ]);
  });

  it('stays with WebSocket after a server was away, whenever it starts between the attempts', () => {
    // A browser opens six streams of SSE: more subscriptions than that would wait for ever.
    fc.assert(
      fc.property(fc.nat(20), (failures) => {
        let { connection } = after(['wanted']);
        for (let i = 0; i < failures; i++)
          for (const input of [lost(), { type: 'elapsed' } as const])
            connection = onConnectionInput(connection, input, AT).connection;
        // It is there now, and each attempt succeeds.
        for (let i = 0; i < 2; i++)
          connection = onConnectionInput(connection, { type: 'opened' }, AT).connection;
        expect(connection.now).toEqual({ state: 'connected', over: 'websocket' });
      }),
    );
  });

  it('never dials twice at a time, never while it is connected, never after it is closed, and renews one at a time', () => {
    const input = fc.oneof(
      fc.constantFrom('wanted', 'unwanted', 'elapsed', 'woken', 'close', 'opened').map(
        // Every one of them is an input without more.
        (type) => ({ type }) as ConnectionInput,
      ),
      fc.constantFrom<Loss['kind']>('retry', 'refused', 'final').map((kind) => lost(kind)),
      fc.constant(opened),
      fc.constantFrom('credentials', 'expiring', 'renewed').map((type) => ({ type }) as ConnectionInput),
      fc.constantFrom<Refusal>('retry', 'subject', 'final').map((kind) => refusedRenewal(kind)),
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        let connection = IDLE;
        let dialled = 0;
        let isRenewing = false;
        let now = AT.now;
        for (const next of inputs) {
          now += 1_000;
          const before = connection.now.state;
          const step = onConnectionInput(connection, next, { ...AT, now, monotonic: now });
          connection = step.connection;
          for (const effect of step.effects) {
            if (effect.do === 'hang-up') dialled = 0;
            if (effect.do === 'dial') dialled += 1;
          }
          // The one before was answered, or its connection is gone.
          if (next.type === 'renewed' || connection.now.state !== 'connected') isRenewing = false;
          if (step.effects.some((effect) => effect.do === 'renew')) {
            expect([isRenewing, before]).toEqual([false, 'connected']);
            isRenewing = true;
          }
          if (next.type === 'lost' && (before === 'connecting' || before === 'connected')) dialled = 0;
          const isUp = connection.now.state === 'connecting' || connection.now.state === 'connected';
          expect(dialled).toBe(isUp ? 1 : 0);
          if (before === 'closed') expect(step).toEqual({ connection, effects: [] });
          const pauses = connection.now.state === 'waiting' || connection.now.state === 'needs-auth';
          if (pauses && before !== connection.now.state)
            expect(step.effects).toContainEqual(expect.objectContaining({ do: 'wait' }));
        }
      }),
    );
  });
});
