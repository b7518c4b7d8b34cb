import type { Topic } from '../core/ids.js';
import { type Position, positionName, type TopicPartition } from '../core/position.js';
import type { LogRecord } from '../core/record.js';
import { type DeadLetter, recordIdOf } from '../dead-letters/dead-letter.js';
import { readDeadLetterEntries } from '../dead-letters/dead-letter-topic.js';
import { deadLetterTopic } from '../dead-letters/topic-name.js';
import type { EventLog } from '../ports/event-log.js';

/** The inputs of a topic that were set aside, by `DeadLetter.recordId`. */
export type SetAside = ReadonlySet<string>;

/**
 * Reads which inputs of a topic a service or view has set aside (D10). Whatever folds the topic again has to leave them
 * out as well, or else its result would differ from the state that it replaces.
 */
export async function readSetAside(
  log: EventLog,
  topic: Topic,
  suffix: string | undefined,
  isBy: (letter: DeadLetter) => boolean,
  signal: AbortSignal,
): Promise<SetAside> {
  const letters = deadLetterTopic(topic, suffix);
  const found = new Set<string>();
  if (!(await log.describe([letters], signal)).has(letters)) return found;
  for await (const entry of readDeadLetterEntries(log, letters, signal))
    if (entry.kind === 'DEAD_LETTER' && isBy(entry.letter)) found.add(entry.letter.recordId);
  return found;
}

/** The records that were not set aside. */
export function withoutSetAside(
  { topic, partition }: TopicPartition,
  records: readonly LogRecord[],
  setAside: SetAside,
): readonly LogRecord[] {
  if (setAside.size === 0) return records;
  const at = ({ offset }: LogRecord): Position => ({ topic, partition, offset });
  return records.filter((record) => !setAside.has(recordIdOf(positionName(at(record)), record.timestamp)));
}
