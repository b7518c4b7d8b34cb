import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openEmbeddedLog } from '../../src/adapters/embedded/log.js';
import { openEmbeddedStore } from '../../src/adapters/embedded/store.js';
import { encodeEvent } from '../../src/core/cloudevent.js';
import { eventId, offset, partition, topic } from '../../src/core/ids.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { inChains } from '../../src/process/in-chains.js';
import type { Process } from '../../src/process/process.js';
import type { Service } from '../../src/process/service.js';
import { type ServiceParts, startService } from '../../src/process/start.js';
import { stateTopic } from '../../src/process/state-topic.js';

const IN = topic('in');
const OUT = topic('out');
const { signal } = new AbortController();

let dir: string;
let log: EventLog;
let close: () => Promise<void>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-states-'));
  const store = openEmbeddedStore({ dir });
  log = openEmbeddedLog(store);
  close = async () => {
    await log[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  };
  const spec = { partitions: 2, replicas: 1, config: {} };
  await log.ensureTopics(
    [IN, OUT].map((name) => ({ topic: name, ...spec })),
    { create: true },
    signal,
  );
});
afterEach(() => close());

/** Counts the events of each key, and says how many they are. */
function counter(more: Partial<Service<{ n: number }>> = {}): Service<{ n: number }> {
  return {
    name: 'counter',
    topics: [IN],
    initial: { n: 0 },
    handle(event, { state }) {
      const n = state.n + 1;
      const data = { n, key: event.key };
      return { state: { n }, events: [{ topic: OUT, type: 'Counted', key: event.key ?? '', data }] };
    },
    ...more,
  };
}

const parts = (): ServiceParts => ({
  log,
  formats: new Map(),
  metrics: new Metrics(),
  logger: openLogger('silent'),
  prefix: 'test',
  topics: { partitions: 2, replicas: 1, create: true },
});
const start = (service: Service<{ n: number }>, given = parts()): Promise<Process> =>
  startService(service, given, signal);

let made = 0;
async function put(...keys: readonly (string | null)[]): Promise<void> {
  const records = keys.map((key) => ({
    ...encodeEvent(IN, {
      id: eventId(`e${made++}`),
      source: '/test',
      type: 'Said',
      subject: key ?? 'k',
      time: '2026-01-31T09:30:00Z',
      data: Buffer.from('{}'),
    }),
    key,
  }));
  await log.append(records, signal);
}

/** What was said about a key, in order. */
async function counted(key: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const number of [0, 1]) {
    const range = { topic: OUT, partition: partition(number), from: offset(0) };
    for await (const { records } of log.read(range, signal))
      for (const { value } of records) {
        const data = JSON.parse(value?.toString() ?? '{}');
        if (data.key === key) found.push(data.n);
      }
  }
  return found;
}

const settles = (key: string, expected: readonly number[]): Promise<void> =>
  vi.waitFor(async () => expect(await counted(key)).toEqual(expected), { timeout: 30_000 });

describe('a service with states', () => {
  test('has one for each key', async () => {
    await using _process = await start(counter());
    await put('a', 'b', 'a', 'a', 'b');
    await settles('a', [1, 2, 3]);
    await settles('b', [1, 2]);
  });

  test('D1: the next member goes on with the states where the last one ended', async () => {
    await put('a', 'b', 'a');
    {
      await using _first = await start(counter());
      await settles('a', [1, 2]);
    }
    await put('a', 'b');
    await using _second = await start(counter());
    await settles('a', [1, 2, 3]);
    await settles('b', [1, 2]);
  });

  test('D1: two members share the keys, and a partition moves with its states', async () => {
    const first = await start(counter());
    await put('a', 'b', 'c', 'd');
    await settles('d', [1]);
    await using _second = await start(counter());
    await put('a', 'b', 'c', 'd');
    for (const key of ['a', 'b', 'c', 'd']) await settles(key, [1, 2]);
    await first[Symbol.asyncDispose]();
    await put('a', 'b', 'c', 'd');
    for (const key of ['a', 'b', 'c', 'd']) await settles(key, [1, 2, 3]);
  });

  test('D1: a batch that failed leaves no state behind', async () => {
    let broken = true;
    const service = counter();
    const failing = counter({
      handle(event, context) {
        if (event.key === 'x' && broken) {
          broken = false;
          throw new Error('half way');
        }
        return service.handle(event, context);
      },
    });
    await put('a', 'a', 'x');
    const given = parts();
    await using _process = await start(failing, given);
    await settles('x', [1]);
    await settles('a', [1, 2]);
    expect(broken).toBe(false);
    const text = await given.metrics.registry.metrics();
    expect(text).toContain('millrace_service_failures_total{service="counter"} 1');
    expect(text).toContain('millrace_service_events_total{service="counter"} 3');
  });

  test('a state that is the initial one again is forgotten', async () => {
    const toggle = counter({
      handle: (event, { state }) => {
        const n = 1 - state.n;
        return {
          state: { n },
          events: [{ topic: OUT, type: 'Counted', key: event.key ?? '', data: { n, key: event.key } }],
        };
      },
    });
    await using _process = await start(toggle);
    await put('a');
    await settles('a', [1]);
    await put('a');
    await settles('a', [1, 0]);
    const last: (Buffer | null)[] = [];
    for (const number of [0, 1]) {
      const name = stateTopic('test-service-counter', '1', IN);
      const range = { topic: name, partition: partition(number), from: offset(0) };
      for await (const { records } of log.read(range, signal))
        last.push(...records.map(({ value }) => value));
    }
    expect(last.map((value) => value?.toString())).toEqual(['{"n":1}', undefined]);
  });

  test('several keys are handled at the same time, those of one in order, and what they say comes in order', async () => {
    let together = 0;
    let most = 0;
    const order: string[] = [];
    let release = (): void => {};
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    const service = counter();
    const slow = counter({
      concurrency: 4,
      async handle(event, context) {
        together += 1;
        most = Math.max(most, together);
        if (together === 2) release();
        await both;
        order.push(event.id);
        together -= 1;
        return service.handle(event, context);
      },
    });
    const [one, two] = keysOfOnePartition();
    await put(one, two, one, two);
    await using _process = await start(slow);
    await settles(one, [1, 2]);
    await settles(two, [1, 2]);
    expect(most).toBe(2);
  });
});

/** Two keys that are in the same partition of two. */
function keysOfOnePartition(): readonly [string, string] {
  return ['a', 'c'];
}

describe('chains', () => {
  test('keep the order of each key and of the results, whatever takes how long, and end before they fail', async () => {
    const item = fc.record({
      key: fc.constantFrom('a', 'b', 'c', null),
      turns: fc.nat(4),
      fails: fc.boolean().map((fails) => fails),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(item, { maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (items, concurrency, mayFail) => {
          const begun = new Map<string | null, number[]>();
          let under = 0;
          const run = inChains(
            items.map((one, place) => ({ ...one, place })),
            ({ key }) => key,
            concurrency,
            async ({ key, turns, fails, place }) => {
              under += 1;
              const mine = begun.get(key) ?? [];
              begun.set(key, [...mine, place]);
              for (let turn = 0; turn < turns; turn++) await Promise.resolve();
              under -= 1;
              if (fails && mayFail) throw new Error(String(place));
              return place;
            },
            signal,
          );
          if (mayFail && items.some(({ fails }) => fails)) await expect(run).rejects.toThrow(/^\d+$/);
          else expect(await run).toEqual(items.map((_one, place) => place));
          expect(under).toBe(0);
          for (const places of begun.values()) expect(places).toEqual([...places].sort((x, y) => x - y));
        },
      ),
    );
  });
});
