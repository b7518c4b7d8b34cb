import type { Offset, Partition, Topic } from '../core/ids.js';

export type LossReason = 'RETENTION' | 'TOPIC_RECREATED';

/**
 * What follows a place is gone for good, and whoever stands there has to know (D5). These are the facts; the
 * error that a client gets has its own cursor in it, and is made where that is known.
 */
export class EventsLost extends Error {
  override readonly name = 'EventsLost';

  private constructor(
    readonly reason: LossReason,
    readonly topic: Topic,
    /** Where the partitions begin whose events are gone. All of them begin anew with a topic made anew. */
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
    const message = `The topic ${topic} was made anew since the cursor was given.`;
    return new EventsLost('TOPIC_RECREATED', topic, new Map(), message);
  }
}
