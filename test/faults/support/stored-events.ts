import { expect } from 'vitest';
import { openKafkaLog } from '../../../src/adapters/kafka/kafka.js';
import { offset, partition, topic } from '../../../src/core/ids.js';

export interface StoredEvent {
  /** The event's id. */
  readonly id: string;
  readonly key: string | null;
  readonly offset: number;
}

/** The events that one partition of a topic holds now, in order; of partition 0 by default. */
export async function storedEvents(
  brokers: string,
  name: string,
  number = 0,
): Promise<readonly StoredEvent[]> {
  const signal = AbortSignal.timeout(60_000);
  const options = { brokers: brokers.split(','), clientId: 'millrace-faults' };
  await using log = await openKafkaLog(options, signal);
  const at = { topic: topic(name), partition: partition(number) };
  const bounds = (await log.bounds(at.topic, signal))[number];
  const found: StoredEvent[] = [];
  for await (const { records } of log.read({ ...at, from: bounds?.earliest ?? offset(0) }, signal)) {
    for (const { key, headers, offset: here } of records)
      found.push({ id: headers['ce_id'] ?? '', key, offset: here });
  }
  return found;
}

/** How many partitions topics get that the processes of a case create. */
const PARTITIONS = 4;

/** D1: expects that no event was published a second time. */
export async function expectStoredOnce(brokers: string, name: string): Promise<void> {
  const ids: string[] = [];
  for (let n = 0; n < PARTITIONS; n++)
    ids.push(...(await storedEvents(brokers, name, n)).map(({ id }) => id));
  expect(ids.length).toBeGreaterThan(0);
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
}

/** The offsets of the events that partition 0 of a topic holds now. */
export async function storedOffsets(brokers: string, name: string): Promise<readonly number[]> {
  return (await storedEvents(brokers, name)).map(({ offset: here }) => here);
}
