import { describe, expect, it } from 'vitest';
import { InProcessNodes } from '../../src/adapters/memory/node-registry.js';
import { answerTrailQuestions } from '../../src/console/life/deliveries.js';
import { lifePage } from '../../src/console/life/life.js';
import type { ConsoleContext, Payload } from '../../src/console/page.js';
import { eventId } from '../../src/core/ids.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { appendDeadLetters } from '../../src/dead-letters/append.js';
import { deadLetterRecord } from '../../src/dead-letters/dead-letter.js';
import { EventTrail } from '../../src/observe/event-trail.js';
import { openWorld, type World } from '../support/world.js';

interface Step {
  readonly events: readonly { readonly id: string; readonly traceUrl: string | null }[];
  readonly letters: readonly { readonly offset: number; readonly isEvent: boolean }[];
  readonly progress: { readonly pass: string; readonly records: number; readonly isCut: boolean };
  readonly reading: string | null;
}

async function said(world: World, id: string, { correlation = 'c1', key = 'k', trace = '' } = {}) {
  const headers = {
    ...{ ce_id: id, ce_source: '/gateway', ce_type: 'Said', ce_specversion: '1.0' },
    ...{ ce_correlationid: correlation, ...(trace !== '' && { traceparent: trace }) },
  };
  const [at] = await world.log.append(
    [{ topic: world.topic, key, headers, value: Buffer.from('{"n":1,"html":"<b>"}') }],
    AbortSignal.timeout(30_000),
  );
  if (at === undefined) throw new Error('nothing was appended');
  return at;
}

const abort = new AbortController();
const context: ConsoleContext = {
  identity: { claims: {}, expiresAt: undefined },
  signal: abort.signal,
  after: undefined,
};

function page(world: World, { nodes = new InProcessNodes().open() } = {}) {
  const parts = {
    log: world.log,
    decoder: new RecordDecoder(),
    topics: [world.topic],
    suffix: '.dlt',
    nodes,
  };
  const made = lifePage({ ...parts, traceUrl: 'https://traces.example/{traceId}?view={traceId}' });
  const life = async (args: object, more: Partial<ConsoleContext> = {}) => {
    const payloads: Payload<Step>[] = [];
    const source = await made.Subscription?.['life']?.({ ...args }, { ...context, ...more });
    for await (const payload of source ?? []) payloads.push(payload as Payload<Step>);
    const steps = payloads.map(({ data }) => data);
    return { payloads, ids: steps.flatMap(({ events }) => events.map(({ id }) => id)), last: steps.at(-1) };
  };
  return { ...made, life };
}

describe('the life of an event', () => {
  it('streams the events of an id, its letters, and at last the reading, which goes on further back', async () => {
    await using world = await openWorld();
    const at = await said(world, 'placed', { key: 'order-1' });
    await said(world, 'other', { correlation: 'c2' });
    const record = { key: 'order-1', headers: {}, timestamp: 1, value: Buffer.from([0xff]) };
    await appendDeadLetters(world.log, [deadLetterRecord(at, record, { kind: 'data', reason: 'not JSON' })]);
    const { life } = page(world);
    const future = new Date(Date.now() + 60_000).toISOString();
    const none = await life({ id: 'order-1', since: future });
    expect(none.ids).toEqual([]);
    expect(none.last).toMatchObject({ progress: { pass: 'DONE', records: 0 } });
    const all = await life({ id: 'order-1', further: none.last?.reading, since: '1970-01-01T00:00:00Z' });
    expect(all.ids).toEqual(['placed']);
    const letters = all.payloads.flatMap(({ data }) => data.letters);
    expect(letters).toMatchObject([{ offset: at.offset, isEvent: false, reason: 'not JSON' }]);
  });

  it('D4 resumes after any payload, and has every event then', async () => {
    await using world = await openWorld();
    for (let i = 0; i < 1_200; i += 1) await said(world, `e${i}`);
    const { life } = page(world);
    const whole = await life({ id: 'c1' });
    expect(whole.ids).toHaveLength(1_200);
    expect(whole.payloads.every(({ data }) => data.events.length <= 500)).toBe(true);
    for (const [i, { cursor }] of whole.payloads.entries()) {
      expect(cursor).toMatch(/^[\w.~-]+$/);
      const before = whole.payloads.slice(0, i + 1).flatMap(({ data }) => data.events);
      const after = await life({ id: 'c1' }, { after: cursor });
      expect(new Set([...before.map(({ id }) => id), ...after.ids]).size).toBe(1_200);
    }
    await expect(life({ id: 'c2' }, { after: whole.payloads[0]?.cursor })).rejects.toThrow(
      /not of a reading/,
    );
  });

  it('links events that were sampled to the backend of traces', async () => {
    await using world = await openWorld();
    const trace = '0af7651916cd43dd8448eb211c80319c';
    await said(world, 'sampled', { trace: `00-${trace}-b7ad6b7169203331-01` });
    await said(world, 'not sampled', { trace: `00-${trace}-b7ad6b7169203331-00` });
    const { payloads } = await page(world).life({ id: 'c1' });
    const links = payloads.flatMap(({ data }) => data.events.map(({ id, traceUrl }) => [id, traceUrl]));
    expect(links).toEqual([
      ['sampled', `https://traces.example/${trace}?view=${trace}`],
      ['not sampled', null],
    ]);
  });

  it('S4 runs at most four readings at once, says so, and has room again when one ends', async () => {
    await using world = await openWorld();
    await said(world, 'placed');
    const { Subscription, life } = page(world);
    const open = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const source = await Subscription?.['life']?.({ id: 'c1' }, context);
        if (source === undefined) throw new Error('there is no such field');
        const iterator = source[Symbol.asyncIterator]();
        await iterator.next();
        return iterator;
      }),
    );
    await expect(life({ id: 'c1' })).rejects.toThrow('4 readings of the log run on this node already');
    await open[0]?.return?.();
    expect((await life({ id: 'c1' })).ids).toEqual(['placed']);
    for (const one of open) await one.return?.();
  });

  it.each([
    ['', 'Type an id'],
    ['x'.repeat(300), 'has 300 characters'],
    ['a\u0000b', 'cannot be printed'],
  ])('refuses the id %j', async (id, message) => {
    await using world = await openWorld();
    await expect(page(world).life({ id })).rejects.toThrow(message);
  });
});

describe('one record', () => {
  it('is shown with its headers and its data as text, or says why it is no event', async () => {
    await using world = await openWorld();
    const at = await said(world, 'placed', { key: 'order-1' });
    const signal = AbortSignal.timeout(30_000);
    const broken = { topic: world.topic, key: 'k', headers: {} };
    await world.log.append([{ ...broken, value: Buffer.from('{"n":') }], signal);
    await world.log.append([{ ...broken, value: Buffer.from([0xff, 0xfe]) }], signal);
    const record = (offset: number) =>
      page(world).Query?.['lifeRecord']?.({ topic: world.topic, partition: 0, offset }, context);
    expect(await record(at.offset)).toMatchObject({
      ...{ key: 'order-1', data: '{"n":1,"html":"<b>"}', isJson: true, isCut: false, problem: null },
      headers: expect.arrayContaining([{ name: 'ce_id', value: 'placed' }]),
    });
    expect(await record(1)).toMatchObject({ data: '{"n":', isJson: false, problem: expect.any(String) });
    expect(await record(2)).toMatchObject({ data: 'fffe', isJson: false, problem: expect.any(String) });
    expect(await record(3)).toBeNull();
    const elsewhere = { topic: 'elsewhere', partition: 0, offset: 0 };
    await expect(async () => page(world).Query?.['lifeRecord']?.(elsewhere, context)).rejects.toThrow(
      'The schema names no topic elsewhere.',
    );
  });
});

describe('what the nodes know', () => {
  it('comes from every node that answers; one that does not is named', async () => {
    await using world = await openWorld();
    const carriers = new InProcessNodes();
    const [one, two, three] = [carriers.open(), carriers.open(), carriers.open()];
    await Promise.all([one, two, three].map((node) => node.announce({})));
    const at = await said(world, 'placed');
    const trails = [one, two].map((node) => {
      const trail = new EventTrail();
      answerTrailQuestions(node, trail);
      return trail;
    });
    three.answer('trail', () => new Promise(() => undefined));
    const event = { id: eventId('placed'), source: '/t', type: 'Said', subject: 'k', time: '', data: null };
    trails[0]?.relayed(at, [{ offset: at.offset, timestamp: 0, event }]);
    const tally = trails[1]?.tally([{ offset: at.offset, timestamp: 0, event }]);
    tally?.shown(
      trails[1]?.fieldNumber('heard') ?? 0,
      [{ relayed: { offset: at.offset, timestamp: 0, event } }],
      3,
    );
    if (tally !== undefined) trails[1]?.delivered(at, tally);
    const positions = [{ topic: at.topic, partition: at.partition, offset: at.offset }];
    const answer = await page(world, { nodes: one }).Query?.['lifeDeliveries']?.({ positions }, context);
    expect(answer).toMatchObject({
      nodes: [
        { id: one.id, isSelf: true },
        { id: two.id, isSelf: false },
      ],
      silent: [three.id],
      unheard: null,
      steps: [
        { node: one.id, kind: 'RELAYED', topic: at.topic, first: at.offset, field: null, clients: null },
        { node: two.id, kind: 'SHOWN', topic: at.topic, last: at.offset, field: 'heard', clients: 3 },
      ],
    });
    for (const node of [one, two, three]) await node[Symbol.asyncDispose]();
  });
});
