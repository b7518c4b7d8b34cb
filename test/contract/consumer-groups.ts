import { expect, it } from 'vitest';
import { aborted } from '../../src/core/async.js';
import { offset, type Topic } from '../../src/core/ids.js';
import type { GroupMember } from '../../src/ports/consumer-groups.js';
import type { EventLog } from '../../src/ports/event-log.js';
import {
  type EventLogHarness,
  handledAll,
  newTopic,
  numbered,
  numbersTo,
  POLL,
  Recorder,
  record,
  soon,
  text,
  uniqueGroup,
} from './event-log-tools.js';

/** What every log must do for consumer groups. Run by `eventLogContract`. */
export function consumerGroupsContract(bench: () => EventLogHarness): void {
  const log = (): EventLog => bench().log;
  const join = (group: string, topic: Topic, handler: Recorder, on = log()): Promise<GroupMember> =>
    on.join({ group, topics: [topic] }, handler, soon());

  it('D3: delivers every record from the beginning, in the order of each partition', async () => {
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

  it('D5: assigns partitions with the id of their topic', async () => {
    const topic = await newTopic(log(), 'life', 2);
    const recorder = new Recorder();
    await using _ = await join(uniqueGroup(), topic, recorder);
    await expect.poll(() => recorder.topicIds.length, POLL).toBe(2);
    const { id } = (await log().describe([topic], soon())).get(topic) ?? {};
    expect(recorder.topicIds).toEqual([id, id]);
  });

  it('delivers every record to each group', async () => {
    const topic = await newTopic(log(), 'groups', 1);
    await log().append(numbered(topic, 5), soon());
    const [one, two] = [new Recorder(), new Recorder()];
    await using _one = await join(uniqueGroup(), topic, one);
    await using _two = await join(uniqueGroup(), topic, two);
    await handledAll(one, 5);
    await handledAll(two, 5);
    expect(one.values()).toEqual(two.values());
  });

  it('continues after the committed progress', async () => {
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

  it('stores the progress that a handler commits some time after it has resolved', async () => {
    const topic = await newTopic(log(), 'deferred', 1);
    const group = uniqueGroup();
    await log().append(numbered(topic, 3), soon());
    const delivered: { commit: () => Promise<unknown> }[] = [];
    const first = new Recorder(async (batch) => {
      delivered.push(batch);
    });
    const member = await join(group, topic, first);
    await handledAll(first, 3);
    await log().append(numbered(topic, 5).slice(3), soon());
    await handledAll(first, 5);
    // The newest batch alone, once nothing is in progress: it covers all before it.
    await delivered.at(-1)?.commit();
    await member[Symbol.asyncDispose]();
    await log().append(numbered(topic, 6).slice(5), soon());
    const second = new Recorder();
    await using _ = await join(group, topic, second);
    await handledAll(second, 1);
    expect(second.values()).toEqual(['5']);
  });

  it('delivers uncommitted records again', async () => {
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

  it('shares the partitions between two members, and reassigns those of a member that leaves', async () => {
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

  it('calls `assigned` before the first batch, also for idle partitions', async () => {
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

  it('begins at the offset that `assigned` returns, whatever was committed', async () => {
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

  it('treats everything before the offset that `assigned` returns as done', async () => {
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

  it('D3: delivers the same offsets again when the handler rejects, and loses none', async () => {
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

  it('leaves the group after the batch in progress', async () => {
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
