import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { partitionOfKey } from '../../src/core/partitioner.js';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { cloudEvent, startForeignProducer } from '../support/producing.js';
import { run } from '../support/run.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { subscribed } from '../support/sse.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const ROOMS = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8'];
const WAIT = { timeout: 60_000, interval: 50 };

/** A service that counts the events of each room, and one without state. */
const project = (topic: string, partitioner: string | undefined) => ({
  'schema/a.graphql': `
    ${partitioner === undefined ? '' : `extend schema @topic(name: "${topic}", partitioner: ${partitioner})`}
    type Query { ok: Boolean }
    type Mutation { say(room: ID!): Published! @publish(topic: "${topic}", type: "Said", key: "args.room") }
    type Subscription { counted: Counted! @subscribe(topic: "${topic}.counts") }
    type Said { room: ID! }
    type Counted { text: String! }
  `,
  'millrace.config.mjs': `
    const handle = ({ key }, { state }) => {
      const data = { text: key + ' ' + (state.n + 1) };
      return { state: { n: state.n + 1 }, events: [{ topic: '${topic}.counts', type: 'Counted', key, data }] };
    };
    export default {
      services: [
        { name: 'counter', topics: ['${topic}'], initial: { n: 0 }, handle },
        { name: 'stateless', topics: ['${topic}'], handle: () => [] },
      ],
    };
  `,
});

async function openTopic(): Promise<string> {
  const topic = uniqueName('services-of-others');
  const admin = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 4 }] });
  await admin.disconnect();
  return topic;
}

const said = (room: string) => cloudEvent('Said', room, { room });

describe('services with state on topics whose producers use other partitioners', { timeout: 240_000 }, () => {
  it('D1 D2 keep one state a key when the partitioner is declared; without a declaration, a record elsewhere is an alarm, a metric, and told by check --live', async () => {
    const topic = await openTopic();
    const env = { KAFKA_BROKERS: kafkaBrokers().join(','), REDIS_URL: redisUrl(), NAMESPACE: topic };
    const live = async (partitioner: string | undefined, ...args: string[]) => {
      await using folder = await folderOf(project(topic, partitioner));
      return await run(process.execPath, [MAIN, 'check', '--live', ...args], { cwd: folder.path, env });
    };
    const misplaced = /^millrace_service_misplaced_records_total\{(.*)\} (\d+)$/gm;
    const metricsOf = async (url: string) =>
      [...(await (await fetch(`${url}/metrics`)).text()).matchAll(misplaced)].map(([, labels, n]) => [
        labels,
        n,
      ]);
    await using confluent = await startForeignProducer('confluent-kafka', topic);
    const say = async (url: string): Promise<void> => {
      for (const room of ROOMS) {
        await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: `mutation { say(room: "${room}") { partition } }` }),
        });
      }
    };
    {
      await using folder = await folderOf(project(topic, 'CRC32'));
      await using node = await startProcess(['start'], { cwd: folder.path, env });
      await using clients = subscribed(node.url, ['subscription { it: counted { text } }']);
      await runningSubscriptions(node.url, 1);
      for (const room of ROOMS) await confluent.send(said(room));
      await say(node.url);
      const texts = () => clients.all[0]?.results.map(({ data }) => data?.['it']?.text).sort();
      await expect.poll(texts, WAIT).toEqual(ROOMS.flatMap((room) => [`${room} 1`, `${room} 2`]));
      expect(await metricsOf(node.url)).toEqual([]);
      expect(node.errors).not.toContain('does not lie');
    }
    const declared = await live('CRC32');
    expect(declared).toMatchObject({ code: 0, stderr: '' });
    expect(declared.stdout).not.toContain('several partitions');

    await using folder = await folderOf(project(topic, undefined));
    await using node = await startProcess(['start'], { cwd: folder.path, env });
    for (const room of ROOMS) await confluent.send(said(room));
    await say(node.url);
    const others = ROOMS.filter(
      (room) => partitionOfKey(room, 4, 'CRC32') !== partitionOfKey(room, 4),
    ).length;
    expect(others).toBeGreaterThan(0);
    await expect
      .poll(() => metricsOf(node.url), WAIT)
      .toEqual([[`service="counter",topic="${topic}"`, `${others}`]]);
    expect(node.errors.match(/The service keeps a state of a key in each partition/g)).toHaveLength(1);
    const wrong = await live(undefined);
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.stdout).toContain(
      `${others} keys lie in several partitions, so each has several states in counter`,
    );
    const json = await live(undefined, '--json');
    expect(json.stdout).toContain(`"splitKeys":${others},"statefulServices":["counter"]`);
  });

  it('D1 are refused at start, and by check, when the schema declares that a key may lie in any partition', async () => {
    const topic = uniqueName('none');
    await using folder = await folderOf(project(topic, 'NONE'));
    const env = { KAFKA_BROKERS: kafkaBrokers().join(','), REDIS_URL: redisUrl(), NAMESPACE: topic };
    for (const command of ['check', 'start', 'services']) {
      const refused = await run(process.execPath, [MAIN, command], { cwd: folder.path, env });
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr).toContain(
        `The service counter keeps state by key, but its topic ${topic} is declared with partitioner NONE`,
      );
      expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    }
  });
});
