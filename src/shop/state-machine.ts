// Services of the shop are pure functions. This turns one into a service.
import type { OutgoingEvent, Service, ServiceEvent } from 'millrace';

/** What a service does with one event: the new state of the event's key, and the events to publish. */
export interface Step<State> {
  readonly state: State;
  readonly events: readonly OutgoingEvent[];
}

/** A service as a pure function: the same state and event always give the same step. */
export type StateMachine<State> = (state: State, event: ServiceEvent) => Step<State>;

/** A step that publishes nothing. */
export function quiet<State>(state: State): Step<State> {
  return { state, events: [] };
}

/** A service that runs a state machine for each key of one topic. */
export function machineService<State>(
  name: string,
  topic: string,
  initial: State,
  machine: StateMachine<State>,
): Service<State> {
  return { name, topics: [topic], initial, handle: (event, { state }) => machine(state, event) };
}
