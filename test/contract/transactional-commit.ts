import { expect, it } from 'vitest';
import { aborted } from '../../src/core/async.js';
import { offset, partition, type Topic } from '../../src/core/ids.js';
import { partitionName } from '../../src/core/position.js';
import type { GroupMember } from '../../src/ports/consumer-groups.js';
import type { EventLog } from '../../src/ports/event-log.js';
import {
  requireTransactions,
  type TransactionalBatch,
  type TransactionalCommit,
} from '../../src/ports/transactional-commit.js';
import {
  type EventLogHarness,
  handledAll,
  keyOf,
  newTopic,
  numbered,
  P0,
  POLL,
  Recorder,
  readRecords,
  record,
  soon,
  text,
  uniqueGroup,
  uniqueTopic,
} from './event-log-tools.js';

/** What every log with transactions must do. Run by `eventLogContract`. */
export function transactionalCommitContract(bench: () => EventLogHarness): void {
  const log = (): EventLog => bench().log;
  const transactions = (): TransactionalCommit => requireTransactions(log(), 'these tests');
  const join = (group: string, topic: Topic, handler: Recorder, on = log()): Promise<GroupMember> =>
    requireTransactions(on, 'these tests').join({ group, topics: [topic] }, handler, soon());

  it('D1: appends records to several topics and partitions together, and returns the position of each', async () => {
    const [one, two] = [await newTopic(log(), 'atomic.one', 2), await newTopic(log(), 'atomic.two', 1)];
    const records = [
      record(one, keyOf(partition(1), 2), 'a'),
      record(two, 'k', 'b'),
      record(one, keyOf(partition(0), 2), 'c'),
      record(one, keyOf(partition(1), 2), 'd'),
    ];
    const positions = await transactions().appendAtomically(records, soon());
    expect(positions.map(partitionName)).toEqual([`${one}/1`, `${two}/0`, `${one}/0`, `${one}/1`]);
    for (const [i, at] of positions.entries()) {
      const there = async () => (await readRecords(log(), at)).find((found) => found.offset === at.offset);
      await expect.poll(there, POLL).toMatchObject({ key: records[i]?.key, value: records[i]?.value });
    }
  });

  it('D1: keeps the order of the records of a key between calls, and between atomic and plain appends', async () => {
    const topic = await newTopic(log(), 'atomic.order', 2);
    const [here, there] = [keyOf(partition(0), 2), keyOf(partition(1), 2)];
    for (let call = 0; call < 3; call++) {
      const both = [record(topic, here, `${call}.a`), record(topic, there, 'x')];
      await transactions().appendAtomically([...both, record(topic, here, `${call}.b`)], soon());
      await log().append([record(topic, here, `${call}.c`)], soon());
    }
    const values = async () => (await readRecords(log(), { topic, partition: partition(0) })).map(text);
    const expected = [0, 1, 2].flatMap((call) => [`${call}.a`, `${call}.b`, `${call}.c`]);
    await expect.poll(values, POLL).toEqual(expected);
  });

  it('D1: completes many concurrent atomic appends, each record at its returned position', async () => {
    const topic = await newTopic(log(), 'atomic.parallel', 2);
    const [here, there] = [keyOf(partition(0), 2), keyOf(partition(1), 2)];
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        transactions().appendAtomically(
          [record(topic, here, `${i}.a`), record(topic, there, `${i}.b`)],
          soon(),
        ),
      ),
    );
    await expect.poll(async () => (await all(log(), topic)).size, POLL).toBe(16);
    const found = await all(log(), topic);
    for (const [i, [a, b]] of answers.entries()) {
      expect(found.get(`${a?.partition}/${a?.offset}`)).toBe(`${i}.a`);
      expect(found.get(`${b?.partition}/${b?.offset}`)).toBe(`${i}.b`);
    }
  });

  it('D1: writes none of the records when one is refused, and accepts the next call', async () => {
    const topic = await newTopic(log(), 'atomic.refused', 2);
    const [here, there] = [keyOf(partition(0), 2), keyOf(partition(1), 2)];
    const large = { topic, key: there, headers: {}, value: Buffer.alloc(3 * 1024 * 1024, 'x') };
    await expect(
      transactions().appendAtomically([record(topic, here, 'small'), large], soon()),
    ).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' });
    const elsewhere = record(uniqueTopic('atomic.missing'), here, 'x');
    await expect(
      transactions().appendAtomically([record(topic, here, 'small'), elsewhere], soon()),
    ).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
    const good = [record(topic, here, 'good'), record(topic, there, 'good')];
    const positions = await transactions().appendAtomically(good, soon());
    expect(positions.map((at) => at.offset)).toEqual([0, 0]);
  });

  it('atomically appends nothing for an empty list, or once its signal is aborted', async () => {
    const topic = await newTopic(log(), 'atomic.nothing', 1);
    expect(await transactions().appendAtomically([], soon())).toEqual([]);
    const two = [record(topic, 'a', 'x'), record(topic, 'b', 'x')];
    await expect(transactions().appendAtomically(two, AbortSignal.abort())).rejects.toThrow();
    expect(await log().bounds(topic, soon())).toEqual([{ earliest: offset(0), end: offset(0) }]);
  });

  it('commits outputs and progress together', async () => {
    const [topic, out] = [await newTopic(log(), 'in', 1), await newTopic(log(), 'out', 1)];
    const group = uniqueGroup();
    await log().append(numbered(topic, 5), soon());
    const answers: unknown[] = [];
    const first = new Recorder(async (batch) => {
      answers.push(
        ...(await batch.commit(batch.records.map((one) => record(out, one.key, `out ${text(one)}`)))),
      );
    });
    const member = await join(group, topic, first);
    await handledAll(first, 5);
    await member[Symbol.asyncDispose]();
    const written = await readRecords(log(), { topic: out, partition: P0 });
    expect(written.map(text)).toEqual(['out 0', 'out 1', 'out 2', 'out 3', 'out 4']);
    expect(answers).toEqual(written.map((one) => ({ topic: out, partition: 0, offset: one.offset })));
  });

  it('appends an output to its `partition`, whatever its key', async () => {
    const [topic, out] = [await newTopic(log(), 'in', 1), await newTopic(log(), 'placed', 3)];
    const key = keyOf(partition(0), 3);
    await log().append(numbered(topic, 1), soon());
    const recorder = new Recorder((batch) =>
      batch.commit([{ ...record(out, key, 'placed'), partition: partition(2) }, record(out, key, 'by key')]),
    );
    await using _ = await join(uniqueGroup(), topic, recorder);
    await handledAll(recorder, 1);
    expect((await readRecords(log(), { topic: out, partition: partition(2) })).map(text)).toEqual(['placed']);
    expect((await readRecords(log(), { topic: out, partition: P0 })).map(text)).toEqual(['by key']);
  });

  it('commits neither outputs nor progress when an output is refused', async () => {
    const [topic, out] = [await newTopic(log(), 'in', 1), await newTopic(log(), 'out', 1)];
    await log().append(numbered(topic, 1), soon());
    const large = { topic: out, key: 'a', headers: {}, value: Buffer.alloc(3 * 1024 * 1024, 'x') };
    const failures: unknown[] = [];
    const recorder = new Recorder(async (batch) => {
      const small = record(out, 'a', `attempt ${failures.length}`);
      if (failures.length > 0) return batch.commit([small]);
      return batch.commit([small, large]).catch((error: unknown) => {
        failures.push(error);
        throw error;
      });
    });
    await using _ = await join(uniqueGroup(), topic, recorder);
    await handledAll(recorder, 1);
    expect(failures).toMatchObject([{ code: 'EVENT_TOO_LARGE' }]);
    const written = await readRecords(log(), { topic: out, partition: P0 });
    expect(written.map(text)).toEqual(['attempt 1']);
  });

  it('D9: refuses commits of a member that has lost the partition', async () => {
    const [topic, out] = [await newTopic(log(), 'lost', 4), await newTopic(log(), 'out', 1)];
    const group = uniqueGroup();
    const inputs = [0, 1, 2, 3].map((p) => record(topic, keyOf(partition(p), 4), `${p}`));
    await log().append(inputs, soon());
    const copy = (batch: TransactionalBatch): Promise<unknown> =>
      batch.commit(batch.records.map((one) => record(out, null, String(text(one)))));
    const released = new AbortController();
    const held: string[] = [];
    const slow = new Recorder(async (batch) => {
      if (!released.signal.aborted) {
        held.push(...batch.records.map((one) => String(text(one))));
        await aborted(AbortSignal.any([batch.signal, released.signal]));
      }
      // This handler ignores its signal, so it is the log that has to refuse the commit.
      await copy(batch);
    });
    await using other = await bench().open();
    await using _slow = await join(group, topic, slow);
    await expect.poll(() => new Set(held).size, POLL).toBe(4);
    const quick = new Recorder(copy);
    await using _quick = await join(group, topic, quick, other);
    await expect.poll(() => quick.owned.size, POLL).toBeGreaterThan(0);
    released.abort();
    await expect
      .poll(async () => (await readRecords(log(), { topic: out, partition: P0 })).length, POLL)
      .toBeGreaterThanOrEqual(4);
    await expect.poll(() => new Set([...slow.values(), ...quick.values()]).size, POLL).toBe(4);
    const written = await readRecords(log(), { topic: out, partition: P0 });
    expect(written.map(text).sort()).toEqual(['0', '1', '2', '3']);
  });
}

async function all(log: EventLog, topic: Topic): Promise<Map<string, string | null>> {
  const found = new Map<string, string | null>();
  for (const p of [partition(0), partition(1)])
    for (const one of await readRecords(log, { topic, partition: p }))
      found.set(`${p}/${one.offset}`, text(one));
  return found;
}
