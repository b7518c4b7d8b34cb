import { describe, expect, it } from 'vitest';
import { topic } from '../../src/core/ids.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { appendDeadLetters } from '../../src/dead-letters/append.js';
import { deadLetterRecord } from '../../src/dead-letters/dead-letter.js';
import { readLineage } from '../../src/lineage/read-lineage.js';
import { openWorld, type World } from '../support/world.js';

const signal = AbortSignal.timeout(60_000);

async function append(world: World, id: string, correlation: string | undefined, key = 'k') {
  const headers = {
    ...{ ce_id: id, ce_source: '/gateway', ce_type: 'Said', ce_specversion: '1.0' },
    ...(correlation !== undefined && { ce_correlationid: correlation }),
  };
  const records = [{ topic: world.topic, key, headers, value: Buffer.from('{"n":1}') }];
  const [at] = await world.log.append(records, signal);
  if (at === undefined) throw new Error('nothing was appended');
  return at;
}

async function lineage({ log, topic: of }: World, id: string, more: object = {}) {
  const options = {
    ...{ log, decoder: new RecordDecoder(), topics: [of, topic('missing')], suffix: '.dlt' },
    ...{ since: 0, recordsPerTopic: 1_000, maxEvents: 100, ...more },
  };
  const read = await readLineage(id, options, signal);
  return { ...read, ids: read.events.map((event) => event.id).sort() };
}

describe('the lineage of an event', () => {
  it('has all events that share its correlation id, earlier ones too, by its id, its correlation id or its key', async () => {
    await using world = await openWorld();
    await append(world, 'first', 'c1');
    await append(world, 'second', 'c1', 'order-7');
    await append(world, 'other', 'c2', 'order-8');
    await append(world, 'alone', undefined, 'order-9');
    const whole = ['first', 'second'];
    expect((await lineage(world, 'c1')).ids).toEqual(whole);
    expect((await lineage(world, 'second')).ids).toEqual(whole);
    expect((await lineage(world, 'order-7')).ids).toEqual(whole);
    expect((await lineage(world, 'alone')).ids).toEqual(['alone']);
    expect((await lineage(world, 'order-9')).ids).toEqual(['alone']);
    expect(await lineage(world, 'nobody')).toMatchObject({ ids: [], records: 4 });
  });

  it('has the dead letters about its events', async () => {
    await using world = await openWorld();
    const at = await append(world, 'first', 'c1');
    const fault = { kind: 'service', reason: 'no stock', service: 'inventory' };
    const record = { key: 'k', headers: {}, timestamp: 1, value: Buffer.from('{}') };
    await appendDeadLetters(world.log, [deadLetterRecord(at, record, fault)]);
    const { events } = await lineage(world, 'first');
    expect(events[0]?.deadLetters).toEqual([
      {
        kind: 'service',
        reason: 'no stock',
        failedIn: 'inventory',
        at: expect.objectContaining({ topic: `${world.topic}.dlt` }),
      },
    ]);
  });

  it('is bounded, and says what was not read or kept', async () => {
    await using world = await openWorld();
    for (let i = 0; i < 6; i += 1) await append(world, `e${i}`, 'c1');
    expect(await lineage(world, 'c1', { recordsPerTopic: 2 })).toMatchObject({
      ids: ['e4', 'e5'],
      notReadWhole: [world.topic],
    });
    expect(await lineage(world, 'c1', { maxEvents: 3 })).toMatchObject({
      ids: ['e0', 'e1', 'e2'],
      isCut: true,
    });
    expect(await lineage(world, 'c1', { since: Date.now() + 60_000 })).toMatchObject({ ids: [], records: 0 });
  });
});
