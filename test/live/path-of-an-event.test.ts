import { describe, expect, it } from 'vitest';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { mutateMany, mutationClient } from '../support/mutations.js';
import { check, Recorder } from '../support/recorder.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';

const EVENTS = 10_000;

const schemaOn = (topic: string) => `
  type Query { ok: Boolean }
  type Mutation { say(room: ID!, text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "args.room") }
  type Subscription {
    said: Said! @subscribe(topic: "${topic}")
    saidIn(room: ID!): Said! @subscribe(topic: "${topic}", key: "args.room")
  }
  type Said { room: ID! text: String! }
`;
const SAY = 'mutation($room: ID!, $text: String!) { say(room: $room, text: $text) { eventId } }';

describe('the path of an event, over separate processes on Kafka and Redis', () => {
  it('D1 D2 D3 D9 C1 a mutation at node A reaches WebSocket and SSE subscribers of nodes A and B in order, each once, while a relay is killed', async () => {
    const topic = uniqueName('way');
    await using folder = await folderOf({ 'schema/chat.graphql': schemaOn(topic) });
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      REDIS_URL: redisUrl(),
      CURSOR_SECRET: 'a secret for all the nodes',
      NAMESPACE: topic,
    };
    const start = (role: string) => startProcess([role], { cwd: folder.path, env });
    await using doomed = await start('relay');
    await using a = await start('gateway');
    await using b = await start('gateway');
    await using wsA = Recorder.overWebSocket('ws at A', a.url, 'subscription { said { text } }');
    await using wsB = Recorder.overWebSocket('ws at B', b.url, 'subscription { said { text } }');
    await using sseA = Recorder.overSse('sse at A', a.url, 'subscription { said { room text } }');
    await using sseB = Recorder.overSse('sse at B', b.url, 'subscription { said { room text } }');
    const recorders = [wsA, wsB, sseA, sseB];
    await runningSubscriptions(a.url, 2);
    await runningSubscriptions(b.url, 2);

    const client = mutationClient(a.url);
    const send = (count: number) =>
      mutateMany(client, SAY, {
        count,
        inFlight: 80,
        variables: (i) => ({ room: `room-${i % 97}`, text: `no. ${i}` }),
      });
    try {
      const sent = [...(await send(EVENTS / 2))];
      await using heir = await start('relay');
      const killed = doomed.kill('SIGKILL');
      sent.push(...(await send(EVENTS / 2)));
      await killed;
      expect(sent).toHaveLength(EVENTS);
      const expected = new Set(sent);
      await expect
        .poll(() => Math.min(...recorders.map(({ received }) => received.length)), {
          timeout: 150_000,
          interval: 200,
        })
        .toBeGreaterThanOrEqual(EVENTS);
      expect(recorders.flatMap((recorder) => check(recorder, expected))).toEqual([]);
      expect(new Set(wsA.received.map(({ partition }) => partition)).size).toBe(4);
      expect(heir.child.exitCode).toBeNull();
    } finally {
      await client.dispose();
    }
  }, 300_000);
});
