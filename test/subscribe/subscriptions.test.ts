import { describe, expect, it, vi } from 'vitest';
import { CursorCodec } from '../../src/core/cursor.js';
import { offset, partition } from '../../src/core/ids.js';
import { ParsedEvent } from '../../src/subscribe/cohort/parsed-event.js';
import { Client, openStage } from './stage.js';

const WAIT = { timeout: 30_000 };
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('subscriptions', () => {
  it('C1 a hundred equal subscriptions share one execution of each event, and release what they shared', async () => {
    const stage = await openStage();
    const clients = numbers(0, 100).map(() => stage.subscribe('said(about: "x")'));
    await expect.poll(stage.live, WAIT).toBe(100);
    expect(await stage.cohorts()).toBe(1);
    await stage.say('k', numbers(0, 5));
    for (const client of clients) await expect.poll(() => client.numbers, WAIT).toEqual(numbers(0, 5));
    expect(await stage.executions()).toBe(5);
    for (const client of clients) client.running?.close();
    expect([await stage.live(), await stage.cohorts()]).toEqual([0, 0]);
  });

  it('C1 cohorts at the same position share one signed cursor for each event, and other cohorts do not', async () => {
    const stage = await openStage();
    const alike = ['n', 'text', 'n text'].map((select) => stage.subscribe('said', {}, select));
    const keyed = ['n', 'n text'].map((select) => stage.subscribe('ofKey(key: "k")', {}, select));
    await expect.poll(stage.live, WAIT).toBe(5);
    const place = vi.spyOn(CursorCodec.prototype, 'position');
    await stage.say('k', numbers(0, 3), { text: 't' });
    for (const client of [...alike, ...keyed]) await expect.poll(() => client.cursors.length, WAIT).toBe(3);
    const shared = (client?: Client) => client?.cursors.map((cursor) => cursor.split('.')[0]);
    for (const client of alike) expect(shared(client)).toEqual(shared(alike[0]));
    for (const client of keyed) expect(shared(client)).toEqual(shared(keyed[0]));
    expect(shared(alike[0])).not.toEqual(shared(keyed[0]));
    expect(place).toHaveBeenCalledTimes(6);
  });

  it('C2 an event reaches only the cohorts whose filter equals its value, and is parsed for no other', async () => {
    const stage = await openStage({ indexed: ['text'] });
    const few = numbers(0, 50).map((i) => stage.subscribe(`like(text: "t${i}")`));
    const [three] = few.slice(3);
    const nothing = stage.subscribe('like');
    const above = stage.subscribe('like(text: "t3", n: 1)');
    await expect.poll(stage.live, WAIT).toBe(52);
    const parse = vi.spyOn(ParsedEvent.prototype, 'data', 'get');
    await stage.say('k', [7], { text: 'unasked' });
    await stage.say('k', [1], { text: 't3' });
    await stage.say('k', [2], { text: 't3' });
    await expect.poll(() => three?.numbers, WAIT).toEqual([1, 2]);
    await expect.poll(() => above.numbers, WAIT).toEqual([2]);
    expect(nothing.numbers).toEqual([]);
    await stage.say('k', [3]);
    await expect.poll(() => nothing.numbers, WAIT).toEqual([3]);
    const looked = new Set(parse.mock.contexts.map((event) => (event as ParsedEvent).relayed.offset));
    expect(looked).toEqual(new Set([1, 2, 3]));
    expect(await stage.executions()).toBe(4);
    for (const client of [...few, nothing, above]) client.running?.close();
    expect(await stage.cohorts()).toBe(0);
  });

  it('S1 a rule that reads the event applies to live and replayed events alike, for each caller separately', async () => {
    const stage = await openStage();
    const [ada, bob] = [stage.subscribe('ruled', { sub: 'ada' }), stage.subscribe('ruled', { sub: 'bob' })];
    await expect.poll(stage.live, WAIT).toBe(2);
    await stage.say('k', numbers(0, 5));
    await expect.poll(() => ada.numbers, WAIT).toEqual(numbers(0, 5));
    await expect.poll(() => bob.numbers, WAIT).toEqual([3, 4]);
    const again = stage.subscribe('ruled(since: "2020-01-01T00:00:00Z")', { sub: 'bob' });
    await expect.poll(() => again.numbers, WAIT).toEqual([3, 4]);
  });

  it('S1 a result that a resolver made for one caller is not shared with another caller', async () => {
    const stage = await openStage();
    const clients = ['ada', 'bob', 'bob'].map((sub) => stage.subscribe('said', { sub }, 'n whose'));
    await expect.poll(stage.live, WAIT).toBe(3);
    await stage.say('k', [1]);
    for (const [i, whose] of ['ada', 'bob', 'bob'].entries())
      await expect.poll(() => clients[i]?.data, WAIT).toEqual([{ n: 1, whose }]);
    expect(await stage.executions()).toBe(2);
  });

  it('D4 each cursor resumes with exactly the events that follow it', async () => {
    const stage = await openStage({ partitions: 3 });
    const first = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    for (const n of numbers(0, 12)) await stage.say(`k${n % 4}`, [n]);
    await expect.poll(() => first.numbers.length, WAIT).toBe(12);
    for (const [i, cursor] of first.cursors.entries()) {
      const resumed = stage.subscribe(`said(after: "${cursor}")`);
      const rest = new Set(first.numbers.slice(i + 1));
      await expect.poll(() => new Set(resumed.numbers), WAIT).toEqual(rest);
      await expect.poll(stage.live, WAIT).toBe(2);
      expect(resumed.numbers).toHaveLength(rest.size);
      resumed.running?.close();
    }
  });

  it('D4 many subscriptions that resume at once read the end of the log once, and none is mistaken for being ahead', async () => {
    const stage = await openStage();
    const first = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [1]);
    await expect.poll(() => first.cursors.length, WAIT).toBe(1);
    const bounds = vi.spyOn(stage.log, 'bounds');
    const old = await stage.log.bounds(stage.topic, AbortSignal.timeout(30_000));
    const after = `said(after: "${first.cursors[0]}")`;
    for (let i = 0; i < 50; i++) stage.subscribe(after);
    await expect.poll(stage.live, WAIT).toBe(51);
    // The embedded log's count of partitions comes from the same place, and is asked for by each.
    const asked = bounds.mock.calls.length;
    expect(asked).toBeLessThan(60);
    bounds.mockResolvedValueOnce(old.map((one) => ({ ...one, end: one.earliest })));
    const positions = new Map([[partition(0), { offset: offset(0), fingerprint: 0 }]]);
    await stage.hub.verify(stage.topic, { positions, topicFingerprint: 0, partitions: 1, asOf: 0 });
    expect(bounds.mock.calls.length - asked).toBe(2);
  });

  it('C1 D4 many subscriptions that resume at different positions read each partition once and execute each event once', async () => {
    const partitions = 3;
    const stage = await openStage({ partitions, ringEvents: 1, windowEvents: 1 });
    const first = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    for (let n = 0; n < 120; n += 10)
      await Promise.all(numbers(n, n + 10).map((i) => stage.say(`k${i % 7}`, [i])));
    await expect.poll(() => first.numbers.length, WAIT).toBe(120);
    const executed = await stage.executions();
    const read = vi.spyOn(stage.log, 'read');
    const herd = first.cursors.map((cursor) => stage.subscribe(`said(after: "${cursor}")`));
    await expect.poll(stage.live, WAIT).toBe(121);
    for (const [i, client] of herd.entries()) {
      const due = first.numbers.slice(i + 1);
      expect(client.numbers.toSorted()).toEqual(due.toSorted());
      for (const key of numbers(0, 7)) {
        const ofKey = (all: readonly unknown[]) => all.filter((n) => Number(n) % 7 === key);
        expect(ofKey(client.numbers)).toEqual(ofKey(due));
      }
    }
    expect(read.mock.calls.length).toBeLessThanOrEqual(partitions);
    expect((await stage.executions()) - executed).toBeLessThanOrEqual(120);
    // Subscribers at other positions in other partitions get shared results with a cursor of their own.
    const again = herd.slice(0, 20).map(({ cursors }) => stage.subscribe(`said(after: "${cursors.at(40)}")`));
    await expect.poll(stage.live, WAIT).toBe(141);
    for (const [i, client] of again.entries())
      expect(client.numbers.toSorted()).toEqual(herd[i]?.numbers.slice(41).toSorted());
  });

  it('S3 a cursor is refused for another field, other arguments or another subject', async () => {
    const stage = await openStage();
    const ada = { sub: 'ada' };
    const first = stage.subscribe('said(about: "x")', ada);
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [1]);
    await expect.poll(() => first.cursors.length, WAIT).toBe(1);
    const after = `after: "${first.cursors[0]}"`;
    const refused = [
      [stage.subscribe(`other(about: "x", ${after})`, ada), 'FIELD'],
      [stage.subscribe(`said(about: "y", ${after})`, ada), 'ARGUMENTS'],
      [stage.subscribe(`said(about: "x", ${after})`, { sub: 'bob' }), 'SUBJECT'],
      [stage.subscribe(`said(about: "x", ${after})`), 'SUBJECT'],
      [stage.subscribe('said(after: "x")', ada), 'MALFORMED'],
    ] as const;
    for (const [client, reason] of refused) {
      await expect
        .poll(() => client.errors[0]?.extensions, WAIT)
        .toMatchObject({ code: 'CURSOR_INVALID', reason });
    }
    expect(await stage.cohorts()).toBe(1);
  });

  it('D8 D3 a client that stops reading delays no other, and gets every event once and in order when it reads again', async () => {
    const stage = await openStage({ ringEvents: 20, windowEvents: 50 });
    const slow = new Client();
    slow.room = 1;
    stage.subscribe('said', {}, 'n', slow);
    const quick = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(2);
    for (let n = 0; n < 300; n += 20) await stage.say('k', numbers(n, n + 20));
    await expect.poll(() => quick.numbers, WAIT).toEqual(numbers(0, 300));
    expect(slow.numbers).toEqual([0]);
    slow.read(1);
    await expect.poll(() => slow.numbers, WAIT).toEqual([0, 1]);
    slow.read();
    await expect.poll(() => slow.numbers, WAIT).toEqual(numbers(0, 300));
    await expect.poll(stage.live, WAIT).toBe(2);
    await stage.say('k', [300]);
    await expect.poll(() => slow.numbers.at(-1), WAIT).toBe(300);
  });

  it('S4 a replay of large events reads few at a time, and delivers all of them', async () => {
    const stage = await openStage({ ringEvents: 1, windowEvents: 1 });
    const text = 'x'.repeat(200_000);
    for (let n = 0; n < 200; n += 20) await stage.say('k', numbers(n, n + 20), { text });
    const reads: { offsets: number; bytes: number }[] = [];
    const read = stage.log.read.bind(stage.log);
    vi.spyOn(stage.log, 'read').mockImplementation(async function* (range, signal) {
      const taken = { offsets: Number(range.until) - range.from, bytes: 0 };
      reads.push(taken);
      for await (const batch of read(range, signal)) {
        for (const { value } of batch.records) taken.bytes += value?.length ?? 0;
        yield batch;
      }
    });
    const client = stage.subscribe('said(since: "2020-01-01T00:00:00Z")');
    await expect.poll(() => client.numbers, WAIT).toEqual(numbers(0, 200));
    // Before anything is known of how large events are, 8 MiB and the batch that shows it; then fewer at a time.
    expect(Math.max(...reads.map(({ bytes }) => bytes))).toBeLessThan(10_000_000);
    expect(Math.max(...reads.slice(1).map(({ offsets }) => offsets))).toBeLessThanOrEqual(32);
  });

  it('C1 errors in results that subscribers share name no place in the document of one of them', async () => {
    const stage = await openStage();
    const [one, other] = [
      stage.subscribe('said', {}, 'n refused'),
      stage.subscribe('said', {}, '\n\n  n\n refused'),
    ];
    await expect.poll(stage.live, WAIT).toBe(2);
    await stage.say('k', [1]);
    for (const { results } of [one, other]) {
      await expect.poll(() => results.length, WAIT).toBe(1);
      expect(results[0]?.errors).toEqual([
        { message: 'Not to you.', path: ['it', 'refused'], extensions: { code: 'FORBIDDEN', retry: false } },
      ]);
    }
  });

  it('D3 slow resolvers do not change the order of events', async () => {
    const stage = await openStage();
    const client = stage.subscribe('said', {}, 'n slow');
    await expect.poll(stage.live, WAIT).toBe(1);
    for (let n = 0; n < 100; n += 5) await stage.say('k', numbers(n, n + 5));
    await expect.poll(() => client.numbers, WAIT).toEqual(numbers(0, 100));
  });

  it('D2 a partition that the node let go of is followed again for a new subscription', async () => {
    const stage = await openStage();
    const gone = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    gone.running?.close();
    await expect.poll(async () => (await stage.metrics.followed.get()).values[0]?.value, WAIT).toBe(0);
    await stage.say('k', [1]);
    const client = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [2]);
    await expect.poll(() => client.numbers, WAIT).toEqual([2]);
    const resumed = stage.subscribe(`said(after: "${client.cursors[0]}")`);
    await stage.say('k', [3]);
    await expect.poll(() => resumed.numbers, WAIT).toEqual([3]);
  });

  it('D3 a tombstone without headers reaches every subscription to its key, in the form that the field can show', async () => {
    const stage = await openStage();
    const unsaid = '__typename ... on Said { n } ... on Unsaid { key why }';
    const [nullable, never, declared, ada, ruled, otherKey] = [
      stage.subscribe('said'),
      stage.subscribe('always'),
      stage.subscribe('saidOrNot', {}, unsaid),
      stage.subscribe('ruled', { sub: 'ada' }),
      stage.subscribe('said(about: "x")', { sub: 'ada' }),
      stage.subscribe('ofKey(key: "other")'),
    ];
    await expect.poll(stage.live, WAIT).toBe(6);
    const tombstone = { topic: stage.topic, key: 'k', headers: {}, value: null };
    await stage.log.append([tombstone], AbortSignal.timeout(30_000));
    await stage.say('k', [3]);
    await stage.say('other', [4]);
    await expect.poll(() => nullable.data, WAIT).toEqual([null, { n: 3 }, { n: 4 }]);
    const { type, ...known } = Object(nullable.results[0]?.extensions?.['event']);
    expect(known).toMatchObject({ id: 'said/0/0', key: 'k', topic: 'said', partition: 0, offset: '0' });
    expect(type).toBeUndefined();
    expect(nullable.results[0]?.errors).toBeUndefined();

    await expect.poll(() => never.results.length, WAIT).toBe(3);
    expect(never.results[0]).toMatchObject({
      data: null,
      errors: [
        {
          message: 'The key was deleted, and always is not nullable to show that.',
          path: ['it'],
          extensions: { code: 'TOMBSTONE', retry: false },
        },
      ],
      extensions: { event: { key: 'k' }, cursor: expect.any(String) },
    });
    expect(never.results[1]).toMatchObject({ data: { it: { n: 3 } } });

    await expect
      .poll(() => declared.data, WAIT)
      .toEqual([
        { __typename: 'Unsaid', key: 'k', why: null },
        { __typename: 'Said', n: 3 },
      ]);
    // S1: its rule reads the event, and a tombstone has nothing to be read.
    await expect.poll(() => ada.data, WAIT).toEqual([{ n: 3 }, { n: 4 }]);
    await expect.poll(() => ruled.data, WAIT).toEqual([null, { n: 3 }, { n: 4 }]);
    await expect.poll(() => otherKey.data, WAIT).toEqual([{ n: 4 }]);

    // Replayed as it was live.
    const again = stage.subscribe('always(since: "2020-01-01T00:00:00Z")');
    await expect
      .poll(() => again.results, WAIT)
      .toEqual(never.results.map((one) => expect.objectContaining({ data: one.data })));
    // D10: it is not a fault of the event's that a field cannot show it.
    await stage.deadLetters[Symbol.asyncDispose]();
    expect(await stage.letters()).toEqual([]);
  });

  it('an error that a resolver throws goes to the log, and an error with a code goes to the client', async () => {
    const stage = await openStage();
    const [broken, meant] = [
      stage.subscribe('said', {}, 'n broken'),
      stage.subscribe('said', {}, 'n refused'),
    ];
    await expect.poll(stage.live, WAIT).toBe(2);
    await stage.say('k', [1]);
    await expect.poll(() => [broken, meant].map(({ results }) => results.length), WAIT).toEqual([1, 1]);
    expect(JSON.parse(JSON.stringify(broken.results[0]))).toMatchObject({
      data: { it: { n: 1, broken: null } },
      errors: [{ message: 'This field failed.', extensions: { code: 'INTERNAL', retry: false } }],
    });
    expect(meant.results[0]).toMatchObject({
      data: { it: { n: 1, refused: null } },
      errors: [{ message: 'Not to you.', extensions: { code: 'FORBIDDEN', retry: false } }],
    });
    expect(stage.errors).toEqual(['password of postgres://u:pw@h is wrong']);
    await stage.say('k', [2]);
    // Told once, and counted each time.
    await expect.poll(() => stage.problems('execution'), WAIT).toBe(2);
    expect(stage.errors).toHaveLength(1);
  });

  it('D10 an event that a filter or an execution fails on becomes one dead letter, and stops no subscription', async () => {
    const stage = await openStage();
    const [filtered, alike, never, nullable] = [
      stage.subscribe('below(most: 5)'),
      stage.subscribe('below(most: 9)'),
      stage.subscribe('always'),
      stage.subscribe('said'),
    ];
    await expect.poll(stage.live, WAIT).toBe(4);
    await stage.mumble('k');
    await stage.say('k', [1]);
    for (const client of [filtered, alike]) await expect.poll(() => client.data, WAIT).toEqual([{ n: 1 }]);
    const said = 'Cannot return null for non-nullable field Said.n.';
    const failed = { message: 'This field failed.', extensions: { code: 'INTERNAL', retry: false } };
    for (const client of [never, nullable]) {
      await expect.poll(() => client.results.length, WAIT).toBe(2);
      expect(client.results[0]).toMatchObject({ errors: [failed] });
      expect(client.results[1]).toMatchObject({ data: { it: { n: 1 } } });
    }
    const int = String.fromCharCode(0).repeat(4);
    const origin = { 'kafka_dlt-original-topic': 'said', 'kafka_dlt-original-partition': int };
    await expect.poll(async () => (await stage.letters()).length, WAIT).toBe(3);
    for (const { key, value, headers } of await stage.letters()) {
      expect([key, value?.toString()]).toEqual(['k', '{"n":null}']);
      expect(headers).toMatchObject({
        ...origin,
        'kafka_dlt-original-offset': int.repeat(2),
        ce_id: 'mumbled-k',
        own: 'header',
      });
    }
    const why = async () =>
      new Map(
        (await stage.letters()).map(({ headers }) => [
          headers['millrace-field'],
          [headers['kafka_dlt-exception-fqcn'], headers['kafka_dlt-exception-message']],
        ]),
      );
    expect(await why()).toEqual(
      new Map([
        ['below', ['millrace.filter', 'event.n < args.most has no value: event.n is missing']],
        ['always', ['millrace.execution', said]],
        ['said', ['millrace.execution', said]],
      ]),
    );

    // What is set aside already is not, when it is replayed; what is not, is.
    const again = stage.subscribe('always(since: "2020-01-01T00:00:00Z")');
    await expect.poll(() => again.results.length, WAIT).toBe(2);
    await stage.mumble('other');
    await expect.poll(async () => (await stage.letters()).length, WAIT).toBe(6);
    expect((await stage.letters()).map(({ key }) => key)).toEqual(['k', 'k', 'k', 'other', 'other', 'other']);
  });

  it('D10 S4 a failure that the caller causes makes no dead letter', async () => {
    const stage = await openStage();
    const client = stage.subscribe('per(by: 1)');
    const never = stage.subscribe('always');
    await expect.poll(stage.live, WAIT).toBe(2);
    await stage.say('k', [1]);
    await stage.say('k', [2]);
    await expect.poll(() => never.results.length, WAIT).toBe(2);
    // An event that is itself at fault comes after them: once it is a dead letter, they would be too.
    await stage.mumble('k');
    await expect.poll(async () => (await stage.letters()).length, WAIT).toBe(2);
    const fields = (await stage.letters()).map(({ headers }) => headers['millrace-field']);
    expect(new Set(fields)).toEqual(new Set(['always', 'per']));
    for (const { value } of await stage.letters()) expect(value?.toString()).toBe('{"n":null}');
    expect(client.results).toEqual([]);
    const { values } = await stage.metrics.problems.get();
    expect(values.find(({ labels }) => labels.kind === 'filter')?.value).toBe(3);
  });

  it('D3 D4 a position that is told when partitions are added is before everything in them', async () => {
    const stage = await openStage({ partitions: 2 });
    const grow = smallAtFirst(stage, 1);
    const client = stage.subscribe('said', {}, 'n', new Client({ readsPositions: true }));
    await expect.poll(stage.live, WAIT).toBe(1);
    const said = await Promise.all(numbers(0, 8).map((n) => stage.say(`k${n}`, [n])));
    const first = said.filter(([at]) => at?.partition === 0).length;
    await expect.poll(() => client.numbers.length, WAIT).toBe(first);
    grow();
    await expect.poll(() => client.numbers.length, WAIT).toBe(8);
    for (const { cursor, results } of client.positions) {
      const resumed = stage.subscribe(`said(after: "${cursor}")`);
      const rest = new Set(client.numbers.slice(results));
      await expect.poll(() => new Set(resumed.numbers), WAIT).toEqual(rest);
      resumed.running?.close();
    }
  });

  it('D2 D3 D4 added partitions are followed from their beginning, and earlier cursors stay valid', async () => {
    const stage = await openStage({ partitions: 2 });
    const grow = smallAtFirst(stage, 1);
    const client = stage.subscribe('said');
    await expect.poll(stage.live, WAIT).toBe(1);
    const positions = await Promise.all(numbers(0, 8).map((n) => stage.say(`k${n}`, [n])));
    const first = numbers(0, 8).filter((n) => positions[n]?.[0]?.partition === 0);
    await expect.poll(() => client.numbers.length, WAIT).toBe(first.length);
    expect(new Set(client.numbers)).toEqual(new Set(first));
    grow();
    await expect.poll(() => client.numbers.length, WAIT).toBe(8);
    await Promise.all(numbers(8, 16).map((n) => stage.say(`k${n}`, [n])));
    await expect.poll(() => client.numbers.length, WAIT).toBe(16);
    expect(new Set(client.numbers)).toEqual(new Set(numbers(0, 16)));
    await expect.poll(stage.live, WAIT).toBe(1);
    // Each cursor, from before and after, resumes with exactly what follows it.
    for (const [i, cursor] of client.cursors.entries()) {
      const resumed = stage.subscribe(`said(after: "${cursor}")`);
      await expect.poll(stage.live, WAIT).toBe(2);
      expect(new Set(resumed.numbers)).toEqual(new Set(client.numbers.slice(i + 1)));
      expect(resumed.numbers).toHaveLength(15 - i);
      resumed.running?.close();
    }
  });

  it('shows where an event came from only to clients that ask, live as in replay, each with a cursor that the others can use', async () => {
    const stage = await openStage();
    const asking = [stage.subscribe('said(about: "x")'), stage.subscribe('said(about: "x")')];
    const plain = stage.subscribe('said(about: "x")', {}, 'n', new Client(), { eventContext: false });
    await expect.poll(stage.live, WAIT).toBe(3);
    // C1: two sets of bytes, however many clients.
    expect(await stage.cohorts()).toBe(2);
    await stage.say('k', [1, 2]);
    for (const client of [...asking, plain]) await expect.poll(() => client.numbers, WAIT).toEqual([1, 2]);
    for (const { results } of asking)
      expect(results.map(({ extensions }) => extensions?.['event'])).toMatchObject([
        { key: 'k' },
        { key: 'k' },
      ]);
    const onlyCursor = { cursor: expect.any(String) };
    expect(plain.results.map(({ extensions }) => extensions)).toEqual([onlyCursor, onlyCursor]);
    const [first] = plain.results.map(({ extensions }) => String(extensions?.['cursor']));
    expect(asking[0]?.results[0]?.extensions?.['cursor']).toBe(first);
    const resumed = (eventContext: boolean) =>
      stage.subscribe(`said(about: "x", after: "${first}")`, {}, 'n', new Client(), { eventContext });
    const [asks, doesNot] = [resumed(true), resumed(false)];
    await expect.poll(() => [asks.numbers, doesNot.numbers], WAIT).toEqual([[2], [2]]);
    expect(asks.results[0]?.extensions).toMatchObject({ event: { key: 'k' }, ...onlyCursor });
    expect(doesNot.results[0]?.extensions).toEqual(onlyCursor);
  });
});

/** The log says at first that the topic has fewer partitions than it has. @returns what makes it grow */
function smallAtFirst(stage: Awaited<ReturnType<typeof openStage>>, partitions: number): () => void {
  const { log } = stage;
  const describe = log.describe.bind(log);
  const small = vi.spyOn(log, 'describe').mockImplementation(async (topics, signal) => {
    const found = await describe(topics, signal);
    return new Map([...found].map(([name, { id }]) => [name, { id, partitions }]));
  });
  return () => small.mockRestore();
}
