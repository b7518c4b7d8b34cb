import { parse } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { textOfBytes } from '../../src/core/byte-text.js';
import { CursorCodec } from '../../src/core/cursor.js';
import { offset } from '../../src/core/ids.js';
import type { KeyFormat } from '../../src/core/key-format.js';
import { partitionOfKey } from '../../src/core/partitioner.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { RecordEncoder } from '../../src/core/record-encoder.js';
import { BatchProcessor } from '../../src/services/batch-processor.js';
import { OutputEncoder } from '../../src/services/output-encoder.js';
import type { Service } from '../../src/services/service.js';
import { Subscriptions } from '../../src/subscribe/subscriptions.js';
import { ViewStore } from '../../src/views/view-store.js';
import { viewVersion } from '../../src/views/view-version.js';
import { ViewWriter } from '../../src/views/view-writer.js';
import { bound } from '../binding/schema.js';
import { loggerOf } from '../support/logger.js';
import { openWorld } from '../support/world.js';
import { Client } from './stage.js';

const { signal } = new AbortController();
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const HEADERS = { ce_specversion: '1.0', ce_source: '/other', ce_type: 'Said' };

async function openStage(key: KeyFormat | undefined) {
  const world = await openWorld({ partitions: 4, key });
  onTestFinished(() => world[Symbol.asyncDispose]());
  await world.relay();
  const declaration = key === undefined ? '' : `extend schema @topic(name: "said", key: ${key})`;
  const bindings = bound(`${declaration}
    type Query { ok: Boolean }
    type Said { n: Int }
    type Gone { key: ID! }
    union News = Said | Gone
    type Subscription {
      of(key: ID!): Said @subscribe(topic: "said", key: "args.key")
      ofInt(key: Int!): Said @subscribe(topic: "said", key: "args.key + 9007199254740992")
      news: News @subscribe(topic: "said", tombstone: "Gone")
    }`);
  const codec = new CursorCodec(['secret']);
  const { metrics, deadLetters } = world;
  const parts = { bindings, hub: world.hub(), codec, metrics, deadLetters };
  const subscriptions = new Subscriptions({ ...parts, logger: loggerOf().logger });
  let id = 0;
  return {
    ...world,
    subscribe(field: string, select = 'n'): Client {
      const client = new Client();
      const request = {
        document: parse(`subscription { it: ${field} { ${select} } }`),
        operationName: undefined,
        variables: {},
        identity: { claims: {}, expiresAt: undefined },
        eventContext: true,
      };
      client.running = subscriptions.start(request, undefined, client);
      return client;
    },
    live: async () => (await metrics.live.get()).values[0]?.value ?? 0,
    say: (bytes: Buffer, n: number | null) => {
      id += 1;
      const value = n === null ? null : Buffer.from(JSON.stringify({ n }));
      const headers = n === null ? {} : { ...HEADERS, ce_id: `e-${id}` };
      return world.log.append([{ topic: world.topic, key: textOfBytes(bytes), headers, value }], signal);
    },
  };
}

/** Two keys that are easily taken for one, and how they are shown. */
const PAIRS = [
  [
    undefined,
    [hex('00000000000000c8'), 'base64:AAAAAAAAAMg='],
    [hex('00000000000000c9'), 'base64:AAAAAAAAAMk='],
  ],
  [undefined, [hex('ff'), 'base64:/w=='], [Buffer.from('\ufffd'), '\ufffd']],
  ['STRING', [Buffer.from('a'), 'a'], [Buffer.from('Ä'), 'Ä']],
  ['INT64', [hex('00000000000000c8'), '200'], [hex('00000000000000c9'), '201']],
  ['INT64', [hex('0020000000000000'), '9007199254740992'], [hex('0020000000000001'), '9007199254740993']],
  ['INT32', [hex('000000c8'), '200'], [hex('ffffff38'), '-200']],
  [
    'UUID',
    [hex('550e8400e29b41d4a716446655440000'), '550e8400-e29b-41d4-a716-446655440000'],
    [hex('550e8400e29b41d4a716446655440080'), '550e8400-e29b-41d4-a716-446655440080'],
  ],
  ['BYTES', [hex('c8'), 'yA=='], [hex('c9'), 'yQ==']],
  ['JSON', [Buffer.from('"42"'), '42'], [Buffer.from('42'), 'json:42']],
] as const;

const shownKeys = (client: Client): unknown[] =>
  client.results.map(({ extensions }) => (extensions?.['event'] as { key?: string } | undefined)?.key);

describe('keys with a schema, which their producers write in different ways', () => {
  const struct = (name: string) => ({ type: 'struct', name, fields: [{ type: 'int64', field: 'id' }] });
  const written = (schema: unknown, payload: unknown): Buffer =>
    Buffer.from(JSON.stringify({ schema, payload }));
  /** Both have the same payload. The partition of each follows from its bytes. */
  const ways = [written(struct('a'), { id: 7 }), written(null, { id: 7 })];

  it('D2 D3 are found in whichever partition they lie, each record once and in order', async () => {
    const stage = await openStage('CONNECT');
    const at = ways.map((key) => partitionOfKey(textOfBytes(key), 4));
    expect(at[0]).not.toBe(at[1]);
    const client = stage.subscribe(`of(key: ${JSON.stringify('{ "id": 7 }')})`);
    const news = stage.subscribe('news', '... on Said { n } ... on Gone { key }');
    await expect.poll(stage.live).toBe(2);
    for (const [n, key] of [...ways, ...ways, written(null, { id: 8 })].entries()) await stage.say(key, n);
    await stage.say(ways[1] ?? hex(''), null);
    await expect.poll(() => news.data).toHaveLength(6);
    await expect.poll(() => client.data).toHaveLength(5);
    const seen = client.data.map((data) => data?.['n']);
    expect([...seen].sort()).toEqual([0, 1, 2, 3, undefined]);
    expect(seen.filter((n) => n === 0 || n === 2)).toEqual([0, 2]);
    expect(seen.filter((n) => n !== 0 && n !== 2)).toEqual([1, 3, undefined]);
    expect(new Set(shownKeys(client))).toEqual(new Set(['{"id":7}']));
  });
});

describe('keys of other producers', () => {
  it.each(PAIRS)('of the format %s stay apart (pair %#)', async (format, [one, first], [two, second]) => {
    const stage = await openStage(format);
    const quoted = [first, second].map((key) => JSON.stringify(key));
    const clients = quoted.map((key) => stage.subscribe(`of(key: ${key})`));
    const news = stage.subscribe('news', '... on Said { n } ... on Gone { key }');
    await expect.poll(stage.live).toBe(3);
    await stage.say(one, 1);
    await stage.say(two, 2);
    await stage.say(one, null);
    await stage.say(two, null);
    await expect.poll(() => news.data).toHaveLength(4);
    await expect
      .poll(() => clients.map(({ data }) => data))
      .toEqual([
        [{ n: 1 }, null],
        [{ n: 2 }, null],
      ]);
    expect(clients.map(shownKeys)).toEqual([
      [first, first],
      [second, second],
    ]);
    expect(news.data).toContainEqual({ key: first });
    expect(news.data).toContainEqual({ key: second });
  });

  it.each(PAIRS)(
    'of the format %s have states of their own in services and views, and are written byte for byte (pair %#)',
    async (format, [one, first], [two, second]) => {
      const stage = await openStage(format);
      await stage.say(one, 1);
      await stage.say(two, 2);
      const echo: Service<{ n: unknown }> = {
        name: 'echo',
        topics: ['said'],
        initial: { n: null },
        handle: ({ key, data }, { state }) => ({
          state: { n: [state.n, data?.['n']] },
          events: [{ topic: 'said', type: 'Said', key: key ?? '', data: {} }],
        }),
      };
      const decoder = new RecordDecoder(stage.formats);
      const encoder = new RecordEncoder(stage.formats);
      const outputs = new OutputEncoder({ group: 'g', service: 'echo', encoder });
      const states = new Map<string, string | null>();
      const written: unknown[] = [];
      const view = {
        name: 'v',
        topics: ['said'],
        initial: null,
        fold: (_state: unknown, event: { data: unknown }) => event.data,
      };
      const store = new ViewStore(stage.state);
      const writer = new ViewWriter({ view, store, decoder });
      const version = viewVersion('v', 'b', new Map());
      for (const number of [0, 1, 2, 3]) {
        const at = await stage.at(number);
        for await (const batch of stage.log.read({ ...at, from: offset(0) }, AbortSignal.timeout(30_000))) {
          const { emitted, changes } = await new BatchProcessor({ service: echo, decoder }).run(
            batch,
            new Map(),
            signal,
          );
          for (const [key, state] of changes) states.set(key, state);
          written.push(...(await outputs.encode(emitted, signal)).map(({ key }) => key));
          await writer.fold(version, at, batch.records, signal);
        }
      }
      expect([...states].sort()).toEqual(
        [
          [first, '{"n":[null,1]}'],
          [second, '{"n":[null,2]}'],
        ].sort(),
      );
      expect(written.sort()).toEqual([textOfBytes(one), textOfBytes(two)].sort());
      expect((await store.state(version, first))?.value.state).toEqual({ n: 1 });
      expect((await store.state(version, second))?.value.state).toEqual({ n: 2 });
    },
  );

  it('are found by an expression that computes an integer beyond 2^53', async () => {
    const stage = await openStage('INT64');
    const client = stage.subscribe('ofInt(key: 1)');
    await expect.poll(stage.live).toBe(1);
    await stage.say(hex('0020000000000000'), 0);
    await stage.say(hex('0020000000000001'), 1);
    await expect.poll(() => client.data).toEqual([{ n: 1 }]);
    expect(shownKeys(client)).toEqual(['9007199254740993']);
  });

  it('D10 become dead letters, byte for byte, when they do not read as their topic declares', async () => {
    const stage = await openStage('INT64');
    const news = stage.subscribe('news', '... on Said { n }');
    await expect.poll(stage.live).toBe(1);
    await stage.say(Buffer.from('200'), 1);
    await stage.say(hex('00000000000000c8'), 2);
    await expect.poll(() => news.data).toEqual([{ n: 2 }]);
    await expect.poll(stage.letters).toHaveLength(1);
    const [letter] = await stage.letters();
    expect(letter?.key).toBe('200');
    expect(letter?.headers).toMatchObject({
      'kafka_dlt-exception-fqcn': 'millrace.key',
      'kafka_dlt-exception-message': 'the key has 3 bytes, but INT64 has 8',
    });
  });

  it('are an error of the caller when an argument is not a key of the topic', async () => {
    const stage = await openStage('INT64');
    const client = stage.subscribe('of(key: "a1")');
    await expect.poll(() => client.errors).toHaveLength(1);
    expect(client.errors[0]).toMatchObject({ extensions: { code: 'BAD_REQUEST', retry: false } });
    expect(client.errors[0]?.message).toContain('"a1" is not an integer of 64 bits');
  });
});
