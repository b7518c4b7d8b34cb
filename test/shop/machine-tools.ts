import type { OutgoingEvent, ServiceEvent } from 'millrace';
import type { StateMachine } from '../../src/shop/state-machine.js';

export const TIME = '2026-01-31T09:30:00.000Z';

/** An event as a service receives it. */
export function eventOf({ topic, type, key, data }: OutgoingEvent, id = 'event-1'): ServiceEvent {
  const time = TIME;
  return {
    id,
    topic,
    source: '/test',
    type,
    key,
    time,
    timestamp: Date.parse(time),
    correlationId: 'c',
    data: JSON.parse(JSON.stringify(data)),
  };
}

/** Runs a state machine for one key, and keeps its state. */
export function runMachine<State>(machine: StateMachine<State>, initial: State) {
  let state = initial;
  let count = 0;
  return {
    get state() {
      return state;
    },
    /** @returns the events that it publishes */
    send(event: OutgoingEvent, id = `event-${++count}`): readonly OutgoingEvent[] {
      const step = machine(state, eventOf(event, id));
      state = JSON.parse(JSON.stringify(step.state));
      return step.events;
    },
  };
}

/** The types and keys of events. */
export function brief(events: readonly OutgoingEvent[]): readonly string[] {
  return events.map(({ type, key }) => `${type} ${key}`);
}
