import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ForeignLibrary, foreignProducer } from '../../scripts/services/foreign-producers.mjs';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { LineProgram } from '../support/line-program.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { subscribed } from '../support/sse.js';

const WAIT = { timeout: 60_000, interval: 50 };
const STARTS_MS = 400_000;
const TIME = '2026-01-31T09:30:00.123Z';

const schemaOf = (topic: string) => `
  extend schema
    @topic(name: "${topic}", envelope: CLOUDEVENTS, types: { names: [{ name: "com.acme.talk.Said.v1", type: "Said" }] })
  type Query { hello: String }
  type Mutation { say(by: String!, text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "args.by") }
  type Subscription { said(by: String!): Said! @subscribe(topic: "${topic}", key: "args.by", filter: "event.by == args.by") }
  type Said { by: String! text: String! }
`;

/** Java's SDK takes the class of its serialiser, and how that is set. */
const java = {
  binary: { serializer: 'io.cloudevents.kafka.CloudEventSerializer', kind: 'CLOUDEVENT' },
  structured: {
    serializer: 'io.cloudevents.kafka.CloudEventSerializer',
    kind: 'CLOUDEVENT',
    settings: {
      'cloudevents.serializer.encoding': 'STRUCTURED',
      'cloudevents.serializer.event_format': 'application/cloudevents+json',
    },
  },
} as const;

const SDKS: readonly (readonly [sdk: string, library: ForeignLibrary])[] = [
  ['Java', 'java'],
  ['Python', 'cloudevents-python'],
  ['Node', 'cloudevents-node'],
  ['Go', 'cloudevents-go'],
];

describe("CloudEvents' SDKs", { timeout: 240_000 }, () => {
  const topic = uniqueName('sdks');
  let folder: Awaited<ReturnType<typeof folderOf>>;
  let node: GatewayProcess;
  beforeAll(async () => {
    for (const [, library] of SDKS) await foreignProducer(library);
    const admin = new Kafka({ brokers: kafkaBrokers(), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
    await admin.disconnect();
    folder = await folderOf({ 'schema/a.graphql': schemaOf(topic) });
    const env = { KAFKA_BROKERS: kafkaBrokers().join(','), REDIS_URL: redisUrl(), NAMESPACE: topic };
    node = await startProcess(['start'], { cwd: folder.path, env });
  }, STARTS_MS);
  afterAll(async () => {
    await node?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  it.each(SDKS)(
    'D3 what the SDK for %s writes in binary and structured mode, 1.0 and 0.3, is shown, and it reads what a mutation publishes',
    async (sdk, library) => {
      const command = await foreignProducer(library);
      await using program = new LineProgram(`The SDK for ${sdk}`, [...command, kafkaBrokers().join(',')]);
      await using clients = subscribed(node.url, [`subscription { it: said(by: "${sdk}") { text } }`]);
      await runningSubscriptions(node.url, 1);
      const written: string[] = [];
      for (const mode of ['binary', 'structured'] as const) {
        for (const specversion of ['1.0', '0.3']) {
          const text = `${mode} ${specversion}: “ä”`;
          const value = {
            specversion,
            id: `${sdk} ${mode} ${specversion}`,
            source: '/talks/1',
            type: 'com.acme.talk.Said.v1',
            time: TIME,
            data: { by: sdk, text },
          };
          const more = library === 'java' ? java[mode] : { mode };
          await program.ask({ op: 'write', topic, key: sdk, value, ...more });
          written.push(text);
        }
      }
      const query = `mutation { say(by: "${sdk}", text: "ours") { eventId partition offset time } }`;
      const response = await fetch(`${node.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      const { data } = (await response.json()) as {
        data: { say: { eventId: string; partition: number; offset: string; time: string } };
      };
      const { eventId, partition, offset, time } = data.say;

      const results = () => clients.all[0]?.results ?? [];
      await expect
        .poll(() => results().map(({ data: result }) => result?.['it']?.text), WAIT)
        .toEqual([...written, 'ours']);
      const events = results().map(({ extensions }) => extensions?.event);
      expect(events.map((event) => event?.['id'])).toEqual([
        ...written.map((text) => `${sdk} ${text.split(':')[0]}`),
        eventId,
      ]);
      for (const event of events.slice(0, -1))
        expect(Date.parse(String(event?.['time']))).toBe(Date.parse(TIME));

      const reading =
        library === 'java' ? { deserializer: 'io.cloudevents.kafka.CloudEventDeserializer' } : {};
      const answer = await program.ask({ op: 'read', topic, partition, offset: Number(offset), ...reading });
      const { value } = answer as { readonly value: Readonly<Record<string, unknown>> };
      expect(value).toMatchObject({
        specversion: '1.0',
        id: eventId,
        source: '/gateway',
        type: 'com.acme.talk.Said.v1',
        subject: sdk,
        datacontenttype: 'application/json',
        data: { by: sdk, text: 'ours' },
      });
      expect(Date.parse(String(value['time']))).toBe(Date.parse(time));
    },
  );
});
