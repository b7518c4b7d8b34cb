import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { type ExactRecord, startForeignProducer } from '../support/producing.js';
import { run } from '../support/run.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { type SseClient, subscribed } from '../support/sse.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const WAIT = { timeout: 60_000, interval: 50 };
const utf8 = (text: string): Buffer => Buffer.from(text);
const SINCE = 'since: "2000-01-01T00:00:00Z"';

const schema = (topic: string, more = ''): string => `
  extend schema @topic(
    name: "${topic}"
    event: {
      type: "record.headers.kind", id: "record.value.uuid", time: "timestamp(record.value.at)"
      subject: "record.value.order", data: "record.value.body", correlationId: "record.headers['x-correlation']"
    }
    types: { rule: LAST_NAME }
  )
  type Query { ok: Boolean }
  type Subscription {
    ofTenant(tenant: String!): Any
      @subscribe(topic: "${topic}", filter: "record.headers['x-tenant'] == args.tenant", show: { headers: ["x-tenant"] })
    ofOrder(order: ID!): Any @subscribe(topic: "${topic}", key: "args.order")
    ${more}
  }
  union Any = OrderPlaced | OrderCancelled
  type OrderPlaced { text: String! }
  type OrderCancelled { text: String! }`;

/** What the other node's schema reads besides. */
const urgent = (topic: string): string => `urgent: Any @subscribe(
  topic: "${topic}", filter: "record.headers.priority == 'high'", show: { headers: ["raw"], timestamp: true })`;

/** A record without a key. */
function legacy(
  text: string,
  order: string,
  kind: string | undefined,
  headers: ExactRecord['headers'],
): ExactRecord {
  const named = kind === undefined ? headers : [['kind', utf8(kind)] as const, ...headers];
  const body = { uuid: `u-${text}`, at: '2026-02-03T04:05:06Z', order, body: { text } };
  return { key: null, headers: named, value: utf8(JSON.stringify(body)) };
}

const RECORDS = [
  legacy('1', 'o-1', 'com.acme.order-placed.v1', [
    ['x-tenant', utf8('acme')],
    ['priority', utf8('high')],
    ['raw', Buffer.from([0xc8, 0x41])],
    ['x-correlation', utf8('c-1')],
  ]),
  legacy('2', 'o-2', 'order-placed', [['x-tenant', utf8('other')]]),
  legacy('3', 'o-1', 'OrderCancelled', [
    ['x-tenant', utf8('other')],
    ['x-tenant', utf8('acme')],
    ['priority', null],
  ]),
  legacy('no kind', 'o-1', undefined, [['x-tenant', utf8('acme')]]),
  legacy('5', 'o-2', 'order-placed', [
    ['x-tenant', utf8('acme')],
    ['priority', utf8('high')],
  ]),
];

/** What a client was shown, by text: partitions have no order among each other. */
const shown = (client: SseClient | undefined) =>
  Object.fromEntries(
    (client?.results ?? []).map(({ data, extensions }) => {
      const { partition: _, offset: __, timestamp, ...event } = extensions?.event ?? {};
      return [data?.['it']?.text, { ...event, hasTimestamp: timestamp !== undefined }];
    }),
  );

describe('expressions over records', () => {
  it('D2 D3 D10 read what librdkafka wrote, live as in replay, on a node whose schema reads more than that of its relay', async () => {
    const topic = uniqueName('legacy');
    const admin = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 3 }] });
    await admin.disconnect();
    await using folder = await folderOf({ 'schema/a.graphql': schema(topic) });
    await using newer = await folderOf({ 'schema/a.graphql': schema(topic, urgent(topic)) });
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      REDIS_URL: redisUrl(),
      NAMESPACE: topic,
      CURSOR_SECRET: 'a secret for both nodes',
    };
    await using relaying = await startProcess(['start'], { cwd: folder.path, env });
    await using node = await startProcess(['gateway'], { cwd: newer.path, env });
    const fields = (start: string): readonly string[] => [
      `subscription { it: ofTenant(tenant: "acme"${start && `, ${start}`}) { ... on OrderPlaced { text } ... on OrderCancelled { text } } }`,
      `subscription { it: ofOrder(order: "o-1"${start && `, ${start}`}) { ... on OrderPlaced { text } ... on OrderCancelled { text } } }`,
    ];
    const urgentField = (start: string): string =>
      `subscription { it: urgent${start && `(${start})`} { ... on OrderPlaced { text } } }`;
    await using first = subscribed(relaying.url, fields(''));
    await using second = subscribed(node.url, [...fields(''), urgentField('')]);
    await runningSubscriptions(relaying.url, 2);
    await runningSubscriptions(node.url, 3);

    await using producer = await startForeignProducer('confluent-kafka', topic);
    for (const record of RECORDS) await producer.sendExact(record);

    const event = (text: string, type: string, key: string, more = {}) => ({
      [text]: {
        id: `u-${text}`,
        type,
        key,
        time: '2026-02-03T04:05:06Z',
        topic,
        hasTimestamp: false,
        ...more,
      },
    });
    const acme = { headers: { 'x-tenant': 'acme' } };
    const ofTenant = {
      ...event('1', 'OrderPlaced', 'o-1', { correlationId: 'c-1', ...acme }),
      ...event('3', 'OrderCancelled', 'o-1', acme),
      ...event('5', 'OrderPlaced', 'o-2', acme),
    };
    const ofOrder = {
      ...event('1', 'OrderPlaced', 'o-1', { correlationId: 'c-1' }),
      ...event('3', 'OrderCancelled', 'o-1'),
    };
    const raw = { headers: { raw: 'base64:yEE=' }, hasTimestamp: true };
    const ofUrgent = {
      ...event('1', 'OrderPlaced', 'o-1', { correlationId: 'c-1', ...raw }),
      ...event('5', 'OrderPlaced', 'o-2', { headers: {}, hasTimestamp: true }),
    };
    await expect.poll(() => first.all.map(shown), WAIT).toEqual([ofTenant, ofOrder]);
    await expect.poll(() => second.all.map(shown), WAIT).toEqual([ofTenant, ofOrder, ofUrgent]);

    await using firstAgain = subscribed(relaying.url, fields(SINCE));
    await using secondAgain = subscribed(node.url, [...fields(SINCE), urgentField(SINCE)]);
    await expect.poll(() => firstAgain.all.map(shown), WAIT).toEqual([ofTenant, ofOrder]);
    await expect.poll(() => secondAgain.all.map(shown), WAIT).toEqual([ofTenant, ofOrder, ofUrgent]);

    const list = [MAIN, 'dead-letters', 'list', '--json', topic];
    const { stdout } = await run(process.execPath, list, { cwd: folder.path, env });
    const letters = stdout
      .trim()
      .split('\n')
      .map((line): { kind: string; reason: string } => JSON.parse(line));
    expect(letters.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['event', 'event.type: record.headers.kind is null or absent'],
    ]);
  }, 120_000);
});
