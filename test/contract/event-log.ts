import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textOfBytes } from '../../src/core/byte-text.js';
import { offset, partition } from '../../src/core/ids.js';
import { partitionName } from '../../src/core/position.js';
import { type Header, headersOf, type LogRecord } from '../../src/core/record.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { consumerGroupsContract } from './consumer-groups.js';
import { keyPartitionContract, topicIdContract } from './event-log-capabilities.js';
import { readContract } from './event-log-read.js';
import {
  type EventLogHarness,
  newTopic,
  readRecords,
  record,
  soon,
  TEST_TIMEOUT,
  text,
  uniqueTopic,
} from './event-log-tools.js';
import { logInspectionContract } from './log-inspection.js';
import { transactionalCommitContract } from './transactional-commit.js';

export type { EventLogHarness } from './event-log-tools.js';

/** What a log may lack (`ports/event-log.ts` has the table of what that means). */
export type Capability = 'partitionOfKey' | 'transactions' | 'topic ids' | 'inspection';

/**
 * What every event log must do, with the suites of the ports that it has. The log is opened once per run; topics and
 * groups have unique names, so that it may have others.
 */
export function eventLogContract(
  name: string,
  harness: () => Promise<EventLogHarness>,
  lacking: readonly Capability[] = [],
): void {
  describe(`${name} keeps the contract of an event log`, { timeout: TEST_TIMEOUT }, () => {
    let made: EventLogHarness | undefined;
    const bench = (): EventLogHarness => {
      if (made === undefined) throw new Error('The harness is not there yet');
      return made;
    };
    beforeAll(async () => {
      made = await harness();
    }, TEST_TIMEOUT);
    afterAll(async () => {
      await made?.close();
    }, TEST_TIMEOUT);

    const log = (): EventLog => bench().log;
    it('has exactly the optional capabilities that its suite declares', () => {
      expect(log().partitionOfKey === undefined).toBe(lacking.includes('partitionOfKey'));
      expect(log().transactions === undefined).toBe(lacking.includes('transactions'));
      expect(log().inspection === undefined).toBe(lacking.includes('inspection'));
    });
    topicContract(log);
    if (!lacking.includes('topic ids')) topicIdContract(log);
    appendContract(log);
    if (!lacking.includes('partitionOfKey')) keyPartitionContract(log);
    readContract(log);
    consumerGroupsContract(bench);
    if (!lacking.includes('inspection')) logInspectionContract(bench);
    if (!lacking.includes('transactions')) transactionalCommitContract(bench);
  });
}

function topicContract(log: () => EventLog): void {
  it('names all missing topics when it may not create them', async () => {
    const there = await newTopic(log(), 'there', 1);
    const missing = [uniqueTopic('missing'), uniqueTopic('missing')];
    const specs = [there, ...missing].map((topic) => ({ topic, partitions: 1, replicas: 1, config: {} }));
    const failure = await log()
      .ensureTopics(specs, { create: false }, soon())
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'TOPIC_MISSING' });
    for (const topic of missing) expect(String(failure)).toContain(topic);
    expect(String(failure)).not.toContain(there);
    await log().ensureTopics(specs.slice(0, 1), { create: false }, soon());
  });

  it('does not change an existing topic', async () => {
    const topic = await newTopic(log(), 'existing', 3);
    const [at] = await log().append([record(topic, 'a', 'kept')], soon());
    await log().ensureTopics([{ topic, partitions: 1, replicas: 1, config: {} }], { create: true }, soon());
    expect((await log().describe([topic], soon())).get(topic)?.partitions).toBe(3);
    expect((await readRecords(log(), { topic, partition: at?.partition ?? partition(0) })).map(text)).toEqual(
      ['kept'],
    );
  });

  it('describes topics that exist, in the order of the call', async () => {
    const one = await newTopic(log(), 'described', 3);
    const other = await newTopic(log(), 'described', 1);
    const gone = uniqueTopic('missing');
    const described = await log().describe([one, gone, other], soon());
    expect([...described].map(([name, { partitions }]) => [name, partitions])).toEqual([
      [one, 3],
      [other, 1],
    ]);
  });

  it('rejects with TOPIC_MISSING for a missing topic, and never hangs', async () => {
    const topic = uniqueTopic('missing');
    const missing = { code: 'TOPIC_MISSING' };
    expect(await log().describe([topic], soon())).toEqual(new Map());
    await expect(log().bounds(topic, soon())).rejects.toMatchObject(missing);
    await expect(log().append([record(topic, 'a', 'x')], soon())).rejects.toMatchObject(missing);
    await expect(readRecords(log(), { topic, partition: partition(0) })).rejects.toMatchObject(missing);
  });
}

function appendContract(log: () => EventLog): void {
  it('D1: returns the position of each record, in the order of the call, over several topics', async () => {
    const [one, two] = [await newTopic(log(), 'one', 4), await newTopic(log(), 'two', 1)];
    const records = Array.from({ length: 30 }, (_, i) =>
      record(i % 3 === 0 ? two : one, `k${i % 7}`, `v${i}`),
    );
    const positions = await log().append(records, soon());
    expect(positions).toHaveLength(records.length);
    expect(positions.map(({ topic }) => topic)).toEqual(records.map(({ topic }) => topic));
    const found = new Map<string, LogRecord>();
    for (const at of new Map(positions.map((at) => [partitionName(at), at])).values())
      for (const one of await readRecords(log(), at)) found.set(`${partitionName(at)}/${one.offset}`, one);
    expect(found.size).toBe(records.length);
    for (const [i, at] of positions.entries()) {
      const one = found.get(`${partitionName(at)}/${at.offset}`);
      expect([one?.key, one?.value]).toEqual([records[i]?.key, records[i]?.value]);
    }
  });

  it('D1: reads what was appended: key, headers, bytes, tombstone, timestamp', async () => {
    const topic = await newTopic(log(), 'whole', 1);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const before = Date.now();
    await log().append(
      [
        { topic, key: 'schlüssel ✓', headers: { 'ce-id': '1', text: 'grüße ✓' }, value: bytes },
        { topic, key: 'gone', headers: {}, value: null },
        { topic, key: null, headers: {}, value: Buffer.alloc(0) },
      ],
      soon(),
    );
    const found = await readRecords(log(), { topic, partition: partition(0) });
    expect(found.map(({ offset, key, headers }) => ({ offset, key, headers }))).toEqual([
      { offset: 0, key: 'schlüssel ✓', headers: { 'ce-id': '1', text: 'grüße ✓' } },
      { offset: 1, key: 'gone', headers: {} },
      { offset: 2, key: null, headers: {} },
    ]);
    expect(found.map(({ value }) => value)).toEqual([bytes, null, Buffer.alloc(0)]);
    for (const { value } of found) expect(value === null || Buffer.isBuffer(value)).toBe(true);
    // A broker's clock may differ a little from this one's; seconds or microseconds would differ a lot.
    for (const { timestamp } of found) expect(Math.abs(timestamp - before)).toBeLessThan(3_600_000);
  });

  it('D10 gives back keys and headers byte for byte: binary, repeated and null ones, in their order', async () => {
    const topic = await newTopic(log(), 'bytes', 7);
    const uuid = textOfBytes(Buffer.from('f81d4fae7dec11d0a76500a0c91e6bf6', 'hex'));
    const [long, other] = [200n, 201n].map((number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(number);
      return textOfBytes(bytes);
    });
    const binary = textOfBytes(Buffer.from('00ff80c3', 'hex'));
    const headerList: Header[] = [
      ['z', 'first'],
      ['twice', 'one'],
      ['none', null],
      ['10', 'a number as a name'],
      ['twice', binary],
      ['9', ''],
      ['a', 'last'],
    ];
    const keys = [uuid, long ?? '', other ?? '', 'text'];
    const records = keys.map((key) => ({ topic, key, headers: {}, headerList, value: Buffer.from(key) }));
    const plain = { topic, key: uuid, headers: { binary, text: 'x' }, value: null };
    const positions = await log().append([...records, plain], soon());
    // The partitioner hashes the key's own bytes, as producers of other languages do.
    const { partitionOfKey } = log();
    if (partitionOfKey !== undefined)
      expect(positions.map((at) => at.partition)).toEqual(
        [...keys, uuid].map((key) => partitionOfKey(key, 7)),
      );
    const found = await Promise.all(
      positions.map(async (at) =>
        (await readRecords(log(), at, at.offset)).find((one) => one.offset === at.offset),
      ),
    );
    expect(found.map((one) => one?.key)).toEqual([...keys, uuid]);
    for (const one of found.slice(0, -1)) {
      expect(one && headersOf(one)).toEqual(headerList);
      expect(one?.headers).toEqual({ z: 'first', 10: 'a number as a name', twice: binary, 9: '', a: 'last' });
    }
    expect(found.at(-1)).toMatchObject({ headers: { binary, text: 'x' } });
    expect(found.at(-1)?.headerList).toBeUndefined();
  });

  it('appends a record without a key to any partition', async () => {
    const topic = await newTopic(log(), 'no-key', 5);
    const [anywhere] = await log().append([record(topic, null, 'no key')], soon());
    expect(anywhere?.partition).toBeGreaterThanOrEqual(0);
    expect(anywhere?.partition).toBeLessThan(5);
  });

  it('D1: keeps the order of the records of a key within a call and between calls', async () => {
    const topic = await newTopic(log(), 'order', 3);
    let used = partition(0);
    for (let call = 0; call < 5; call++) {
      const records = Array.from({ length: 10 }, (_, i) => record(topic, 'same', `${call}.${i}`));
      const positions = await log().append(records, soon());
      used = positions[0]?.partition ?? used;
    }
    const found = await readRecords(log(), { topic, partition: used });
    const expected = Array.from({ length: 50 }, (_, i) => `${Math.floor(i / 10)}.${i % 10}`);
    expect(found.map(text)).toEqual(expected);
  });

  it('D1: completes many concurrent appends, each record at its returned position', async () => {
    const topic = await newTopic(log(), 'parallel', 2);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => log().append([record(topic, `k${i}`, `v${i}`)], soon())),
    );
    const found = new Map<string, string | null>();
    for (const p of [partition(0), partition(1)])
      for (const one of await readRecords(log(), { topic, partition: p }))
        found.set(`${p}/${one.offset}`, text(one));
    expect(found.size).toBe(40);
    for (const [i, [at]] of answers.entries())
      expect(found.get(`${at?.partition}/${at?.offset}`)).toBe(`v${i}`);
  });

  it('D1: rejects a call with a record that is too large, and writes none of its records', async () => {
    const topic = await newTopic(log(), 'large', 1);
    const large = { topic, key: 'a', headers: {}, value: Buffer.alloc(3 * 1024 * 1024, 'x') };
    await expect(log().append([record(topic, 'a', 'small'), large], soon())).rejects.toMatchObject({
      code: 'EVENT_TOO_LARGE',
    });
    expect(await log().bounds(topic, soon())).toEqual([{ earliest: offset(0), end: offset(0) }]);
  });

  it('appends nothing for an empty list, and nothing once its signal is aborted', async () => {
    const topic = await newTopic(log(), 'nothing', 1);
    expect(await log().append([], soon())).toEqual([]);
    await expect(log().append([record(topic, 'a', 'x')], AbortSignal.abort())).rejects.toThrow();
    expect(await log().bounds(topic, soon())).toEqual([{ earliest: offset(0), end: offset(0) }]);
  });
}
