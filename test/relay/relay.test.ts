import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/core/errors.js';
import { offset, partition, topic } from '../../src/core/ids.js';
import type { Position, TopicIdPartition } from '../../src/core/position.js';
import type { NewRecord } from '../../src/core/record.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { readDeadLetter } from '../../src/dead-letters/dead-letter.js';
import { openLogger } from '../../src/observe/log.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { BatchDecoder } from '../../src/relay/batch-decoder.js';
import { openWorld, type World } from '../support/world.js';

const signal = AbortSignal.timeout(60_000);

const newestOf = async (world: World, at: TopicIdPartition): Promise<number | undefined> =>
  (await world.fanout.newest([at]))[0]?.last;

describe('the relay', () => {
  it('D10 writes a dead letter with the position and the reason for each record that is not a valid event, and continues', async () => {
    await using world = await openWorld();
    const at = await world.at(0);
    await world.relay();
    const record = { topic: world.topic, key: 'k' };
    await world.log.append(
      [
        { ...record, headers: {}, value: Buffer.from('{}') },
        {
          ...record,
          headers: { ce_specversion: '1.0', ce_id: '1', ce_source: '/x', ce_type: 'Said' },
          value: Buffer.from('{"n":'),
        },
      ],
      signal,
    );
    await world.say('k', [1]);
    await expect
      .poll(() => world.fanout.window(at, offset(-1), offset(2)).then((events) => events?.length), {
        timeout: 30_000,
      })
      .toBe(1);
    const letters = [];
    const range = { topic: topic('said.dlt'), partition: partition(0), from: offset(0) };
    for await (const batch of world.log.read(range, signal)) letters.push(...batch.records);
    expect(
      letters.map((record) => readDeadLetter(range, record)).map((one) => [one?.origin.offset, one?.kind]),
    ).toEqual([
      [0, 'no-cloudevent'],
      [1, 'data'],
    ]);
    expect(letters[1]?.value?.toString()).toBe('{"n":');
  });

  it('D10 writes a dead letter without the data when the record is too large for one', async () => {
    const tooLarge = new MillraceError('EVENT_TOO_LARGE', 'too large');
    const letters: (number | undefined)[] = [];
    const append = async ([first, ...others]: readonly NewRecord[]): Promise<Position[]> => {
      if (others.length > 0 || (first?.value?.length ?? 0) > 5) throw tooLarge;
      letters.push(first?.value?.length);
      return [];
    };
    await using world = await openWorld();
    const log = { ...world.log, append } as EventLog; // BatchDecoder only appends.
    const decoder = new BatchDecoder({
      log,
      decoder: new RecordDecoder(world.formats),
      metrics: world.metrics,
      logger: openLogger('silent'),
    });
    const record = { key: null, headers: {}, timestamp: 0 };
    const at = { topic: world.topic, partition: partition(0), last: offset(1), end: offset(2) };
    const records = ['{}', '{"long":1}'].map((text, i) => {
      return { ...record, offset: offset(i), value: Buffer.from(text) };
    });
    expect(await decoder.decode({ ...at, records }, AbortSignal.timeout(30_000))).toEqual([]);
    expect(letters).toEqual([2, undefined]);
  });

  it('counts headers that were left out, and events that no field shows: 20 types of a topic by name', async () => {
    await using world = await openWorld();
    const types = new Map([[world.topic, new Set(['Said'])]]);
    const { log, formats, metrics } = world;
    const decoder = new BatchDecoder({
      log,
      decoder: new RecordDecoder(formats),
      metrics,
      logger: openLogger('silent'),
      types,
    });
    const names = ['Said', ...Array.from({ length: 25 }, (_, i) => `com.acme.T${i}.v1`), 'com.acme.T0.v1'];
    const records = names.map((type, i) => ({
      offset: offset(i),
      timestamp: 0,
      key: 'k',
      headers: { ce_specversion: '1.0', ce_id: `${i}`, ce_source: '/x', ce_type: type, ce_time: 'yesterday' },
      value: Buffer.from('{}'),
    }));
    const batch = { topic: world.topic, partition: partition(0), records, last: offset(26), end: offset(27) };
    expect(await decoder.decode(batch, signal)).toHaveLength(27);
    const { values } = await metrics.notShown.get();
    expect(values).toHaveLength(21);
    const countOf = (type: string) => values.find(({ labels }) => labels.type === type)?.value;
    expect([countOf('com.acme.T0.v1'), countOf('(other)'), countOf('Said')]).toEqual([2, 5, undefined]);
    expect((await metrics.metadataLeftOut.get()).values).toEqual([
      { labels: { topic: 'said', header: 'ce_time' }, value: 27 },
    ]);
  });

  it('D9 stops writing once another relay claims the partition, and continues after claiming it again', async () => {
    await using world = await openWorld();
    const at = await world.at(0);
    await world.relay();
    await world.say('k', [1]);
    await expect.poll(() => newestOf(world, at), { timeout: 30_000 }).toBe(0);
    await world.fanout.claim(at, signal);
    await world.say('k', [2]);
    await expect.poll(() => newestOf(world, at), { timeout: 30_000 }).toBe(1);
    expect((await world.metrics.relayFenced.get()).values[0]?.value).toBeGreaterThanOrEqual(1);
  });

  it('fills the window and relays nothing older when the fan-out has no progress', async () => {
    await using world = await openWorld({ windowEvents: 10 });
    const at = await world.at(0);
    await world.say(
      'k',
      Array.from({ length: 100 }, (_, i) => i),
    );
    await world.relay();
    await expect.poll(() => newestOf(world, at), { timeout: 30_000 }).toBe(99);
    expect(await world.fanout.window(at, offset(89), offset(99))).toHaveLength(10);
    expect(await world.fanout.window(at, offset(80), offset(99))).toBeUndefined();
  });
});
