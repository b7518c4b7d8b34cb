import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';

describe('trace context and correlation id of an event', () => {
  it('the trace context and correlation id of a mutation reach the record and the client, and plain JSON of other producers is shown', async () => {
    const topic = uniqueName('carried');
    await using folder = await folderOf({
      'schema/a.graphql': `
        type Query { ok: Boolean }
        type Mutation { say(text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "args.text") }
        type Subscription {
          said: Said! @subscribe(topic: "${topic}")
          ticks: Tick! @subscribe(topic: "${topic}.ticks", format: JSON)
        }
        type Said { text: String! }
        type Tick { n: Int! }
      `,
    });
    const env = { KAFKA_BROKERS: kafkaBrokers().join(','), REDIS_URL: redisUrl(), NAMESPACE: topic };
    await using node = await startProcess(['start'], { cwd: folder.path, env });
    const said = first(node.url, 'subscription { said { text } }');
    const tick = first(node.url, 'subscription { ticks { n } }');
    await runningSubscriptions(node.url, 2);

    const answer = await fetch(`${node.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
        'x-correlation-id': 'flow-1',
      },
      body: JSON.stringify({ query: 'mutation { say(text: "hello") { correlationId } }' }),
    });
    expect(await answer.json()).toEqual({ data: { say: { correlationId: 'flow-1' } } });
    expect(await said).toMatchObject({
      data: { said: { text: 'hello' } },
      extensions: {
        event: { correlationId: 'flow-1', traceparent: expect.stringContaining(`00-${TRACE}-`) },
      },
    });

    const producer = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    try {
      await producer.send({ topic: `${topic}.ticks`, messages: [{ key: 'k', value: '{"n":1}' }] });
    } finally {
      await producer.disconnect();
    }
    expect(await tick).toMatchObject({ data: { ticks: { n: 1 } }, extensions: { event: { type: 'Tick' } } });
  }, 120_000);
});

/** The first result of a subscription over SSE. */
async function first(url: string, query: string): Promise<unknown> {
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
    if (data !== undefined) return JSON.parse(data);
  }
  throw new Error(`the stream ended: ${text}`);
}
