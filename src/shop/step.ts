import type { OutgoingEvent, Service, ServiceEvent } from 'millrace';

/** What a service says to an event, and what the event's key has from now on. */
export interface Step<State> {
  readonly state: State;
  readonly events: readonly OutgoingEvent[];
}

/** A service as a pure function: the same state and event always make the same step. */
export type Machine<State> = (state: State, event: ServiceEvent) => Step<State>;

/** Nothing is said, nothing changes. */
export function stay<State>(state: State): Step<State> {
  return { state, events: [] };
}

/** The machine at work. */
export function serviceOf<State>(
  name: string,
  topic: string,
  initial: State,
  machine: Machine<State>,
): Service<State> {
  return { name, topics: [topic], initial, handle: (event, { state }) => machine(state, event) };
}
