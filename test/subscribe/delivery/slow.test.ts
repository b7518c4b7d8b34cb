import { describe, expect, it } from 'vitest';
import { Client, openStage } from '../stage.js';

const WAIT = { timeout: 30_000 };
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** A client that takes `room` results, once it is live beside the others. */
async function slowClient(stage: Awaited<ReturnType<typeof openStage>>, field: string, select = 'n') {
  const before = await stage.live();
  const client = stage.subscribe(field, {}, select, new Client());
  await expect.poll(stage.live, WAIT).toBe(before + 1);
  client.room = 1;
  return client;
}

describe('onSlow: CONFLATE', () => {
  it('D8 CONFLATE delivers the newest missed event of each key, reports how many it left out, and becomes live again', async () => {
    const stage = await openStage({ ringEvents: 20, windowEvents: 50 });
    const client = await slowClient(stage, 'newest(below: 290)');
    const quick = stage.subscribe('newest(below: 290)');
    await expect.poll(stage.live, WAIT).toBe(2);
    for (const n of numbers(0, 100)) await stage.say(`k${n % 3}`, [n]);
    await stage.say('rare', [200]);
    // The filter decides first: this is not a newer event of its key (S1).
    await stage.say('rare', [290]);
    await expect.poll(() => quick.numbers.at(-1), WAIT).toBe(200);
    const executions = await stage.executions();
    client.read();
    await expect.poll(() => client.numbers, WAIT).toEqual([0, 97, 98, 99, 200]);
    expect(client.leftOut).toEqual([0, 96, 0, 0, 0]);
    // C1: results are made only for what is shown.
    expect((await stage.executions()) - executions).toBe(4);
    expect((await stage.metrics.conflated.get()).values).toMatchObject([
      { labels: { field: 'newest' }, value: 96 },
    ]);
    await expect.poll(stage.live, WAIT).toBe(2);
    await stage.say('k0', [201]);
    await stage.say('k0', [202]);
    await expect.poll(() => client.numbers.slice(5), WAIT).toEqual([201, 202]);
    expect(client.leftOut.slice(5)).toEqual([0, 0]);
  });

  it('D4 a cursor from the middle of a conflated replay resumes with every event that follows it', async () => {
    const stage = await openStage();
    const client = await slowClient(stage, 'newest');
    for (const n of numbers(0, 40)) await stage.say(`k${n % 4}`, [n]);
    await expect.poll(stage.isHandedOut, WAIT).toBe(true);
    const other = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    client.read(2);
    await expect.poll(() => client.isHeldBack, WAIT).toBe(true);
    expect(client.numbers).toEqual([0, 36, 37]);
    expect(client.leftOut).toEqual([0, 35, 0]);
    const resumed = stage.subscribe(`newest(after: "${client.cursors[1]}")`);
    await expect.poll(() => resumed.numbers, WAIT).toEqual([37, 38, 39]);
    expect(resumed.leftOut).toEqual([0, 0, 0]);
    // It is slow again in the middle: what has come meanwhile counts.
    await stage.say('k2', [40, 41]);
    await expect.poll(() => other.numbers, WAIT).toEqual([40, 41]);
    client.read();
    await expect.poll(() => client.numbers.slice(3), WAIT).toEqual([39, 41]);
    expect(client.leftOut.slice(3)).toEqual([1, 1]);
  });

  it('D8 a client that resumes gets every event, however slowly it reads', async () => {
    const stage = await openStage();
    await stage.say('k', numbers(0, 10));
    const client = new Client();
    client.room = 1;
    stage.subscribe('newest(since: "2020-01-01T00:00:00Z")', {}, 'n', client);
    for (const n of numbers(0, 10)) {
      await expect.poll(() => client.numbers, WAIT).toEqual(numbers(0, n + 1));
      client.read(1);
    }
    await expect.poll(stage.live, WAIT).toBe(1);
    // It has room for one more, and is live: from here on it can fall behind.
    await stage.say('k', numbers(10, 20));
    await expect.poll(() => client.isHeldBack, WAIT).toBe(true);
    client.read();
    await expect.poll(() => client.numbers.slice(11), WAIT).toEqual([19]);
    expect(client.leftOut.slice(11)).toEqual([8]);
  });

  it('D8 slow resolvers do not make a client slow, and a slow client is conflated with slow resolvers too', async () => {
    const stage = await openStage();
    const client = stage.subscribe('newest', {}, 'n slow');
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', numbers(0, 10));
    await expect.poll(() => client.numbers, WAIT).toEqual(numbers(0, 10));
    await expect.poll(stage.live, WAIT).toBe(1);
    client.room = 1;
    await stage.say('k', numbers(10, 20));
    await expect.poll(() => client.isHeldBack, WAIT).toBe(true);
    client.read();
    await expect.poll(() => client.numbers.slice(11), WAIT).toEqual([19]);
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', numbers(20, 30));
    await expect.poll(() => client.numbers.slice(12), WAIT).toEqual(numbers(20, 30));
  });

  it('S1 only events that the rule allows count as the newest of their key', async () => {
    const stage = await openStage();
    const client = await slowClient(stage, 'newestRuled');
    await stage.say('k', [3, 4, 5, 1]);
    const other = stage.subscribe('said(since: "2020-01-01T00:00:00Z")');
    await expect.poll(() => other.numbers, WAIT).toEqual([3, 4, 5, 1]);
    client.read();
    await expect.poll(() => client.numbers, WAIT).toEqual([3, 5]);
    expect(client.leftOut).toEqual([0, 1]);
  });
});

describe('onSlow: DISCONNECT', () => {
  it('D8 D4 DISCONNECT ends a subscription whose client does not read, with a cursor that resumes exactly there', async () => {
    const stage = await openStage({ partitions: 3 });
    const client = await slowClient(stage, 'all');
    client.room = 7;
    const quick = stage.subscribe('all');
    await expect.poll(stage.live, WAIT).toBe(2);
    for (const n of numbers(0, 20)) await stage.say(`k${n}`, [n]);
    await expect.poll(() => client.errors, WAIT).toHaveLength(1);
    await expect.poll(() => new Set(quick.numbers), WAIT).toEqual(new Set(numbers(0, 20)));
    const { cursor, ...extensions } = client.errors[0]?.extensions ?? {};
    expect(extensions).toEqual({ code: 'SLOW_CONSUMER', retry: true });
    expect(await stage.live()).toBe(1);
    expect(client.numbers).toHaveLength(7);
    const resumed = stage.subscribe(`all(after: "${cursor}")`);
    await expect.poll(() => resumed.numbers.length, WAIT).toBe(13);
    expect(new Set([...client.numbers, ...resumed.numbers])).toEqual(new Set(numbers(0, 20)));
    expect((await stage.metrics.slowDisconnects.get()).values).toMatchObject([
      { labels: { why: 'policy' }, value: 1 },
    ]);
  });

  it('D8 DISCONNECT does not end a slow client that resumes before it has been live', async () => {
    const stage = await openStage();
    await stage.say('k', numbers(0, 5));
    const client = new Client();
    client.room = 2;
    stage.subscribe('all(since: "2020-01-01T00:00:00Z")', {}, 'n', client);
    await expect.poll(() => client.numbers, WAIT).toEqual([0, 1]);
    client.read(4);
    await expect.poll(stage.live, WAIT).toBe(1);
    expect(client.numbers).toEqual(numbers(0, 5));
    await stage.say('k', [5, 6]);
    await expect.poll(() => client.errors[0]?.extensions?.['code'], WAIT).toBe('SLOW_CONSUMER');
    expect(client.numbers).toEqual(numbers(0, 6));
    expect(await stage.live()).toBe(0);
  });
});
