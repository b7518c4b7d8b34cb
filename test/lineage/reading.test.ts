import { describe, expect, it } from 'vitest';
import { idempotencyHash } from '../../src/core/idempotency-hash.js';
import { topic } from '../../src/core/ids.js';
import { positionName } from '../../src/core/position.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { appendDeadLetters } from '../../src/dead-letters/append.js';
import { deadLetterRecord } from '../../src/dead-letters/dead-letter.js';
import { Reading } from '../../src/lineage/reading.js';
import {
  decodeReading,
  encodeReading,
  progressOf,
  type ReadingState,
} from '../../src/lineage/reading-state.js';
import { openWorld, type World } from '../support/world.js';

const signal = AbortSignal.timeout(60_000);

interface Said {
  readonly id: string;
  readonly correlation?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function append(world: World, said: readonly Said[]) {
  const records = said.map(({ id, correlation, key = 'k', headers: more }) => ({
    topic: world.topic,
    key,
    headers: {
      ...{ ce_id: id, ce_source: '/gateway', ce_type: 'Said', ce_specversion: '1.0' },
      ...(correlation !== undefined && { ce_correlationid: correlation }),
      ...more,
    },
    value: Buffer.from('{"n":1}'),
  }));
  return world.log.append(records, signal);
}

const optionsOf = ({ log, topic: of }: World, more: object = {}) => ({
  ...{ log, decoder: new RecordDecoder(), topics: [of, topic('missing')], suffix: '.dlt' },
  ...{ recordsPerTopic: 1_000, maxEvents: 100, ...more },
});

/** Reads on; stops after so many steps. */
async function read(reading: Reading, steps = Number.POSITIVE_INFINITY) {
  const ids: string[] = [];
  const letters: string[] = [];
  let state: ReadingState = reading.state;
  let left = steps;
  for await (const step of reading.steps(signal)) {
    ids.push(...step.events.map((event) => event.id));
    letters.push(...step.letters.map(({ origin }) => positionName(origin)));
    state = step.state;
    if (--left <= 0) break;
  }
  return { ids, letters, state };
}

async function readAll(world: World, id: string, more: object = {}) {
  const reading = Reading.begin(id, 0, optionsOf(world, more));
  const named = await reading.widen(0, signal);
  const { ids, ...rest } = await read(reading);
  return { ids: [...named.map((event) => event.id), ...ids].sort(), ...rest };
}

describe('a reading of the log for one id', () => {
  it('D1 finds the events of an idempotency key, by the hash in their records, with all that they caused', async () => {
    await using world = await openWorld();
    const headers = { ce_idempotencykeyhash: idempotencyHash('checkout-7') };
    await append(world, [
      { id: 'placed', correlation: 'c1', headers },
      { id: 'confirmed', correlation: 'c1', key: 'other' },
      { id: 'unrelated', correlation: 'c2' },
    ]);
    expect((await readAll(world, 'checkout-7')).ids).toEqual(['confirmed', 'placed']);
    expect((await readAll(world, 'checkout-8')).ids).toEqual([]);
  });

  it('finds the event at a position, however old, and what belongs to it', async () => {
    await using world = await openWorld();
    const [first] = await append(world, [{ id: 'placed', correlation: 'c1' }]);
    await append(world, [{ id: 'confirmed', correlation: 'c1' }, { id: 'unrelated' }]);
    if (first === undefined) throw new Error('nothing was appended');
    const options = optionsOf(world);
    const reading = Reading.begin(positionName(first), Date.now() + 60_000, options);
    const [named] = await reading.widen(Date.now() + 60_000, signal);
    expect(named?.id).toBe('placed');
    expect((await read(reading)).ids).toEqual(['confirmed']);
    expect((await readAll(world, `${world.topic}/0@99`)).ids).toEqual([]);
    expect((await readAll(world, 'elsewhere/0@0')).ids).toEqual([]);
  });

  it('goes on from any step, in another process too, and loses no event', async () => {
    await using world = await openWorld({ partitions: 3 });
    for (let i = 0; i < 9; i += 1)
      await append(world, [{ id: `e${i}`, key: `k${i}`, correlation: i < 6 ? 'c1' : 'c2' }]);
    const whole = ['e0', 'e1', 'e2', 'e3', 'e4', 'e5'];
    for (const id of ['c1', 'e3', 'k5']) {
      const found = new Set<string>();
      let reading = Reading.begin(id, 0, optionsOf(world));
      await reading.widen(0, signal);
      let total = 0;
      for (let steps = 0; reading.state.pass !== 'done'; steps += 1) {
        expect(steps).toBeLessThan(40);
        const { ids, state } = await read(reading, 1);
        for (const one of ids) found.add(one);
        const decoded = decodeReading(encodeReading(state));
        if (decoded === undefined) throw new Error('the state cannot be decoded');
        expect(decoded).toEqual(state);
        reading = Reading.from(decoded, optionsOf(world));
        ({ total } = progressOf(state));
      }
      expect([...found].sort()).toEqual(whole);
      expect(total).toBe(9);
    }
  });

  it('reads further back without reading again what it has read, and collects what it learns of there', async () => {
    await using world = await openWorld();
    // The key is in the old event alone; what it caused is new.
    await append(world, [{ id: 'placed', key: 'order-1', correlation: 'c1' }]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const since = Date.now();
    await append(world, [{ id: 'confirmed', key: 'other', correlation: 'c1' }, { id: 'unrelated' }]);
    const reading = Reading.begin('order-1', since, optionsOf(world));
    await reading.widen(since, signal);
    expect(await read(reading)).toMatchObject({ ids: [], state: { records: 2, since } });
    await reading.widen(0, signal);
    // One record of the older window; then all three, for the correlation id that it has revealed.
    expect(await read(reading)).toMatchObject({
      ids: ['placed', 'confirmed'],
      state: { records: 6, since: 0 },
    });
  });

  it('has dead letters about its events, and about records with its key that are no events', async () => {
    await using world = await openWorld();
    const [at] = await append(world, [{ id: 'placed', key: 'order-1', correlation: 'c1' }]);
    if (at === undefined) throw new Error('nothing was appended');
    const fault = { kind: 'service', reason: 'no stock', service: 'inventory' };
    const headers = { ce_id: 'placed', ce_source: '/gateway', ce_type: 'Said', ce_specversion: '1.0' };
    const event = { key: 'order-1', headers, timestamp: 1, value: Buffer.from('{}') };
    const binary = { key: 'order-1', headers: {}, timestamp: 1, value: Buffer.from([0xff, 0]) };
    const other = { key: 'order-2', headers: {}, timestamp: 1, value: Buffer.from([0xff, 0]) };
    await appendDeadLetters(world.log, [
      deadLetterRecord(at, event, fault),
      deadLetterRecord({ ...at, offset: 7 as typeof at.offset }, binary, {
        kind: 'data',
        reason: 'not JSON',
      }),
      deadLetterRecord({ ...at, offset: 8 as typeof at.offset }, other, { kind: 'data', reason: 'not JSON' }),
    ]);
    const { letters } = await readAll(world, 'order-1');
    expect(letters).toEqual([`${world.topic}/0@0`, `${world.topic}/0@7`]);
    // Where a reading went on, its events are not known: the letter says itself whose it is.
    const reading = Reading.begin('order-1', 0, optionsOf(world));
    await reading.widen(0, signal);
    const resumed = Reading.from({ ...reading.state, pass: 'letters' }, optionsOf(world));
    expect((await read(resumed)).letters).toEqual(letters);
  });

  it.each(['', 'nonsense', Buffer.from('{"id":"x"}').toString('base64url'), 'x'.repeat(300_000)])(
    'S4 refuses text that is no state of a reading',
    (text) => expect(decodeReading(text)).toBeUndefined(),
  );
});
