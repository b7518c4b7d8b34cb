import { openKafkaLog } from '../../../src/adapters/kafka/kafka.js';
import { offset, partition, topic } from '../../../src/core/ids.js';

export interface Logged {
  /** Of the event. */
  readonly id: string;
  readonly key: string | null;
  readonly offset: number;
}

/** What can be read of partition 0 of a topic now, from the first record to the last. */
export async function logged(brokers: string, name: string): Promise<readonly Logged[]> {
  const signal = AbortSignal.timeout(60_000);
  const options = { brokers: brokers.split(','), clientId: 'millrace-faults' };
  await using log = await openKafkaLog(options, signal);
  const at = { topic: topic(name), partition: partition(0) };
  const [bounds] = await log.bounds(at.topic, signal);
  const found: Logged[] = [];
  for await (const { records } of log.read({ ...at, from: bounds?.earliest ?? offset(0) }, signal)) {
    for (const { key, headers, offset: here } of records)
      found.push({ id: headers['ce_id'] ?? '', key, offset: here });
  }
  return found;
}
