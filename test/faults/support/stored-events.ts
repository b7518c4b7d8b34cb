import { openKafkaLog } from '../../../src/adapters/kafka/kafka.js';
import { offset, partition, topic } from '../../../src/core/ids.js';

export interface StoredEvent {
  /** The event's id. */
  readonly id: string;
  readonly key: string | null;
  readonly offset: number;
}

/** The events that partition 0 of a topic holds now, in order. */
export async function storedEvents(brokers: string, name: string): Promise<readonly StoredEvent[]> {
  const signal = AbortSignal.timeout(60_000);
  const options = { brokers: brokers.split(','), clientId: 'millrace-faults' };
  await using log = await openKafkaLog(options, signal);
  const at = { topic: topic(name), partition: partition(0) };
  const [bounds] = await log.bounds(at.topic, signal);
  const found: StoredEvent[] = [];
  for await (const { records } of log.read({ ...at, from: bounds?.earliest ?? offset(0) }, signal)) {
    for (const { key, headers, offset: here } of records)
      found.push({ id: headers['ce_id'] ?? '', key, offset: here });
  }
  return found;
}

/** The offsets of the events that partition 0 of a topic holds now. */
export async function storedOffsets(brokers: string, name: string): Promise<readonly number[]> {
  return (await storedEvents(brokers, name)).map(({ offset: here }) => here);
}
