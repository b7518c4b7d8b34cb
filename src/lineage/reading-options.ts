import type { Topic } from '../core/ids.js';
import type { RecordDecoder } from '../core/record-decoder.js';
import type { EventLog } from '../ports/event-log.js';

/** What a reading of the log for the events of one id needs. */
export interface ReadingOptions {
  readonly log: Pick<EventLog, 'bounds' | 'describe' | 'offsetAt' | 'read'>;
  readonly decoder: RecordDecoder;
  readonly topics: readonly Topic[];
  /** Of the names of dead-letter topics. */
  readonly suffix: string;
  /** The most records that one window has of a topic: the newest ones. */
  readonly recordsPerTopic: number;
  /** The most events that are kept. */
  readonly maxEvents: number;
}
