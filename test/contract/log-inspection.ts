import { describe, expect, it } from 'vitest';
import { type Offset, offset, partition, type Topic, topic } from '../../src/core/ids.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { GroupListing, LogInspection } from '../../src/ports/log-inspection.js';
import {
  type EventLogHarness,
  handledAll,
  newTopic,
  numbered,
  POLL,
  Recorder,
  record,
  soon,
  uniqueGroup,
  uniqueTopic,
} from './event-log-tools.js';

/** More than the groups of all tests that share a log. */
const MANY = 10_000;

export function inspectionOf({ inspection }: EventLog): LogInspection {
  if (inspection === undefined) throw new Error('This log has no inspection');
  return inspection;
}

/** For a log that lists groups and the ends of topics. */
export function logInspectionContract(bench: () => EventLogHarness): void {
  const inspect = (): LogInspection => inspectionOf(bench().log);
  const groupsOf = (topics: readonly Topic[]): Promise<GroupListing> =>
    inspect().groups(topics, MANY, soon());

  describe('for pages that inspect it', () => {
    it('returns the end of each partition of many topics at once, and leaves out topics that do not exist', async () => {
      const log = bench().log;
      const [one, other] = [await newTopic(log, 'ends', 3), await newTopic(log, 'ends', 1)];
      await log.append(numbered(one, 30), soon());
      const ends = await inspect().ends([one, uniqueTopic('missing'), other], soon());
      const expected = async (name: Topic): Promise<Offset[]> =>
        (await log.bounds(name, soon())).map(({ end }) => end);
      expect(ends).toEqual(
        new Map([
          [one, await expected(one)],
          [other, [offset(0)]],
        ]),
      );
      expect(ends.get(one)?.reduce((sum, end) => sum + end, 0)).toBe(30);
    });

    it('lists all topics, with their partitions', async () => {
      const log = bench().log;
      const [one, other] = [await newTopic(log, 'listed', 3), await newTopic(log, 'listed', 1)];
      const all = await inspect().topics(soon());
      expect([all.get(one), all.get(other), all.get(uniqueTopic('missing'))]).toEqual([3, 1, undefined]);
    });

    it('lists a group that reads a topic, with its members and how far it has committed', async () => {
      const log = bench().log;
      const [read, untouched] = [await newTopic(log, 'read', 1), await newTopic(log, 'untouched', 1)];
      await log.append(numbered(read, 5), soon());
      const group = uniqueGroup();
      const recorder = new Recorder();
      const member = await log.join({ group, topics: [read] }, recorder, soon());
      await handledAll(recorder, 5);
      const found = async () => (await groupsOf([read, untouched])).groups;
      await expect.poll(found, POLL).toEqual([
        expect.objectContaining({
          name: group,
          state: 'Stable',
          members: 1,
          topics: [read],
          progress: [{ topic: read, partition: partition(0), offset: offset(5) }],
        }),
      ]);
      expect((await groupsOf([untouched])).groups).toEqual([]);
      await member[Symbol.asyncDispose]();
      // Its progress outlives its members.
      await expect.poll(found, POLL).toMatchObject([{ name: group, state: 'Empty', members: 0 }]);
    });

    it('lists a group that has joined and committed nothing yet', async () => {
      const log = bench().log;
      const name = await newTopic(log, 'unread', 1);
      const group = uniqueGroup();
      await using _member = await log.join({ group, topics: [name] }, new Recorder(), soon());
      const found = async () => (await groupsOf([name])).groups;
      await expect.poll(found, POLL).toMatchObject([{ name: group, topics: [name], progress: [] }]);
    });

    it('C4 looks at no more groups than it may, and says how many it left out', async () => {
      const log = bench().log;
      const name = await newTopic(log, 'many', 1);
      await log.append([record(name, 'a', 'x')], soon());
      for (let i = 0; i < 2; i++) {
        const recorder = new Recorder();
        await using _member = await log.join({ group: uniqueGroup(), topics: [name] }, recorder, soon());
        await handledAll(recorder, 1);
      }
      await expect.poll(async () => (await groupsOf([name])).groups, POLL).toHaveLength(2);
      const { groups, leftOut } = await inspect().groups([name], 1, soon());
      expect(groups.length).toBeLessThanOrEqual(1);
      expect(leftOut).toBeGreaterThanOrEqual(1);
    });

    it('has nothing to say of no topics', async () => {
      expect((await groupsOf([])).groups).toEqual([]);
      expect(await inspect().ends([], soon())).toEqual(new Map());
      expect(await inspect().ends([topic('never.created')], soon())).toEqual(new Map());
    });
  });
}
