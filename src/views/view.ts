import type { ServiceEvent } from '../services/service.js';

/**
 * State by key, folded from events and read by fields with `@view`. It is derived data: whatever is lost is
 * rebuilt from the log.
 */
export interface View<State = unknown> {
  /** Used in `@view(name:)` and in the name of the view's consumer group. */
  readonly name: string;
  /** The topics whose events are folded. */
  readonly topics: readonly string[];
  /**
   * The key whose state an event changes: text, or an integer, which is the text of its digits. Left out, it is the event's own
   * key. `undefined` or `null`: the event changes
   * no state.
   */
  readonly by?: (event: ServiceEvent) => string | number | bigint | null | undefined;
  /** The state of a key before its first event. Plain JSON, as every state is. */
  readonly initial: State;
  /**
   * Returns the state after an event. It must depend on its two arguments alone, so that every worker computes
   * the same. It sees the events of one partition in order, each once. A key's events lie in one partition if all
   * producers of the topic use one partitioner; if not, the order between partitions is any, and another one after a
   * rebuild: compare `event.time`. When it throws, the event is retried after a pause, and becomes a dead letter
   * after `SERVICE_MAX_ATTEMPTS`.
   */
  fold(state: State, event: ServiceEvent): State;
}

/** A view with any type of state. */
export type AnyView = View<unknown>;
