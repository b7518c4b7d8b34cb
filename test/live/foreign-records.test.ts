import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { type ExactRecord, startForeignProducer } from '../support/producing.js';
import { run } from '../support/run.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { subscribed } from '../support/sse.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const WAIT = { timeout: 60_000, interval: 50 };
const utf8 = (text: string): Buffer => Buffer.from(text);
/** Each character is a byte. */
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

type Headers = Readonly<Record<string, Buffer | null>>;

function said(value: Buffer | null, more: Headers = {}, extra: ExactRecord['headers'] = []): ExactRecord {
  const attributes = {
    ce_specversion: utf8('1.0'),
    ce_id: utf8('1'),
    ce_source: utf8('/x'),
    ce_type: utf8('Said'),
    ...more,
  };
  return { key: utf8('k'), headers: [...Object.entries(attributes), ...extra], value };
}

const data = (text: string, more = ''): Buffer => utf8(`{"text":${JSON.stringify(text)}${more}}`);
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** What a subscriber sees of a record, and what becomes of it otherwise. */
type Fate =
  | { readonly shown: string; readonly id?: RegExp }
  | { readonly letter: string; readonly reason: RegExp }
  /** Nobody follows its type: it is counted. */
  | 'counted';

const DIGEST = /^sha256:[\w-]{43}$/;

const CLOUDEVENTS: readonly (readonly [what: string, record: ExactRecord, fate: Fate])[] = [
  [
    'an id of 100,000 characters',
    said(data('1'), { ce_id: utf8('x'.repeat(100_000)) }),
    { shown: '1', id: DIGEST },
  ],
  ['an id that is not UTF-8', said(data('2'), { ce_id: bytes('\xc8') }), { shown: '2', id: DIGEST }],
  ['another such id', said(data('3'), { ce_id: bytes('\xc9') }), { shown: '3', id: DIGEST }],
  ['a source that is not UTF-8', said(data('4'), { ce_source: bytes('\xc9') }), { shown: '4' }],
  ['a type that is not UTF-8', said(data(''), { ce_type: bytes('\xc9') }), 'counted'],
  ['a type that no schema can name', said(data(''), { ce_type: utf8('com.acme.Said.v1') }), 'counted'],
  ['a byte order mark', said(utf8('\ufeff{"text":""}')), { letter: 'data', reason: /byte order mark/ }],
  ['a trailing NUL, as of C', said(utf8('{"text":""}\0')), { letter: 'data', reason: /not JSON/ }],
  ["Python's NaN", said(utf8('{"text":"","n":NaN}')), { letter: 'data', reason: /not JSON/ }],
  [
    'JSON in Latin-1',
    said(bytes('{"text":"Jos\xe9"}')),
    { letter: 'data', reason: /^the value is not UTF-8$/ },
  ],
  ['JSON in UTF-16', said(Buffer.from('{"text":""}', 'utf16le')), { letter: 'data', reason: /not JSON/ }],
  [
    "a registry's JSON Schema serializer",
    said(utf8('\0\0\0\0\x01{"text":""}')),
    { letter: 'data', reason: /codec/ },
  ],
  ['Protobuf', said(bytes('\x0a\x01a\x12\x05hello')), { letter: 'data', reason: /not JSON/ }],
  ['an empty value', said(utf8('')), { letter: 'data', reason: /empty; a tombstone has no value/ }],
  ['a list', said(utf8('[{"text":""}]')), { letter: 'data', reason: /not an object/ }],
  ['an id that is null', said(data(''), { ce_id: null }), { letter: 'no-cloudevent', reason: /ce_id/ }],
  ['a member twice', said(utf8('{"text":"first","text":"5"}')), { shown: '5' }],
  ['half of a surrogate pair', said(utf8('{"text":"\\ud800"}')), { shown: '\ud800' }],
  ['the text of NUL', said(data('\0')), { shown: '\0' }],
  ['a prototype', said(utf8('{"__proto__":{"text":"x"},"text":"6"}')), { shown: '6' }],
  [
    '1,000 headers',
    said(
      data('7'),
      {},
      Array.from({ length: 1_000 }, (_, i) => [`h${i}`, utf8('v')]),
    ),
    { shown: '7' },
  ],
  ['a timestamp of 1970', { ...said(data('8')), timestamp: 1 }, { shown: '8' }],
  ['deep nesting', said(data('9', `,"any":${nested(200_000)}`)), { shown: '9' }],
  ['a tombstone with headers', said(null), { shown: 'tombstone' }],
  ['the last one', said(data('last')), { shown: 'last' }],
];
/** It can be parsed, but not with exact integers: subscribers, services and views cannot read it. */
const UNREADABLE = said(data('', `,"n":12345678901234567890,"any":${nested(200_000)}`));

const windowed = (start: number): Buffer => {
  const window = Buffer.alloc(8);
  window.writeBigInt64BE(BigInt(start));
  return Buffer.concat([utf8('k'), window]);
};

/** Plain JSON, from programs that know nothing of CloudEvents. */
const PLAIN: readonly (readonly [what: string, record: ExactRecord, key: string])[] = [
  [
    'Spring Kafka',
    { key: utf8('s'), headers: [['__TypeId__', utf8('com.acme.Said')]], value: data('spring') },
    's',
  ],
  [
    'Kafka Connect, whose headers may repeat',
    {
      key: utf8('c'),
      headers: [
        ['__connect.errors.topic', utf8('a')],
        ['__connect.errors.topic', null],
        ['ce_id', utf8('no id')],
      ],
      value: data('connect'),
      timestamp: 1,
    },
    'c',
  ],
  [
    'a window of Kafka Streams',
    { key: windowed(0x19a_0000_00c8), headers: [], value: data('window 1') },
    `base64:${windowed(0x19a_0000_00c8).toString('base64')}`,
  ],
  [
    'another window',
    { key: windowed(0x19a_0000_00c9), headers: [], value: data('window 2') },
    `base64:${windowed(0x19a_0000_00c9).toString('base64')}`,
  ],
  [
    'a change of a row as plain JSON',
    { key: utf8('{"id":1}'), headers: [], value: data('row', ',"before":null,"after":{"id":1},"op":"c"') },
    '{"id":1}',
  ],
];

const project = (topic: string) => ({
  'schema/a.graphql': `
    scalar Any
    type Query { talk: Talk @view(name: "talk", key: "'k'") }
    type Subscription {
      said: Said @subscribe(topic: "${topic}")
      plain: Plain! @subscribe(topic: "${topic}.plain", format: JSON)
    }
    type Said { text: String! n: ID any: Any }
    type Plain { text: String! }
    type Talk { texts: [String!]! }
  `,
  'millrace.config.mjs': `
    const fold = ({ texts }, { type, data }) =>
      ({ texts: type === 'Said' ? [...texts, data === null ? 'tombstone' : data.text] : texts });
    export default {
      services: [{ name: 'worker', topics: ['${topic}'], initial: { n: 0 }, handle: (_event, { state }) => ({ state: { n: state.n + 1 } }) }],
      views: [{ name: 'talk', topics: ['${topic}'], initial: { texts: [] }, fold }],
    };
  `,
});

async function openTopics(topic: string): Promise<void> {
  const admin = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const configEntries = [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'message.timestamp.type', value: 'LogAppendTime' },
  ];
  const topics = [
    { topic, numPartitions: 1 },
    { topic: `${topic}.plain`, numPartitions: 1, configEntries },
  ];
  await admin.createTopics({ waitForLeaders: true, topics });
  await admin.disconnect();
}

describe('records that nobody here would write', { timeout: 240_000 }, () => {
  it('D3 D10 are shown as they are, counted, or dead letters, and hold up neither subscribers nor services nor views', async () => {
    const topic = uniqueName('records');
    await openTopics(topic);
    await using folder = await folderOf(project(topic));
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      REDIS_URL: redisUrl(),
      NAMESPACE: topic,
      SERVICE_MAX_ATTEMPTS: '2',
    };
    await using node = await startProcess(['start'], { cwd: folder.path, env });
    await using clients = subscribed(node.url, [
      'subscription { it: said { text } }',
      'subscription { it: said { text any } }',
      'subscription { it: plain { text } }',
    ]);
    const [texts, deep, plain] = clients.all;
    await runningSubscriptions(node.url, 3);
    await using producer = await startForeignProducer('confluent-kafka', topic);
    await using plainProducer = await startForeignProducer('confluent-kafka', `${topic}.plain`);
    const { offset: unreadable } = await producer.sendExact(UNREADABLE);
    const letters = new Map<number, { readonly letter: string; readonly reason: RegExp }>();
    for (const [, record, fate] of CLOUDEVENTS) {
      const { offset } = await producer.sendExact(record);
      if (fate !== 'counted' && 'letter' in fate) letters.set(offset, fate);
    }
    const before = Date.now() - 60_000;
    for (const [, record] of PLAIN) await plainProducer.sendExact(record);

    const expected = CLOUDEVENTS.flatMap(([, , fate]) =>
      fate !== 'counted' && 'shown' in fate ? [fate] : [],
    );
    const shown = (client: typeof texts) =>
      client?.results.map(({ data: result }) =>
        result?.['it'] === null ? 'tombstone' : result?.['it']?.text,
      );
    await expect.poll(() => shown(texts), WAIT).toEqual(expected.map((one) => one.shown));
    const withoutDeep = expected.map((one) => one.shown).filter((text) => text !== '9');
    await expect.poll(() => shown(deep), WAIT).toEqual(withoutDeep);
    const ids = texts?.results.map(({ extensions }) => String(extensions?.event?.['id'])) ?? [];
    for (const [i, { id = /./ }] of expected.entries()) expect(ids[i]).toMatch(id);
    expect(new Set(ids.slice(0, 3)).size).toBe(3);

    await expect.poll(() => shown(plain), WAIT).toEqual(['spring', 'connect', 'window 1', 'window 2', 'row']);
    const events = plain?.results.map(({ extensions }) => extensions?.event) ?? [];
    expect(events.map((event) => event?.['key'])).toEqual(PLAIN.map(([, , key]) => key));
    // The broker's time, whatever the producer said.
    for (const event of events) expect(Date.parse(String(event?.['time']))).toBeGreaterThan(before);

    const view = async () => {
      const response = await fetch(`${node.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ talk { texts } }' }),
      });
      return response.json();
    };
    await expect.poll(view, WAIT).toEqual({ data: { talk: { texts: expected.map((one) => one.shown) } } });
    const counted = [
      `millrace_not_shown_events_total{topic="${topic}",type="(other)"} 1`,
      `millrace_not_shown_events_total{topic="${topic}",type="com.acme.Said.v1"} 1`,
      `millrace_metadata_left_out_total{topic="${topic}",header="ce_id"} 3`,
      'millrace_service_dead_letters_total{service="worker"} 1',
      'millrace_view_dead_letters_total{view="talk"} 1',
      // Those that are shown, and the two that are counted.
      `millrace_service_events_total{service="worker",topic="${topic}"} ${expected.length + 2}`,
    ];
    const metrics = async () => (await (await fetch(`${node.url}/metrics`)).text()).split('\n');
    await expect.poll(metrics, WAIT).toEqual(expect.arrayContaining(counted));

    const list = [MAIN, 'dead-letters', 'list', '--json', topic];
    const lines = (await run(process.execPath, list, { cwd: folder.path, env })).stdout.trim().split('\n');
    const listed = lines.map((line): { kind: string; offset: string; reason: string } => JSON.parse(line));
    for (const [offset, { letter, reason }] of letters) {
      const [found, ...more] = listed.filter((one) => one.offset === String(offset));
      expect([found?.kind, more]).toEqual([letter, []]);
      expect(found?.reason).toMatch(reason);
    }
    const ofUnreadable = listed.filter(({ offset }) => offset === String(unreadable)).map(({ kind }) => kind);
    expect(new Set(ofUnreadable)).toEqual(new Set(['execution', 'service', 'view']));
  });
});
