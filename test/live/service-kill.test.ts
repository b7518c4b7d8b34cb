import { describe, expect, it } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { eventId, partition, topic } from '../../src/core/ids.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { changelogTopic } from '../../src/services/state-versions.js';
import { POLL, readRecords, soon } from '../contract/event-log-tools.js';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { run } from '../support/run.js';
import { kafkaBrokers, uniqueName } from '../support/services.js';

const PARTITIONS = 4;
const KEYS = Array.from({ length: 12 }, (_, i) => `key-${i}`);
const EVENTS = 4_800;

const project = (name: string) => ({
  'schema/counts.graphql': `
    type Query { ok: Boolean }
    type Mutation { happen(key: ID!): Published! @publish(topic: "${name}.in", type: "Happened", key: "args.key") }
    type Subscription { counted: Counted! @subscribe(topic: "${name}.out") }
    type Happened { key: ID }
    type Counted { n: Int! i: Int! }
  `,
  'millrace.config.mjs': `
    const handle = ({ key, data }, { state }) => ({
      state: { n: state.n + 1 },
      events: [{ topic: '${name}.out', type: 'Counted', key, data: { n: state.n + 1, i: data.i } }],
    });
    export default { services: [{ name: 'counter', topics: ['${name}.in'], initial: { n: 0 }, handle }] };
  `,
});

/** A seeded generator of numbers from 0 to below 1 (mulberry32). */
function seeded(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Appends the events `from` to `until`, over the keys in turn. */
async function put(log: EventLog, name: string, from: number, until: number): Promise<void> {
  for (let begin = from; begin < until; begin += 100) {
    const records = Array.from({ length: Math.min(100, until - begin) }, (_, n) => {
      const i = begin + n;
      return encodeEvent(topic(`${name}.in`), {
        id: eventId(`e-${i}`),
        source: '/test',
        type: 'Happened',
        subject: KEYS[i % KEYS.length] ?? '',
        time: '2026-01-31T09:30:00Z',
        correlationId: undefined,
        traceparent: undefined,
        data: Buffer.from(JSON.stringify({ i: Math.floor(i / KEYS.length) })),
      });
    });
    await log.append(records, soon());
  }
}

async function countsOf(log: EventLog, name: string): Promise<Map<string, { n: number; i: number }[]>> {
  const said = new Map<string, { n: number; i: number }[]>();
  for (let p = 0; p < PARTITIONS; p++) {
    const at = { topic: topic(`${name}.out`), partition: partition(p) };
    for (const { key, value } of await readRecords(log, at)) {
      const list = said.get(key ?? '') ?? [];
      said.set(key ?? '', list);
      const { n, i } = JSON.parse(value?.toString() ?? '{}');
      list.push({ n, i });
    }
  }
  return said;
}

describe('services as processes, on Kafka', { timeout: 300_000 }, () => {
  it('D1 D9: two processes of a service count exactly while each is killed twice at random moments, and a replay beside them changes nothing', async () => {
    const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`service-kill: SEED=${seed}`);
    const random = seeded(seed);
    const name = uniqueName('killed');
    await using folder = await folderOf(project(name));
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      NAMESPACE: name,
      TOPIC_PARTITIONS: String(PARTITIONS),
      KAFKA_SESSION_TIMEOUT_MS: '6000',
    };
    const start = (): Promise<GatewayProcess> =>
      startProcess(['services', 'counter'], { cwd: folder.path, env });
    await using log = await openKafkaLog(
      { brokers: kafkaBrokers(), clientId: 'test' },
      new AbortController().signal,
    );
    const members = [await start(), await start()];
    try {
      const handled = async (): Promise<number> =>
        [...(await countsOf(log, name)).values()].reduce((sum, list) => sum + list.length, 0);
      // A quarter of the events for each kill, which happens once some part of that quarter has been counted.
      for (let round = 0; round < 4; round++) {
        const from = (round * EVENTS) / 4;
        const pouring = put(log, name, from, from + EVENTS / 4);
        const moment = from + Math.floor(random() * (EVENTS / 4)) - Math.floor(random() * 200);
        await expect.poll(handled, POLL).toBeGreaterThanOrEqual(Math.max(0, moment));
        const doomed = members[round % 2];
        await doomed?.kill('SIGKILL');
        members[round % 2] = await start();
        await pouring;
      }
      const each = EVENTS / KEYS.length;
      const exact = new Map(
        KEYS.map((key) => [key, Array.from({ length: each }, (_, i) => ({ n: i + 1, i }))]),
      );
      await expect.poll(handled, { ...POLL, timeout: 120_000 }).toBeGreaterThanOrEqual(EVENTS);
      expect(await countsOf(log, name), `SEED=${seed}`).toEqual(exact);
      expect(await statesOf(log, name, undefined), `SEED=${seed}`).toEqual(
        new Map(KEYS.map((key) => [key, each])),
      );

      const main = new URL('../../dist/cli/main.js', import.meta.url).pathname;
      const args = [main, 'replay', '--group', 'counter', '--from', 'start'];
      const replay = await run(process.execPath, args, { cwd: folder.path, env });
      expect(replay.stderr).toBe('');
      expect(replay.code).toBe(0);
      expect(replay.stdout).toMatch(/\(100 %\)/);
      expect(replay.stdout).toMatch(/^Switched\./m);
      await put(log, name, EVENTS, EVENTS + KEYS.length);
      await expect.poll(handled, POLL).toBe(EVENTS + KEYS.length);
      for (const [key, list] of await countsOf(log, name))
        expect([key, list.at(-1)], `SEED=${seed}`).toEqual([key, { n: each + 1, i: each }]);
    } finally {
      for (const member of members) await member.kill('SIGTERM');
    }
  });
});

async function statesOf(log: EventLog, name: string, id: string | undefined): Promise<Map<string, number>> {
  const states = new Map<string, number>();
  const found = changelogTopic(`${name}-service-counter`, topic(`${name}.in`), { id, bases: {} });
  for (let p = 0; p < PARTITIONS; p++) {
    for (const { key, value } of await readRecords(log, { topic: found, partition: partition(p) }))
      if (key?.startsWith('key/') && value !== null) states.set(key.slice(4), JSON.parse(value.toString()).n);
  }
  return states;
}
