import type { Relayed } from '../core/event.js';
import type { TopicPartition } from '../core/position.js';
import type { EventsLost } from './events-lost.js';

/** Receives what happens in a followed partition. Called synchronously, in offset order, with no event twice (D3). */
export interface PartitionListener {
  onEvents(at: TopicPartition, events: readonly Relayed[]): void;
  /** Events are gone for good: everyone whose position is before them has to be notified (D5). */
  onLost(at: TopicPartition, loss: EventsLost): void;
}
