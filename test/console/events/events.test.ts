import { describe, expect, it } from 'vitest';
import type { EventRow } from '../../../src/console/events/row.js';
import type { Volume } from '../../../src/console/events/volume.js';
import { partition, topic } from '../../../src/core/ids.js';
import { bound } from '../../binding/schema.js';
import { openWorld, type World } from '../../support/world.js';
import { isAtEnd, type Read, Tab } from './tab.js';

const signal = AbortSignal.timeout(120_000);
const SAID = { topic: 'said' };
const SCHEMA = `
  type Query { ok: Boolean }
  type Said { n: Int! text: String }
  type Subscription { said: Said @subscribe(topic: "said") }`;

function tabOf(world: World): Tab {
  const { log, formats } = world;
  const topics = [world.topic];
  return new Tab({ log, formats, topics, bindings: bound(SCHEMA), resolvers: {}, deadLetterSuffix: '.dlt' });
}
const numbersOf = ({ rows }: { readonly rows: readonly EventRow[] }): number[] =>
  rows.map(({ value }) => JSON.parse(value?.text ?? 'null').n as number);
const upTo = (count: number, from = 0): number[] => Array.from({ length: count - from }, (_, i) => from + i);
const hasRows =
  (count: number) =>
  ({ rows }: Read): boolean =>
    rows.length >= count;

async function append(world: World, value: Buffer | null, key: string | null = null, headers = {}) {
  await world.log.append([{ topic: world.topic, key, headers, value }], signal);
}

describe('a tab that reads a topic', () => {
  it('D2 shows the newest records, and then each record within a second of its arrival', async () => {
    await using world = await openWorld({ partitions: 3 });
    for (const n of upTo(30)) await world.say(`k${n}`, [n]);
    const tab = tabOf(world);
    let arrived = 0;
    const { rows } = await tab.read(
      { ...SAID, from: { newest: 5 } },
      hasRows(6),
      undefined,
      async (batch) => {
        if (!batch.isAtEnd || arrived > 0) return;
        arrived = performance.now();
        await world.say('late', [99]);
      },
    );
    expect(performance.now() - arrived).toBeLessThan(1_000);
    const [late, ...newest] = numbersOf({ rows }).reverse();
    expect(late).toBe(99);
    // Records of one millisecond have no order between partitions.
    expect(new Set(newest.filter((n) => n >= 20)).size).toBe(5);
    expect(rows.at(-1)).toMatchObject({ key: 'late', type: 'Said', problem: null });
  });

  it('D4 resumes exactly behind any of its results, with sums that are exact too', async () => {
    await using world = await openWorld({ partitions: 2 });
    for (const n of upTo(20))
      await world.say(
        `k${n}`,
        upTo(50, 0).map((i) => n * 50 + i),
      );
    const tab = tabOf(world);
    const args = { ...SAID, from: { earliest: true }, filter: 'event.n % 2 == 0' };
    let cursor: string | undefined;
    let seen: readonly number[] = [];
    let [read, matched] = [0, 0];
    for (let left = 500; left > 0 && read < 1_000; left--) {
      let results = 0;
      const part = await tab.read(args, () => ++results === 2, cursor);
      seen = [...seen, ...numbersOf(part)];
      read += part.read;
      matched += part.matched;
      cursor = part.cursor;
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(upTo(500).map((i) => i * 2));
    expect([read, matched]).toEqual([1_000, 500]);
  });

  it('shows what is no event too: why, and its bytes as text or digits', async () => {
    await using world = await openWorld();
    const ce = { ce_specversion: '1.0', ce_id: 'e-1', ce_source: '/x', ce_type: 'Said' };
    await append(world, Buffer.from('<img src=x onerror=alert(1)>'), 'html', ce);
    await append(world, Buffer.from([0xff, 0xfe, 0x00]), 'binary');
    await append(world, null, 'gone', ce);
    await append(world, Buffer.from('{"n":9007199254740993}'), 'exact', ce);
    const { rows } = await tabOf(world).read({ ...SAID, from: { earliest: true } }, isAtEnd);
    expect(rows.map(({ key, problem, value }) => [key, problem, value?.text ?? value?.hex ?? null])).toEqual([
      ['html', expect.stringContaining('JSON'), '<img src=x onerror=alert(1)>'],
      ['binary', expect.stringContaining('UTF-8'), 'fffe00'],
      ['gone', null, null],
      ['exact', null, '{"n":9007199254740993}'],
    ]);
  });

  it('counts records for which the filter has no value, and says why', async () => {
    await using world = await openWorld();
    await world.say('k', [1, 2]);
    await world.mumble('k');
    await append(world, Buffer.from('no event'), 'k');
    const tab = tabOf(world);
    const { rows, failed, read, batches } = await tab.read(
      { ...SAID, from: { earliest: true }, filter: 'event.n > 1' },
      isAtEnd,
    );
    expect(numbersOf({ rows })).toEqual([2]);
    expect({ read, failed }).toEqual({ read: 4, failed: 1 });
    expect(batches.map(({ failure }) => failure).join('')).toContain('event.n is missing');
    await expect(tab.read({ ...SAID, filter: 'event.m > 1' }, isAtEnd)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: 'event has no field m. Its fields: n, text.',
    });
    expect(await tab.query('eventFilter', { ...SAID, filter: 'event.n >' })).toMatchObject({
      problem: { message: expect.stringContaining('Invalid CEL expression') },
      fields: ['n', 'text'],
    });
  });

  it('begins at a time, ends before a time, and keeps to partitions and keys', async () => {
    await using world = await openWorld({ partitions: 2 });
    await world.say('a', [1]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const middle = new Date().toISOString();
    await world.say('a', [2]);
    await world.say('b', [3]);
    const tab = tabOf(world);
    const after = await tab.read({ ...SAID, from: { time: middle } }, hasRows(2));
    expect(numbersOf(after)).toEqual([2, 3]);
    const before = await tab.read({ ...SAID, from: { earliest: true }, until: middle }, () => false);
    expect(numbersOf(before)).toEqual([1]);
    const ofKey = await tab.read({ ...SAID, from: { earliest: true }, key: 'b' }, isAtEnd);
    expect(numbersOf(ofKey)).toEqual([3]);
    const [at] = await world.say('a', [4]);
    const partitions = [at?.partition ?? 0];
    const ofPartition = await tab.read({ ...SAID, from: { earliest: true }, partitions }, isAtEnd);
    expect(new Set(ofPartition.rows.map((row) => row.partition))).toEqual(new Set(partitions));
    await expect(tab.read({ ...SAID, partitions: [7] }, isAtEnd)).rejects.toThrow('no partition 7');
  });

  it('shows a range again at a pace, and ends with it', async () => {
    await using world = await openWorld();
    await world.say('k', upTo(6));
    const until = new Date(Date.now() + 1).toISOString();
    await new Promise((resolve) => setTimeout(resolve, 3));
    const tab = tabOf(world);
    const start = performance.now();
    const shown = await tab.read(
      { ...SAID, from: { earliest: true }, until, pace: { perSecond: 50 } },
      () => false,
    );
    expect(numbersOf(shown)).toEqual(upTo(6));
    expect(performance.now() - start).toBeGreaterThanOrEqual(5 * 20 - 5);
  });

  it('D5 says what retention has deleted, and refuses positions of a topic that was recreated', async () => {
    await using world = await openWorld();
    await world.say('k', upTo(10));
    const tab = tabOf(world);
    const first = await tab.read({ ...SAID, from: { earliest: true }, limit: 2 }, () => false);
    expect(numbersOf(first)).toEqual([0, 1]);
    await world.log.retain({ topic: world.topic, partition: partition(0) }, 5);
    const next = await tab.read(SAID, isAtEnd, first.cursor);
    expect(numbersOf(next)).toEqual(upTo(10, 5));
    expect(next.batches.flatMap(({ notices }) => notices)).toEqual([
      'Retention has deleted the records of partition 0 before offset 5.',
    ]);
    await world.log.recreate(world.topic, 1);
    await expect(tab.read(SAID, isAtEnd, next.cursor)).rejects.toThrow('deleted and recreated');
    await expect(tab.read(SAID, isAtEnd, 'nonsense!')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    await expect(tab.read({ topic: 'missing' }, isAtEnd)).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
  });

  it('S4: reads no further than its client has taken results', async () => {
    await using world = await openWorld();
    await world.say('k', upTo(3_000));
    let fetched = 0;
    const read: World['log']['read'] = (range, until) => {
      fetched += 1;
      return world.log.read(range, until);
    };
    const log = new Proxy(world.log, {
      get: (target, name) => (name === 'read' ? read : Reflect.get(target, name)),
    });
    const tab = tabOf({ ...world, log });
    const taken = await tab.read({ ...SAID, from: { earliest: true } }, hasRows(200));
    expect(taken.rows.length).toBeLessThan(500);
    // A batch of the embedded log has 500 records.
    expect(fetched).toBe(1);
  });
});

describe('the records before a position', () => {
  it('are read a page at a time, down to the first one', async () => {
    await using world = await openWorld({ partitions: 3 });
    for (const n of upTo(90)) await world.say(`k${n}`, [n]);
    const tab = tabOf(world);
    const { batches, rows } = await tab.read({ ...SAID, from: { newest: 10 } }, hasRows(10));
    let before = batches[0]?.from ?? '';
    // Records of one millisecond have no order between partitions, so the newest ten may be others than the last ten.
    let found: readonly number[] = numbersOf({ rows }).filter((n) => n % 2 === 1);
    let isAtStart = false;
    for (let pages = 0; !isAtStart && pages < 20; pages++) {
      const page = await tab.query<{ rows: EventRow[]; from: string; isAtStart: boolean }>('eventsBefore', {
        ...SAID,
        before,
        limit: 25,
        filter: 'event.n % 2 == 1',
      });
      found = [...numbersOf(page), ...found];
      ({ from: before, isAtStart } = page);
    }
    expect(isAtStart).toBe(true);
    expect([...found].sort((a, b) => a - b)).toEqual(upTo(45).map((i) => i * 2 + 1));
  });
});

describe('one record', () => {
  it('has its whole value, all headers, and what is known of its event', async () => {
    await using world = await openWorld();
    const text = 'x'.repeat(50_000);
    await world.say('k', [1], { text });
    const tab = tabOf(world);
    const { rows } = await tab.read({ ...SAID, from: { earliest: true } }, hasRows(1));
    expect(rows[0]?.value).toMatchObject({ shown: 1_024 });
    expect(rows[0]?.value?.bytes).toBeGreaterThan(50_000);
    const at = { ...SAID, partition: 0, offset: 0 };
    expect(await tab.query('eventRecord', at)).toMatchObject({
      row: { value: { text: JSON.stringify({ n: 1, text }) } },
      source: '/test',
      headers: expect.arrayContaining([
        { name: 'ce_type', value: { text: 'Said', hex: null, bytes: 4, shown: 4 } },
      ]),
      headersLeftOut: 0,
    });
    expect(await tab.query('eventRecord', { ...at, offset: 5 })).toBeNull();
  });
});

describe('the volume of a topic', () => {
  it('counts every record once, before, within or after the times', async () => {
    await using world = await openWorld({ partitions: 2 });
    for (const n of upTo(40)) await world.say(`k${n}`, [n]);
    const tab = tabOf(world);
    const whole = await tab.query<Volume>('eventVolume', { ...SAID, buckets: 7 });
    expect(whole.counts).toHaveLength(7);
    expect(whole.counts.reduce((sum, one) => sum + one, 0) + whole.after).toBe(40);
    expect(whole.before).toBe(0);
    const to = new Date(Date.now() + 60_000).toISOString();
    const later = await tab.query<Volume>('eventVolume', {
      ...{ ...SAID, buckets: 3, to },
      from: new Date(Date.now() + 30_000).toISOString(),
    });
    expect(later).toMatchObject({ before: 40, counts: [0, 0, 0], after: 0 });
  });
});

describe('a topic of which the schema knows nothing', () => {
  it('shows whatever is a JSON object as data, and filters it', async () => {
    await using world = await openWorld();
    const name = topic('foreign');
    await world.log.ensureTopics(
      [{ topic: name, partitions: 1, replicas: 1, config: {} }],
      { create: true },
      signal,
    );
    const values = ['{"n":1,"on":true}', '{"n":2}', '[1]', 'text'].map((value) => Buffer.from(value));
    await world.log.append(
      values.map((value) => ({ topic: name, key: null, headers: {}, value })),
      signal,
    );
    const tab = tabOf(world);
    const all = await tab.read({ topic: name, from: { earliest: true } }, isAtEnd);
    expect(all.rows.map(({ problem }) => problem === null)).toEqual([true, true, false, false]);
    const on = await tab.read({ topic: name, from: { earliest: true }, filter: 'event.on == true' }, isAtEnd);
    expect(numbersOf(on)).toEqual([1]);
  });
});

describe('S4 a filter', () => {
  it('that takes the time of a node ends with a sentence', async () => {
    await using world = await openWorld();
    const list = Array.from({ length: 9_000 }, (_, i) => i);
    await world.say('k', [1], { text: JSON.stringify(list) });
    const filter = "event.text.split(',').all(x, event.text.split(',').size() > 0)";
    await expect(tabOf(world).read({ ...SAID, from: { earliest: true }, filter }, isAtEnd)).rejects.toThrow(
      /The filter took \d+ ms for one record/,
    );
  });
});

describe('the topics', () => {
  it('are those of the schema, their dead-letter topics, and others of the log, without internal ones', async () => {
    await using world = await openWorld();
    const specs = ['foreign', '__internal'].map((name) => ({
      topic: topic(name),
      partitions: 2,
      replicas: 1,
      config: {},
    }));
    await world.log.ensureTopics(specs, { create: true }, signal);
    const listed = await tabOf(world).query('eventTopics', {});
    expect(listed).toEqual({
      topics: [
        { name: 'said', kind: 'SCHEMA', partitions: 1, types: ['Said'] },
        { name: 'said.dlt', kind: 'DEAD_LETTER', partitions: 1, types: [] },
        { name: 'foreign', kind: 'OTHER', partitions: 2, types: [] },
      ],
      isCut: false,
      problem: null,
    });
    await expect(tabOf(world).read({ topic: '__internal' }, isAtEnd)).rejects.toThrow('not shown');
  });
});
