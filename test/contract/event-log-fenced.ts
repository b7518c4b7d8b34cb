import { describe, expect, it } from 'vitest';
import { type Offset, partition } from '../../src/core/ids.js';
import type { PartitionLife } from '../../src/core/position.js';
import type { EventLog, GroupHandler } from '../../src/ports/event-log.js';
import {
  type EventLogHarness,
  keyOf,
  newTopic,
  numbered,
  POLL,
  readRecords,
  record,
  soon,
  text,
  uniqueGroup,
} from './event-log-tools.js';

const P0 = partition(0);

/** What a handler can rely on that reads back what its group has committed. */
export function fencedContract(bench: () => EventLogHarness): void {
  const log = (): EventLog => bench().log;

  describe('fenced groups', () => {
    it('a record goes to the partition that it names, whatever its key says', async () => {
      const topic = await newTopic(log(), 'named', 3);
      const key = keyOf(partition(0), 3);
      const one = { ...record(topic, key, 'here'), partition: partition(2) };
      const [at] = await log().append([one], soon());
      expect(at?.partition).toBe(2);
      expect((await readRecords(log(), { topic, partition: partition(2) })).map(text)).toEqual(['here']);
    });

    it('says where a group stands', async () => {
      const topic = await newTopic(log(), 'stands', 1);
      const group = uniqueGroup();
      const id = (await log().describe([topic], soon())).get(topic)?.id;
      const at: PartitionLife = { topic, partition: P0, topicId: id };
      expect((await log().progress(group, at, soon())) ?? 0).toBe(0);
      await log().append(numbered(topic, 3), soon());
      const handler: GroupHandler = { batch: async (batch) => void (await batch.commit()) };
      await using _ = await log().join({ group, topics: [topic] }, handler, soon());
      await expect.poll(() => log().progress(group, at, soon()), POLL).toBe(3);
    });

    it('D9: who is given a partition reads all that was committed of it, whoever had it and however often', async () => {
      const topic = await newTopic(log(), 'fenced', 1);
      const out = await newTopic(log(), 'fenced-out', 1);
      const group = uniqueGroup();
      const outputs = async (of: EventLog): Promise<(string | null)[]> =>
        (await readRecords(of, { topic: out, partition: P0 })).map(text);
      const begun: { progress: Offset | undefined; outputs: number }[] = [];
      const handlerOn = (client: EventLog): GroupHandler => ({
        assigned: async (_at, _signal, progress) => {
          begun.push({ progress, outputs: (await outputs(client)).length });
          return undefined;
        },
        batch: async (batch) => {
          await batch.commit(batch.records.map((one) => record(out, null, String(text(one)))));
        },
      });
      let count = 0;
      const append = async (): Promise<void> => {
        for (let i = 0; i < 5; i++) await log().append([record(topic, null, String(count++))], soon());
      };
      for (let turn = 0; turn < 4; turn++) {
        await using client = await bench().open();
        await using _member = await client.join(
          { group, topics: [topic], fenced: true },
          handlerOn(client),
          soon(),
        );
        await append();
        // It leaves in the middle of its work, as soon as it has done some.
        await expect
          .poll(async () => (await outputs(log())).length, POLL)
          .toBeGreaterThan(turn === 3 ? count - 1 : count - 5);
      }
      expect(begun.map(({ progress }) => progress ?? 0)).toEqual(begun.map((one) => one.outputs));
      expect(begun.length).toBeGreaterThanOrEqual(4);
      expect(await outputs(log())).toEqual(Array.from({ length: count }, (_, i) => String(i)));
    });
  });
}
