import type { EventId } from './ids.js';
import type { Position } from './position.js';

/** A published event's position: the value of a field of type `Published`. */
export interface Published extends Position {
  readonly eventId: EventId;
  readonly correlationId: string;
  /** RFC 3339. */
  readonly time: string;
}
