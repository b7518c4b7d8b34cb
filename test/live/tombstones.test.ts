import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';

describe('a compacted topic', () => {
  it('D3 subscribers see that a key was deleted, live and replayed, as each field can show it', async () => {
    const topic = uniqueName('compacted');
    const plain = `${topic}.plain`;
    const kafka = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }];
    await admin.createTopics({
      waitForLeaders: true,
      topics: [topic, plain].map((name) => ({ topic: name, numPartitions: 2, configEntries })),
    });
    await admin.disconnect();
    await using folder = await folderOf({
      'schema/a.graphql': `
        type Query { ok: Boolean }
        type Subscription {
          product(id: ID!): Product @subscribe(topic: "${topic}", key: "args.id")
          products: ProductNews! @subscribe(topic: "${topic}", tombstone: "ProductDeleted")
          always: Product! @subscribe(topic: "${topic}")
          plain: ProductNews! @subscribe(topic: "${plain}", format: JSON, tombstone: "ProductDeleted")
        }
        type Product { id: ID!, name: String }
        type ProductDeleted { id: ID! }
        union ProductNews = Product | ProductDeleted
      `,
    });
    const env = { KAFKA_BROKERS: kafkaBrokers().join(','), REDIS_URL: redisUrl(), NAMESPACE: topic };
    await using node = await startProcess(['start'], { cwd: folder.path, env });
    const news = '{ __typename ... on Product { id name } ... on ProductDeleted { id } }';
    const fields = ['product(id: "p1") { id }', `products ${news}`, 'always { id }', `plain ${news}`];
    const live = fields.map((field) => results(node.url, `subscription { it: ${field} }`, 2));
    await runningSubscriptions(node.url, 4);

    const producer = kafka.producer();
    await producer.connect();
    const headers = { ce_specversion: '1.0', ce_id: '1', ce_source: '/test', ce_type: 'Product' };
    const product = { key: 'p1', value: '{"id":"p1","name":"Lamp"}' };
    const tombstone = { key: 'p1', value: null };
    await producer.send({ topic, messages: [{ ...product, headers }, tombstone] });
    await producer.send({ topic: plain, messages: [product, tombstone] });
    await producer.disconnect();

    const shown = await Promise.all(live);
    const lamp = { __typename: 'Product', id: 'p1', name: 'Lamp' };
    const gone = { __typename: 'ProductDeleted', id: 'p1' };
    expect(shown.map((all) => all.map(({ data }) => data))).toEqual([
      [{ it: { id: 'p1' } }, { it: null }],
      [{ it: lamp }, { it: gone }],
      [{ it: { id: 'p1' } }, null],
      [{ it: lamp }, { it: gone }],
    ]);
    for (const [, deleted] of shown)
      expect(deleted?.extensions.event).toMatchObject({ key: 'p1', offset: '1' });
    expect(shown[2]?.[1]?.errors?.[0]).toMatchObject({ extensions: { code: 'TOMBSTONE' } });

    const cursor = shown[1]?.[0]?.extensions.cursor;
    const resumed = await results(node.url, `subscription { it: products(after: "${cursor}") ${news} }`, 1);
    expect(resumed.map(({ data }) => data)).toEqual([{ it: gone }]);
  }, 180_000);
});

interface Result {
  readonly data: unknown;
  readonly errors?: readonly unknown[];
  readonly extensions: { readonly event: unknown; readonly cursor: string };
}

/** The first results of a subscription over SSE. */
async function results(url: string, query: string, count: number): Promise<readonly Result[]> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query, extensions: { eventContext: true } }),
  });
  if (response.body === null) throw new Error(`no body, status ${response.status}`);
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const found = [...text.matchAll(/^data: ?(.+)\n/gm)].map(([, data]): Result => JSON.parse(String(data)));
    if (found.length >= count) return found;
  }
  throw new Error(`the stream ended: ${text}`);
}
