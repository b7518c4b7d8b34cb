import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { mutateMany, mutationClient } from '../support/mutations.js';
import { check, Recorder } from '../support/recorder.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';

const schemaOn = (topic: string) => `
  type Query { ok: Boolean }
  type Mutation { say(room: ID!, text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "args.room") }
  type Subscription { said: Said! @subscribe(topic: "${topic}") }
  type Said { room: ID! text: String! }
`;
const SAY = 'mutation($room: ID!, $text: String!) { say(room: $room, text: $text) { eventId } }';
const SAID = 'subscription { said { text } }';
const SOON = { timeout: 60_000, interval: 100 };

describe('millrace start --workers', () => {
  it('D2 D3 worker processes share one port, each delivers every event, and one that dies is replaced', async () => {
    const topic = uniqueName('workers');
    await using folder = await folderOf({ 'schema/chat.graphql': schemaOn(topic) });
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      REDIS_URL: redisUrl(),
      CURSOR_SECRET: 'a secret for all the nodes',
      NAMESPACE: topic,
    };
    await using server = await startProcess(['start', '--workers', '2'], { cwd: folder.path, env });
    expect(server.lines.filter((line) => line.startsWith('GraphQL'))).toHaveLength(1);
    const recorders = Array.from({ length: 6 }, (_, i) =>
      Recorder.overWebSocket(`ws ${i}`, server.url, SAID),
    );
    const client = mutationClient(server.url);
    try {
      // The sum over both workers, whichever of them answers.
      await runningSubscriptions(server.url, recorders.length);
      const say = (count: number) =>
        mutateMany(client, SAY, {
          count,
          inFlight: 20,
          variables: (i) => ({ room: `room-${i % 17}`, text: `no. ${i}` }),
        });
      const sent = [...(await say(200))];
      for (const { received } of recorders) await expect.poll(() => received.length, SOON).toBe(200);
      expect(recorders.flatMap((recorder) => check(recorder, new Set(sent)))).toEqual([]);

      const [doomed] = await childrenOf(server.child.pid);
      expect(doomed).toBeDefined();
      process.kill(doomed ?? 0, 'SIGKILL');
      const others = async () => (await childrenOf(server.child.pid)).filter((pid) => pid !== doomed);
      await expect.poll(async () => (await others()).length, SOON).toBe(2);
      expect(server.child.exitCode).toBeNull();
    } finally {
      for (const recorder of recorders) await recorder[Symbol.asyncDispose]();
      await client.dispose();
    }
    await server.kill('SIGTERM');
    expect(server.child.exitCode).toBe(0);
  }, 180_000);
});

async function childrenOf(pid: number | undefined): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}
