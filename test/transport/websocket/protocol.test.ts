import { type Message, MessageType } from 'graphql-ws';
import { describe, expect, it } from 'vitest';
import { type Effect, onMessage, type Phase } from '../../../src/transport/websocket/protocol.js';

/** S4: the longest id of an operation. */
const LONGEST = 'x'.repeat(256);
const subscribe: Message = { id: '1', type: MessageType.Subscribe, payload: { query: 'x' } };
const start = { do: 'start', id: '1', payload: { query: 'x' } };

describe('onMessage', () => {
  it.each<[Phase, Message, string[], object, Phase]>([
    [
      'opened',
      { type: MessageType.ConnectionInit },
      [],
      { do: 'authenticate', params: {} },
      'authenticating',
    ],
    ['authenticating', { type: MessageType.ConnectionInit }, [], { reason: 'SECOND_INIT' }, 'authenticating'],
    ['acknowledged', { type: MessageType.ConnectionInit }, [], { reason: 'SECOND_INIT' }, 'acknowledged'],
    [
      'opened',
      { type: MessageType.Ping, payload: { a: 1 } },
      [],
      { do: 'pong', payload: { a: 1 } },
      'opened',
    ],
    ['opened', { type: MessageType.Pong }, [], { do: 'nothing' }, 'opened'],
    ['opened', subscribe, [], { reason: 'UNAUTHORIZED' }, 'opened'],
    ['authenticating', subscribe, [], { reason: 'UNAUTHORIZED' }, 'authenticating'],
    ['acknowledged', subscribe, [], start, 'acknowledged'],
    ['acknowledged', { ...subscribe, id: LONGEST }, [], { ...start, id: LONGEST }, 'acknowledged'],
    ['acknowledged', { ...subscribe, id: `${LONGEST}x` }, [], { reason: 'BAD_REQUEST' }, 'acknowledged'],
    ['acknowledged', subscribe, ['1'], { reason: 'DUPLICATE_ID' }, 'acknowledged'],
    ['acknowledged', subscribe, ['2', '3'], { do: 'refuse', id: '1' }, 'acknowledged'],
    ['acknowledged', { id: '1', type: MessageType.Complete }, ['1'], { do: 'stop', id: '1' }, 'acknowledged'],
    ['acknowledged', { id: '1', type: MessageType.Complete }, [], { do: 'nothing' }, 'acknowledged'],
    ['acknowledged', { type: MessageType.ConnectionAck }, [], { reason: 'BAD_REQUEST' }, 'acknowledged'],
  ])('in phase %s, takes %j while %j run, and answers with %j', (phase, message, running, effect, next) => {
    const step: { phase: Phase; effect: Effect } = onMessage(phase, message, new Set(running), 2);
    expect(step).toMatchObject({ phase: next, effect });
  });
});
