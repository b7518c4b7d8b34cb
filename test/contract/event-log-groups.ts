import { expect, it } from 'vitest';
import { offset, partition, type Topic } from '../../src/core/ids.js';
import type { AssignedBatch, EventLog, GroupMember } from '../../src/ports/event-log.js';
import {
  type EventLogHarness,
  keyOf,
  newTopic,
  numbered,
  numbersTo,
  POLL,
  Recorder,
  readRecords,
  record,
  soon,
  text,
  uniqueGroup,
} from './event-log-tools.js';

const P0 = partition(0);

/** Waits until `recorder` has handled `count` records. */
const handledAll = (recorder: Recorder, count: number): Promise<void> =>
  expect.poll(() => recorder.handled.length, POLL).toBeGreaterThanOrEqual(count);

export function groupContract(bench: () => EventLogHarness): void {
  const log = (): EventLog => bench().log;
  const join = (group: string, topic: Topic, handler: Recorder, on = log()): Promise<GroupMember> =>
    on.join({ group, topics: [topic] }, handler, soon());

  it('D3: a member gets everything from the beginning, in the order of each partition', async () => {
    const topic = await newTopic(log(), 'all', 3);
    await log().append(numbered(topic, 20), soon());
    const recorder = new Recorder();
    await using _ = await join(uniqueGroup(), topic, recorder);
    await handledAll(recorder, 20);
    await log().append(numbered(topic, 25).slice(20), soon());
    await handledAll(recorder, 25);
    expect(recorder.values().sort()).toEqual(numbersTo(25));
    for (const p of [0, 1, 2]) {
      const offsets = recorder.handled.filter(({ at }) => at === `${topic}/${p}`).map((one) => one.offset);
      expect(offsets).toEqual(offsets.map((_, i) => i));
    }
  });

  it('D5: a member is told of which topic its partitions are', async () => {
    const topic = await newTopic(log(), 'life', 2);
    const recorder = new Recorder();
    await using _ = await join(uniqueGroup(), topic, recorder);
    await expect.poll(() => recorder.topicIds.length, POLL).toBe(2);
    const { id } = (await log().describe([topic], soon())).get(topic) ?? {};
    expect(recorder.topicIds).toEqual([id, id]);
  });

  it('each group gets everything', async () => {
    const topic = await newTopic(log(), 'groups', 1);
    await log().append(numbered(topic, 5), soon());
    const [one, two] = [new Recorder(), new Recorder()];
    await using _one = await join(uniqueGroup(), topic, one);
    await using _two = await join(uniqueGroup(), topic, two);
    await handledAll(one, 5);
    await handledAll(two, 5);
    expect(one.values()).toEqual(two.values());
  });

  it('goes on after what was committed', async () => {
    const topic = await newTopic(log(), 'resume', 1);
    const group = uniqueGroup();
    await log().append(numbered(topic, 6), soon());
    const first = new Recorder();
    const member = await join(group, topic, first);
    await handledAll(first, 6);
    await member[Symbol.asyncDispose]();
    await member.ended;
    await log().append(numbered(topic, 10).slice(6), soon());
    const second = new Recorder();
    await using _ = await join(group, topic, second, log());
    await handledAll(second, 4);
    expect(second.values()).toEqual(['6', '7', '8', '9']);
  });

  it('gives again what was not committed', async () => {
    const topic = await newTopic(log(), 'uncommitted', 1);
    const group = uniqueGroup();
    await log().append(numbered(topic, 3), soon());
    const first = new Recorder(async () => {});
    const member = await join(group, topic, first);
    await handledAll(first, 3);
    await member[Symbol.asyncDispose]();
    const second = new Recorder();
    await using _ = await join(group, topic, second);
    await handledAll(second, 3);
    expect(second.values()).toEqual(['0', '1', '2']);
  });

  it('two members share the partitions, and one that leaves gives its own to the other', async () => {
    const topic = await newTopic(log(), 'shared', 4);
    const group = uniqueGroup();
    await using other = await bench().open();
    const [one, two] = [new Recorder(), new Recorder()];
    await using _one = await join(group, topic, one);
    const leaving = await join(group, topic, two, other);
    await expect.poll(() => [one.owned.size, two.owned.size], POLL).toEqual([2, 2]);
    expect(new Set([...one.owned, ...two.owned]).size).toBe(4);

    await log().append(numbered(topic, 40), soon());
    await expect.poll(() => one.handled.length + two.handled.length, POLL).toBeGreaterThanOrEqual(40);
    expect([...one.values(), ...two.values()].sort()).toEqual(numbersTo(40));
    for (const { at } of one.handled) expect(one.owned).toContain(at);
    for (const { at } of two.handled) expect(two.owned).toContain(at);

    await leaving[Symbol.asyncDispose]();
    await expect.poll(() => one.owned.size, POLL).toBe(4);
    const before = one.handled.length;
    await log().append(numbered(topic, 20), soon());
    await handledAll(one, before + 20);
    expect(one.values().slice(before).sort()).toEqual(numbersTo(20));
  });

  it('calls `assigned` for idle partitions, before the first batch', async () => {
    const topic = await newTopic(log(), 'idle', 3);
    const recorder = new Recorder();
    await using _ = await join(uniqueGroup(), topic, recorder);
    await expect.poll(() => recorder.owned.size, POLL).toBe(3);
    await log().append(numbered(topic, 12), soon());
    await handledAll(recorder, 12);
    for (const name of recorder.owned) {
      const calls = recorder.calls.filter((call) => call.endsWith(name));
      expect(calls[0]).toBe(`assigned ${name}`);
    }
  });

  it('begins where `assigned` says, whatever was committed', async () => {
    const topic = await newTopic(log(), 'begin', 1);
    const group = uniqueGroup();
    await log().append(numbered(topic, 10), soon());
    const later = new Recorder(undefined, () => offset(4));
    const member = await join(group, topic, later);
    await handledAll(later, 6);
    await member[Symbol.asyncDispose]();
    expect(later.values()).toEqual(['4', '5', '6', '7', '8', '9']);

    const again = new Recorder(undefined, () => offset(2));
    await using _ = await join(group, topic, again);
    await handledAll(again, 8);
    expect(again.values()).toEqual(['2', '3', '4', '5', '6', '7', '8', '9']);
  });

  it('counts what is before the place that `assigned` says as done', async () => {
    const topic = await newTopic(log(), 'done', 1);
    const group = uniqueGroup();
    await log().append(numbered(topic, 5), soon());
    const further = new Recorder(
      async () => {},
      () => offset(5),
    );
    const member = await join(group, topic, further);
    await log().append([record(topic, 'a', 'next')], soon());
    await handledAll(further, 1);
    await member[Symbol.asyncDispose]();
    const heir = new Recorder();
    await using _ = await join(group, topic, heir);
    await handledAll(heir, 1);
    expect(heir.values()).toEqual(['next']);
  });

  it('D3: gives the same offsets again when the handler rejects, and loses none', async () => {
    const topic = await newTopic(log(), 'reject', 1);
    await log().append(numbered(topic, 5), soon());
    const given: string[][] = [];
    const recorder = new Recorder(async (batch) => {
      given.push(batch.records.map((one) => String(text(one))));
      if (given.length <= 2) throw new Error('not yet');
      await batch.commit();
    });
    await using _ = await join(uniqueGroup(), topic, recorder);
    await handledAll(recorder, 5);
    expect(recorder.values()).toEqual(['0', '1', '2', '3', '4']);
    expect(given.slice(0, 3).map(([first]) => first)).toEqual(['0', '0', '0']);
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

  it('puts an output where its partition says, whatever its key', async () => {
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

  it('D9: a member that lost a partition cannot commit to it', async () => {
    const [topic, out] = [await newTopic(log(), 'lost', 4), await newTopic(log(), 'out', 1)];
    const group = uniqueGroup();
    const inputs = [0, 1, 2, 3].map((p) => record(topic, keyOf(partition(p), 4), `${p}`));
    await log().append(inputs, soon());
    const copy = (batch: AssignedBatch): Promise<unknown> =>
      batch.commit(batch.records.map((one) => record(out, null, String(text(one)))));
    const released = new AbortController();
    const held: string[] = [];
    const slow = new Recorder(async (batch) => {
      if (!released.signal.aborted) {
        held.push(...batch.records.map((one) => String(text(one))));
        await aborted(AbortSignal.any([batch.signal, released.signal]));
      }
      // A handler that does not look at its signal: it is the log that has to refuse.
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

  it('leaves the group after the batch in hand', async () => {
    const topic = await newTopic(log(), 'leave', 1);
    await log().append(numbered(topic, 1), soon());
    let [begun, ended] = [false, false];
    const released = new AbortController();
    const recorder = new Recorder(async (batch) => {
      begun = true;
      await aborted(AbortSignal.any([batch.signal, released.signal]));
      ended = true;
    });
    const member = await join(uniqueGroup(), topic, recorder);
    await expect.poll(() => begun, POLL).toBe(true);
    const leaving = member[Symbol.asyncDispose]();
    released.abort();
    await leaving;
    expect(ended).toBe(true);
    await expect(member.ended).resolves.toBeUndefined();
  });
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
