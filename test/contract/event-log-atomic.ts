import { expect, it } from 'vitest';
import { offset, partition, type Topic } from '../../src/core/ids.js';
import { partitionName } from '../../src/core/position.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { keyOf, newTopic, POLL, readRecords, record, soon, text, uniqueTopic } from './event-log-tools.js';

/** `appendAtomically`: all or none, whatever the partitions. */
export function atomicContract(log: () => EventLog): void {
  it('D1: several records are appended together, over topics and partitions, and it is said where each is', async () => {
    const [one, two] = [await newTopic(log(), 'atomic.one', 2), await newTopic(log(), 'atomic.two', 1)];
    const records = [
      record(one, keyOf(partition(1), 2), 'a'),
      record(two, 'k', 'b'),
      record(one, keyOf(partition(0), 2), 'c'),
      record(one, keyOf(partition(1), 2), 'd'),
    ];
    const positions = await log().appendAtomically(records, soon());
    expect(positions.map(partitionName)).toEqual([`${one}/1`, `${two}/0`, `${one}/0`, `${one}/1`]);
    for (const [i, at] of positions.entries()) {
      const there = async () => (await readRecords(log(), at)).find((found) => found.offset === at.offset);
      await expect.poll(there, POLL).toMatchObject({ key: records[i]?.key, value: records[i]?.value });
    }
  });

  it('D1: records of one key keep their order, from call to call and beside plain appends', async () => {
    const topic = await newTopic(log(), 'atomic.order', 2);
    const [here, there] = [keyOf(partition(0), 2), keyOf(partition(1), 2)];
    for (let call = 0; call < 3; call++) {
      const both = [record(topic, here, `${call}.a`), record(topic, there, 'x')];
      await log().appendAtomically([...both, record(topic, here, `${call}.b`)], soon());
      await log().append([record(topic, here, `${call}.c`)], soon());
    }
    const values = async () => (await readRecords(log(), { topic, partition: partition(0) })).map(text);
    const expected = [0, 1, 2].flatMap((call) => [`${call}.a`, `${call}.b`, `${call}.c`]);
    await expect.poll(values, POLL).toEqual(expected);
  });

  it('D1: many at once are all there, each where its answer says', async () => {
    const topic = await newTopic(log(), 'atomic.parallel', 2);
    const [here, there] = [keyOf(partition(0), 2), keyOf(partition(1), 2)];
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        log().appendAtomically([record(topic, here, `${i}.a`), record(topic, there, `${i}.b`)], soon()),
      ),
    );
    await expect.poll(async () => (await all(log(), topic)).size, POLL).toBe(16);
    const found = await all(log(), topic);
    for (const [i, [a, b]] of answers.entries()) {
      expect(found.get(`${a?.partition}/${a?.offset}`)).toBe(`${i}.a`);
      expect(found.get(`${b?.partition}/${b?.offset}`)).toBe(`${i}.b`);
    }
  });

  it('D1: when one of them is refused none is written, and the log goes on', async () => {
    const topic = await newTopic(log(), 'atomic.refused', 2);
    const [here, there] = [keyOf(partition(0), 2), keyOf(partition(1), 2)];
    const large = { topic, key: there, headers: {}, value: Buffer.alloc(3 * 1024 * 1024, 'x') };
    await expect(log().appendAtomically([record(topic, here, 'small'), large], soon())).rejects.toMatchObject(
      { code: 'EVENT_TOO_LARGE' },
    );
    const elsewhere = record(uniqueTopic('atomic.missing'), here, 'x');
    await expect(
      log().appendAtomically([record(topic, here, 'small'), elsewhere], soon()),
    ).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
    const good = [record(topic, here, 'good'), record(topic, there, 'good')];
    const positions = await log().appendAtomically(good, soon());
    expect(positions.map((at) => at.offset)).toEqual([0, 0]);
  });

  it('appends nothing for an empty list, and nothing once its signal is aborted', async () => {
    const topic = await newTopic(log(), 'atomic.nothing', 1);
    expect(await log().appendAtomically([], soon())).toEqual([]);
    const two = [record(topic, 'a', 'x'), record(topic, 'b', 'x')];
    await expect(log().appendAtomically(two, AbortSignal.abort())).rejects.toThrow();
    expect(await log().bounds(topic, soon())).toEqual([{ earliest: offset(0), end: offset(0) }]);
  });
}

async function all(log: EventLog, topic: Topic): Promise<Map<string, string | null>> {
  const found = new Map<string, string | null>();
  for (const p of [partition(0), partition(1)])
    for (const one of await readRecords(log, { topic, partition: p }))
      found.set(`${p}/${one.offset}`, text(one));
  return found;
}
