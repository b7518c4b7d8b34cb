import type { Offset, Partition, Topic } from '../core/ids.js';

/** Why events are gone: retention deleted them, the topic was deleted and recreated, or the log lost its end. */
type LossReason = 'RETENTION' | 'TOPIC_RECREATED';

/**
 * The events after a position are gone for good, and every subscriber at that position has to be notified (D5). This
 * error carries the facts. The error that a client receives also has a cursor, and is made where that is known.
 */
export class EventsLost extends Error {
  override readonly name = 'EventsLost';

  private constructor(
    readonly reason: LossReason,
    readonly topic: Topic,
    /** The earliest offset of each partition that lost events. Empty for a recreated topic, which lost all of them. */
    readonly earliest: ReadonlyMap<Partition, Offset>,
    message: string,
  ) {
    super(message);
  }

  static byRetention(topic: Topic, earliest: ReadonlyMap<Partition, Offset>): EventsLost {
    const begin = [...earliest].map(([number, first]) => `${topic}/${number} begins at ${first}`).join(', ');
    const message = `The events after the cursor are no longer in the log: ${begin}.`;
    return new EventsLost('RETENTION', topic, earliest, message);
  }

  static byRecreation(topic: Topic): EventsLost {
    const message = `The topic ${topic} was deleted and recreated since the cursor was issued.`;
    return new EventsLost('TOPIC_RECREATED', topic, new Map(), message);
  }

  /** The event at the cursor's position is another one. For a client that is the same as a recreated topic. */
  static byOtherEvent(topic: Topic): EventsLost {
    const message = `The topic ${topic} has another event at the cursor's position: it was deleted and recreated, or lost its end in an unclean leader election.`;
    return new EventsLost('TOPIC_RECREATED', topic, new Map(), message);
  }
}
