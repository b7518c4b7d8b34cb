import { describe, expect, it } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { eventId, partition, topic } from '../../src/core/ids.js';
import { readRecords, soon } from '../contract/event-log-tools.js';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { kafkaBrokers, uniqueName } from '../support/services.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';

const KEYS = ['a', 'b', 'c'];
const EVENTS = 60;
/** Its output is larger than any broker takes. Its key is `c`. */
const POISON = 20;

const project = (name: string) => ({
  'schema/counts.graphql': `
    type Query { ok: Boolean }
    type Mutation { happen(key: ID!): Published! @publish(topic: "${name}.in", type: "Happened", key: "args.key") }
    type Subscription { counted: Counted! @subscribe(topic: "${name}.out") }
    type Happened { key: ID }
    type Counted { n: Int! i: Int! text: String! }
  `,
  'millrace.config.mjs': `
    const handle = ({ key, data }, { state }) => {
      const text = data.i === ${POISON} ? 'x'.repeat(4_000_000) : '';
      const n = state.n + 1;
      return { state: { n }, events: [{ topic: '${name}.out', type: 'Counted', key, data: { n, i: data.i, text } }] };
    };
    export default { services: [{ name: 'counter', topics: ['${name}.in'], initial: { n: 0 }, handle }] };
  `,
});

const input = (name: string, i: number) =>
  encodeEvent(topic(`${name}.in`), {
    id: eventId(`e-${i}`),
    source: '/test',
    type: 'Happened',
    subject: KEYS[i % KEYS.length] ?? '',
    time: '2026-01-31T09:30:00Z',
    correlationId: undefined,
    traceparent: undefined,
    data: Buffer.from(JSON.stringify({ i })),
  });

/** What each key's events should become: counted in order, without the poisonous one. */
function expectedCounts(): ReadonlyMap<string, readonly { n: number; i: number }[]> {
  return new Map(
    KEYS.map((key, at) => {
      const inputs = Array.from({ length: EVENTS }, (_, i) => i).filter(
        (i) => i % KEYS.length === at && i !== POISON,
      );
      return [key, inputs.map((i, before) => ({ n: before + 1, i }))];
    }),
  );
}

describe('an output that can never be committed', { timeout: CASE_TIMEOUT }, () => {
  it('D1 D10 the input of an output that can never be committed becomes one dead letter although the service is killed, and all other inputs count once', async () => {
    const name = uniqueName('poison');
    await using folder = await folderOf(project(name));
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      NAMESPACE: name,
      TOPIC_PARTITIONS: '1',
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      SERVICE_MAX_ATTEMPTS: '4',
    };
    const start = (): Promise<GatewayProcess> =>
      startProcess(['services', 'counter'], { cwd: folder.path, env });
    await using log = await openKafkaLog(
      { brokers: kafkaBrokers(), clientId: 'test' },
      new AbortController().signal,
    );
    const recordsOf = (of: string) => readRecords(log, { topic: topic(of), partition: partition(0) });
    await using doomed = await start();
    await log.append(
      Array.from({ length: EVENTS }, (_, i) => input(name, i)),
      soon(),
    );
    // What precedes the poisonous input is committed, and the service is trying it.
    await expect.poll(async () => (await recordsOf(`${name}.out`)).length, EVENTUALLY).toBeGreaterThan(0);
    await doomed.kill('SIGKILL');
    await using _successor = await start();
    await expect.poll(async () => (await recordsOf(`${name}.out`)).length, EVENTUALLY).toBe(EVENTS - 1);

    const counts = new Map<string, { n: number; i: number }[]>();
    for (const { key, value } of await recordsOf(`${name}.out`)) {
      const { n, i } = JSON.parse(value?.toString() ?? '{}');
      counts.set(key ?? '', [...(counts.get(key ?? '') ?? []), { n, i }]);
    }
    expect(counts).toEqual(expectedCounts());
    const letters = await recordsOf(`${name}.in.dlt`);
    expect(letters.map(({ key, value }) => [key, value?.toString()])).toEqual([['c', `{"i":${POISON}}`]]);
  });
});
