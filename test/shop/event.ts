import type { OutgoingEvent, ServiceEvent } from 'millrace';
import type { Machine } from '../../src/shop/step.js';

export const TIME = '2026-01-31T09:30:00.000Z';

/** An event as a service is given it. */
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

/** A machine with a memory. */
export function told<State>(machine: Machine<State>, initial: State) {
  let state = initial;
  let count = 0;
  return {
    get state() {
      return state;
    },
    /** @returns what it says */
    tell(event: OutgoingEvent, id = `event-${++count}`): readonly OutgoingEvent[] {
      const step = machine(state, eventOf(event, id));
      state = JSON.parse(JSON.stringify(step.state));
      return step.events;
    },
  };
}

/** Types and keys alone. */
export function brief(events: readonly OutgoingEvent[]): readonly string[] {
  return events.map(({ type, key }) => `${type} ${key}`);
}
