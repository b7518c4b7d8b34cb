import { describe, expect, it } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { topic as topicOf } from '../../src/core/ids.js';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { cloudEvent, type ExactRecord, startForeignProducer } from '../support/producing.js';
import { run } from '../support/run.js';
import { runningSubscriptions } from '../support/running.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { subscribed } from '../support/sse.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const WAIT = { timeout: 60_000, interval: 50 };
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** A service that fails on some inputs and a view that fails on others; both also read plain JSON. */
const project = (topic: string) => ({
  'schema/a.graphql': `
    type Query { talk: Talk @view(name: "talk", key: "'k'") }
    type Subscription {
      said: Said! @subscribe(topic: "${topic}")
      ticks: Tick! @subscribe(topic: "${topic}.ticks", format: JSON)
    }
    type Said { text: String! }
    type Tick { id: ID text: String! }
    type Talk { texts: [String!]! }
  `,
  'millrace.config.mjs': `
    const failOn = (word, { data }) => {
      if (data.text === word) throw new Error('It is ' + word + '.');
    };
    const handle = (event) => (failOn('service poison', event), []);
    const fold = ({ texts }, event) => (failOn('view poison', event), { texts: [...texts, event.data.text] });
    export default {
      services: [{ name: 'worker', topics: ['${topic}'], handle }],
      views: [{ name: 'talk', topics: ['${topic}'], initial: { texts: [] }, fold }],
    };
  `,
});

const letterOf = (line: string): Record<string, unknown> => JSON.parse(line);

describe('dead letters of relays, services and views under DEAD_LETTER_SUFFIX', { timeout: 240_000 }, () => {
  it('D10 each is written once with its kind, counted and redriven, while metadata that is invalid is left out and counted', async () => {
    const topic = uniqueName('suffix');
    await using folder = await folderOf(project(topic));
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      REDIS_URL: redisUrl(),
      NAMESPACE: topic,
      DEAD_LETTER_SUFFIX: '-dlt',
      SERVICE_MAX_ATTEMPTS: '2',
      TOPIC_PARTITIONS: '1',
    };
    await using node = await startProcess(['start'], { cwd: folder.path, env });
    await using clients = subscribed(node.url, [
      'subscription { it: said { text } }',
      'subscription { it: ticks { text } }',
    ]);
    await runningSubscriptions(node.url, 2);
    await using producer = await startForeignProducer('confluent-kafka', topic);
    await using ticks = await startForeignProducer('confluent-kafka', `${topic}.ticks`);
    const said = (text: string, headers: Record<string, string> = {}) =>
      cloudEvent('Said', 'k', { text }, headers);

    await producer.send({ ...said(''), value: 'not json' });
    await producer.send(said('service poison'));
    await producer.send(said('view poison'));
    await producer.send(
      said('metadata', { ce_time: 'yesterday', traceparent: 'garbage', tracestate: 'a=1' }),
    );
    const nullType: ExactRecord = {
      key: Buffer.from('k'),
      headers: Object.entries(said('').headers).map(([name, value]) => [
        name,
        name === 'content-type' ? null : Buffer.from(value),
      ]),
      value: Buffer.from('{"text":"null content type"}'),
    };
    await producer.sendExact(nullType);
    await producer.send(said('last', { traceparent: TRACE }));
    const envelope = { specversion: '1.0', id: '1', source: '/x', type: 'Tick', data: { text: 'wrong' } };
    const structured = { 'content-type': 'application/cloudevents+json' };
    await ticks.send({
      key: 'k',
      headers: structured,
      value: JSON.stringify({ ...envelope, text: 'wrong' }),
    });
    await ticks.send({ key: 'k', headers: { __TypeId__: 'com.acme.Tick' }, value: '{"text":"spring"}' });

    const texts = () => clients.all.map(({ results }) => results.map(({ data }) => data?.['it']?.text));
    await expect
      .poll(texts, WAIT)
      .toEqual([['service poison', 'view poison', 'metadata', 'null content type', 'last'], ['spring']]);
    const [, , metadata, , last] = clients.all[0]?.results.map(({ extensions }) => extensions?.event) ?? [];
    expect(metadata).toMatchObject({ time: expect.stringMatching(/^2\d{3}-/) });
    expect(metadata).not.toHaveProperty('traceparent');
    expect(last).toMatchObject({ traceparent: TRACE });
    const view = async () => {
      const response = await fetch(`${node.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ talk { texts } }' }),
      });
      return response.json();
    };
    const folded = ['service poison', 'metadata', 'null content type', 'last'];
    await expect.poll(view, WAIT).toEqual({ data: { talk: { texts: folded } } });

    const metrics = async () => {
      const all = await (await fetch(`${node.url}/metrics`)).text();
      return all
        .split('\n')
        .filter((line) => /^millrace_(.*dead_letters|metadata_left_out|invalid_records)/.test(line));
    };
    const counted = [
      `millrace_dead_letters_total{topic="${topic}"} 3`,
      `millrace_dead_letters_total{topic="${topic}.ticks"} 1`,
      'millrace_service_dead_letters_total{service="worker"} 1',
      'millrace_view_dead_letters_total{view="talk"} 1',
      ...['ce_time', 'traceparent', 'tracestate'].map(
        (header) => `millrace_metadata_left_out_total{topic="${topic}",header="${header}"} 1`,
      ),
      `millrace_invalid_records_total{topic="${topic}.ticks",kind="structured"} 1`,
    ];
    await expect.poll(metrics, WAIT).toEqual(expect.arrayContaining(counted));

    const command = (...args: string[]) =>
      run(process.execPath, [MAIN, 'dead-letters', ...args], { cwd: folder.path, env });
    const listed = (await command('list', '--json')).stdout.trim().split('\n').map(letterOf);
    expect(listed.map(({ kind, offset, topic: from }) => [from, kind, offset]).sort()).toEqual(
      [
        [topic, 'data', '0'],
        [topic, 'service', '1'],
        [topic, 'view', '2'],
        [`${topic}.ticks`, 'structured', '0'],
      ].sort(),
    );
    await using log = await openKafkaLog(
      { brokers: kafkaBrokers(), clientId: 'millrace-test' },
      AbortSignal.timeout(60_000),
    );
    const names = [`${topic}-dlt`, `${topic}.ticks-dlt`, `${topic}.dlt`].map(topicOf);
    const existing = await log.describe(names, AbortSignal.timeout(60_000));
    expect([...existing.keys()].sort()).toEqual([names[0], names[1]].sort());
    expect((await command('retry')).stdout).toContain('Redriven: 4.');
    // Both are redriven; their letters may have been written in either order.
    const again = () => texts()[0]?.slice(5).sort();
    await expect.poll(again, WAIT).toEqual(['service poison', 'view poison']);
  });

  it('D10 a topic whose dead-letter topic would have more than 249 characters is one sentence at check and start, and one with exactly 249 works', async () => {
    const topic = uniqueName('long').padEnd(245, 'x');
    const schema = (name: string) => `
      type Query { ok: Boolean }
      type Subscription { said: Said! @subscribe(topic: "${name}") }
      type Said { text: String! }
    `;
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      REDIS_URL: redisUrl(),
      NAMESPACE: topic.slice(0, 20),
    };
    await using tooLong = await folderOf({ 'schema/a.graphql': schema(`${topic}y`) });
    for (const command of ['check', 'start', 'relay']) {
      const refused = await run(process.execPath, [MAIN, command], { cwd: tooLong.path, env });
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr.trim()).toBe(
        `millrace: The topic ${topic}y cannot have a dead-letter topic: its name with DEAD_LETTER_SUFFIX has 250 characters, and topics may have 249. Use a shorter name for the topic, or a shorter suffix.`,
      );
    }
    await using folder = await folderOf({ 'schema/a.graphql': schema(topic) });
    const shorter = { ...env, DEAD_LETTER_SUFFIX: '-dl' };
    expect((await run(process.execPath, [MAIN, 'check'], { cwd: tooLong.path, env: shorter })).code).toBe(0);
    await using node = await startProcess(['start'], { cwd: folder.path, env });
    await using clients = subscribed(node.url, ['subscription { it: said { text } }']);
    await runningSubscriptions(node.url, 1);
    await using producer = await startForeignProducer('confluent-kafka', topic);
    await producer.send({ key: 'k', headers: {}, value: 'no event' });
    await producer.send(cloudEvent('Said', 'k', { text: 'shown' }));
    await expect
      .poll(() => clients.all[0]?.results.map(({ data }) => data?.['it']?.text), WAIT)
      .toEqual(['shown']);
    const listed = await run(process.execPath, [MAIN, 'dead-letters', 'list', '--json'], {
      cwd: folder.path,
      env,
    });
    expect(listed.stdout).toContain('"kind":"data"');
  });
});
