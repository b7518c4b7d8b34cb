import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { offset, type TopicId, topicId } from '../../src/core/ids.js';
import { PARTITIONERS, partitionOfKey } from '../../src/core/partitioner.js';
import { type EventLog, TopicRecreated } from '../../src/ports/event-log.js';
import { newTopic, numbered, P0, record, soon, uniqueTopic } from './event-log-tools.js';

/** For a log that reports topic ids. */
export function topicIdContract(log: () => EventLog): void {
  it('D5 describes topics with unique and stable ids', async () => {
    const one = await newTopic(log(), 'described', 3);
    const other = await newTopic(log(), 'described', 1);
    const gone = uniqueTopic('missing');
    const first = await log().describe([one, gone, other], soon());
    expect([...first].map(([name, { partitions }]) => [name, partitions])).toEqual([
      [one, 3],
      [other, 1],
    ]);
    expect(first.get(one)?.id).toEqual(expect.stringMatching(/.{16}/));
    expect(first.get(one)?.id).not.toBe(first.get(other)?.id);
    await log().append([record(one, 'a', 'x')], soon());
    expect(await log().describe([other, one], soon())).toEqual(first);
  });

  it('D5: reads a range of the topic with the given id, and throws TopicRecreated for another one', async () => {
    const topic = await newTopic(log(), 'read', 1);
    await log().append(numbered(topic, 3), soon());
    const described = await log().describe([topic], soon());
    // As of a topic that was deleted: nobody has it any more.
    const former = topicId(randomBytes(16).toString('base64url'));
    const read = async (id: TopicId | undefined): Promise<number> => {
      let records = 0;
      const range = { topic, topicId: id, partition: P0, from: offset(0) };
      for await (const batch of log().read(range, soon())) records += batch.records.length;
      return records;
    };
    expect(await read(described.get(topic)?.id)).toBe(3);
    expect(await read(undefined)).toBe(3);
    await expect(read(former)).rejects.toThrow(TopicRecreated);
  });
}

/** For a log whose partition of a record follows from its key. */
export function keyPartitionContract(log: () => EventLog): void {
  it('D1: appends a record to the partition of its key', async () => {
    const topic = await newTopic(log(), 'keys', 5);
    const keys = Array.from({ length: 50 }, (_, i) => `key ${i}`);
    const positions = await log().append(
      keys.map((key) => record(topic, key, key)),
      soon(),
    );
    expect(positions.map((at) => at.partition)).toEqual(keys.map((key) => partitionOfKey(key, 5)));
    const partitioners = PARTITIONERS.flatMap((partitioner) => keys.map((key) => ({ key, partitioner })));
    const others = await log().append(
      partitioners.map(({ key, partitioner }) => ({ ...record(topic, key, key), partitioner })),
      soon(),
    );
    expect(others.map((at) => at.partition)).toEqual(
      partitioners.map(({ key, partitioner }) => partitionOfKey(key, 5, partitioner)),
    );
  });
}
