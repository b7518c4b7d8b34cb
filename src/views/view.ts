import type { ServiceEvent } from '../services/service.js';

/**
 * State that is folded from events, by key, and read by fields with `@view`. It is derived: it can be lost,
 * and is built again from the log.
 */
export interface View<State = unknown> {
  /** Names the view: in `@view(name:)`, and for its consumer group. */
  readonly name: string;
  /** The topics whose events it is folded from. */
  readonly topics: readonly string[];
  /** Whose state an event changes; left out, its own key's. `undefined`: nobody's. */
  readonly by?: (event: ServiceEvent) => string | undefined;
  /** What a key has before its first event. Plain JSON, as every state is. */
  readonly initial: State;
  /**
   * The state after an event: from these two alone, so that whoever folds comes to the same. Events of one
   * partition come in order, each once. When it throws, the event is tried again after a pause.
   */
  fold(state: State, event: ServiceEvent): State;
}

/** A view, whatever its state is. */
export type AnyView = View<unknown>;
