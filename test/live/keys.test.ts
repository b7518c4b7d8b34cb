import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** As Java's LongSerializer writes it. */
function long(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

const UUIDS = ['550e8400-e29b-41d4-a716-446655440000', '550e8400-e29b-41d4-a716-4466554400ff'];

describe('keys and numbers of other producers', () => {
  it('D2 are found and shown exactly: 16 bytes of UUIDs, Java longs, keys that are not UTF-8, and ids beyond 2^53', async () => {
    const topic = uniqueName('keys');
    const names = ['longs', 'uuids', 'raw'].map((name) => `${topic}.${name}`);
    const [longs = '', uuids = '', raw = ''] = names;
    const kafka = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({
      waitForLeaders: true,
      topics: names.map((name) => ({ topic: name, numPartitions: 4 })),
    });
    await admin.disconnect();
    await using folder = await folderOf({
      'schema/a.graphql': `
        extend schema @topic(name: "${longs}", key: INT64) @topic(name: "${uuids}", key: UUID)
        type Query { ok: Boolean }
        type Mutation { say(room: ID!): Published! @publish(topic: "${longs}", type: "Said", key: "args.room", data: "{'id': args.room}", format: JSON) }
        type Subscription {
          long(key: ID!): Said! @subscribe(topic: "${longs}", key: "args.key", format: JSON)
          uuid(key: ID!): Said! @subscribe(topic: "${uuids}", key: "args.key", format: JSON)
          raw(key: ID!): Said! @subscribe(topic: "${raw}", key: "args.key", format: JSON)
          ofId(id: ID!): Said! @subscribe(topic: "${raw}", filter: "event.id == args.id", format: JSON)
        }
        type Said { id: ID! }
      `,
    });
    const env = { KAFKA_BROKERS: kafkaBrokers().join(','), REDIS_URL: redisUrl(), NAMESPACE: topic };
    await using node = await startProcess(['start'], { cwd: folder.path, env });
    const expected = [
      ['long(key: "200")', '200', '"1"'],
      ['long(key: "201")', '201', '"2"'],
      ['long(key: "9007199254740993")', '9007199254740993', '"9007199254740993"'],
      ...UUIDS.map((uuid, i) => [`uuid(key: "${uuid.toUpperCase()}")`, uuid, `"${i}"`]),
      ['raw(key: "base64:yMg=")', 'base64:yMg=', '"9007199254740992"'],
      ['raw(key: "base64:yMk=")', 'base64:yMk=', '"9007199254740993"'],
      ['ofId(id: "9007199254740993")', 'base64:yMk=', '"9007199254740993"'],
    ] as const;
    const live = expected.map(([field]) => first(node.url, `subscription { it: ${field} { id } }`));
    await runningSubscriptions(node.url, expected.length);

    const producer = kafka.producer();
    await producer.connect();
    const send = (to: string, key: Buffer, value: string) =>
      producer.send({ topic: to, messages: [{ key, value }] });
    await send(longs, long(200n), '{"id":1}');
    await send(longs, long(201n), '{"id":2}');
    for (const [i, uuid] of UUIDS.entries()) await send(uuids, hex(uuid.replaceAll('-', '')), `{"id":${i}}`);
    await send(raw, hex('c8c8'), '{"id":9007199254740992}');
    await send(raw, hex('c8c9'), '{"id":9007199254740993}');
    await producer.disconnect();
    const answer = await fetch(`${node.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'mutation { say(room: "9007199254740993") { partition } }' }),
    });
    expect(await answer.json()).toMatchObject({ data: { say: { partition: expect.any(Number) } } });

    const shown = (await Promise.all(live)).map((text) => [
      /"key":"(.*?)"/.exec(text)?.[1],
      /"id":("?\d+"?)/.exec(text)?.[1],
    ]);
    expect(shown).toEqual(expected.map(([, key, id]) => [key, id]));
  }, 180_000);
});

/** The text of a subscription's first result over SSE: parsed, numbers might be rounded. */
async function first(url: string, query: string): Promise<string> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query, extensions: { eventContext: true } }),
  });
  if (response.body === null) throw new Error(`no body, status ${response.status}`);
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const data = /^data: ?(.+)\n/m.exec(text)?.[1];
    if (data !== undefined) return data;
  }
  throw new Error(`the stream ended: ${text}`);
}
