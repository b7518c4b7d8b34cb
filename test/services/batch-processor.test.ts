import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeEvent } from '../../src/core/cloudevent.js';
import { eventId, offset, partition, topic } from '../../src/core/ids.js';
import { BatchProcessor, type InputBatch } from '../../src/services/batch-processor.js';
import type { Service, ServiceEvent } from '../../src/services/service.js';

const IN = topic('in');
const { signal } = new AbortController();

/** Events `a0 b1 …`: of the key that each letter is, in this order. */
function stretchOf(keys: readonly (string | null)[]): InputBatch {
  const records = keys.map((key, i) => {
    const event = { id: eventId(`${key}${i}`), source: '/t', type: 'T', subject: key, time: '' };
    const data = Buffer.from('{}');
    const encoded = encodeEvent(IN, { ...event, correlationId: undefined, traceparent: undefined, data });
    return { ...encoded, offset: offset(i), timestamp: i };
  });
  return { topic: IN, partition: partition(0), records };
}

/** A service whose calls end when the test says so, in whatever order. */
class Held {
  readonly begun: string[] = [];
  readonly #open = new Map<string, { end: () => void; fail: (error: Error) => void }>();
  most = 0;

  readonly service: Service<{ seen: string[] }>;

  constructor(concurrency: number) {
    this.service = {
      name: 'held',
      topics: [IN],
      initial: { seen: [] },
      concurrency,
      handle: async (event: ServiceEvent, { state }) => {
        this.begun.push(event.id);
        await new Promise<void>((end, fail) => this.#open.set(event.id, { end, fail }));
        const out = { topic: 'out', type: 'T', key: event.key ?? '', data: { of: event.id } };
        return { events: [out], state: { seen: [...state.seen, event.id] } };
      },
    };
  }

  get open(): readonly string[] {
    this.most = Math.max(this.most, this.#open.size);
    return [...this.#open.keys()];
  }

  async end(id: string): Promise<void> {
    this.#take(id).end();
    await new Promise(setImmediate);
  }

  async fail(id: string): Promise<void> {
    this.#take(id).fail(new Error(`${id} failed`));
    await new Promise(setImmediate);
  }

  #take(id: string) {
    const found = this.#open.get(id);
    if (found === undefined) throw new Error(`${id} is not being handled`);
    this.#open.delete(id);
    return found;
  }
}

function run(held: Held, stretch: InputBatch, states = new Map<string, string>()) {
  const processor = new BatchProcessor({
    service: held.service,
    decode: (record, at) => decodeRecord(record, { kind: 'CLOUDEVENTS' }, at),
  });
  return processor.run(stretch, states, signal);
}

const emitted = ({ emitted: list }: Awaited<ReturnType<typeof run>>): unknown[] =>
  list.flatMap(({ events }) => events.map(({ data }) => data['of']));

/** A generator of whole numbers below `n` (mulberry32). */
function seeded(seed: number): (n: number) => number {
  let a = seed;
  return (n) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

describe('processor a stretch', () => {
  it('one at a time, in the order of the log, when nothing else is said', async () => {
    const held = new Held(1);
    const running = run(held, stretchOf(['a', 'a', 'b', 'c']));
    for (const id of ['a0', 'a1', 'b2', 'c3']) {
      expect(held.open).toEqual([id]);
      await held.end(id);
    }
    expect(emitted(await running)).toEqual(['a0', 'a1', 'b2', 'c3']);
  });

  it('several keys at a time: each key in order, what is said in the order of the inputs', async () => {
    const held = new Held(2);
    const running = run(held, stretchOf(['a', 'b', 'a', 'c', 'b']));
    expect(held.open).toEqual(['a0', 'b1']);
    await held.end('b1');
    expect(held.open).toEqual(['a0', 'b4']);
    await held.end('b4');
    expect(held.open).toEqual(['a0', 'c3']);
    await held.end('c3');
    await held.end('a0');
    await held.end('a2');
    const outcome = await running;
    expect(emitted(outcome)).toEqual(['a0', 'b1', 'a2', 'c3', 'b4']);
    expect(Object.fromEntries(outcome.changes)).toEqual({
      a: '{"seen":["a0","a2"]}',
      b: '{"seen":["b1","b4"]}',
      c: '{"seen":["c3"]}',
    });
  });

  it('whatever the order in which handlers end: no key overtakes itself, no more at once than may', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      const keys = Array.from({ length: 1 + random(12) }, () => 'abcd'[random(4)] ?? 'a');
      const held = new Held(2 + random(3));
      const running = run(held, stretchOf(keys));
      for (let left = keys.length; left > 0; left--) {
        const { open } = held;
        expect(new Set(open.map(([key]) => key)).size, `seed ${seed}`).toBe(open.length);
        await held.end(open[random(open.length)] ?? '');
      }
      const outcome = await running;
      const ids = keys.map((key, i) => `${key}${i}`);
      expect(emitted(outcome), `seed ${seed}`).toEqual(ids);
      expect(held.most, `seed ${seed}`).toBeLessThanOrEqual(held.service.concurrency ?? 1);
      for (const key of new Set(keys)) {
        const seen = ids.filter((id) => id.startsWith(key));
        expect(JSON.parse(outcome.changes.get(key) ?? '{}'), `seed ${seed}`).toEqual({ seen });
      }
    }
  });

  it('after a failure nothing begins, and what had begun ends before it is told', async () => {
    const held = new Held(2);
    let told = false;
    const running = run(held, stretchOf(['a', 'b', 'b', 'c'])).catch((error: unknown) => {
      told = true;
      return error;
    });
    await held.fail('a0');
    expect(told).toBe(false);
    expect(held.open).toEqual(['b1']);
    await held.end('b1');
    expect(String(await running)).toContain('a0 failed');
    expect(held.begun).toEqual(['a0', 'b1']);
  });

  it('a state that equals the initial one is none, one that is the same is no change', async () => {
    const processorFor = (state: (key: string | null) => unknown) =>
      new BatchProcessor({
        service: {
          name: 's',
          topics: [IN],
          initial: { a: 1, b: 2 },
          handle: ({ key }) => ({ state: state(key) }),
        },
        decode: (record, at) => decodeRecord(record, { kind: 'CLOUDEVENTS' }, at),
      });
    const states = new Map([
      ['same', '{"a":3}'],
      ['back', '{"a":3}'],
    ]);
    const given = processorFor((key) => (key === 'same' ? { a: 3 } : { b: 2, a: 1 }));
    const { changes } = await given.run(stretchOf(['same', 'back', 'new']), states, signal);
    expect([...changes]).toEqual([['back', null]]);
  });

  it('what is no JSON is refused as a state, with the key', async () => {
    const processor = new BatchProcessor({
      service: { name: 's', topics: [IN], initial: 0, handle: () => ({ state: undefined }) },
      decode: (record, at) => decodeRecord(record, { kind: 'CLOUDEVENTS' }, at),
    });
    await expect(processor.run(stretchOf(['a']), new Map(), signal)).rejects.toThrow(
      'the state of a is not JSON',
    );
  });

  it('a state is a copy of its own; an event without a key has the initial one, and keeps none', async () => {
    const seen: unknown[] = [];
    const service: Service<{ list: number[] }> = {
      name: 's',
      topics: [IN],
      initial: { list: [] },
      handle(_event, { state }) {
        seen.push(structuredClone(state));
        state.list.push(1);
        return seen.length === 1 ? [] : { state };
      },
    };
    const decode = (record: Parameters<typeof decodeRecord>[0], at: Parameters<typeof decodeRecord>[2]) =>
      decodeRecord(record, { kind: 'CLOUDEVENTS' }, at);
    const processor = new BatchProcessor({ service, decode });
    const { changes } = await processor.run(stretchOf(['a', 'a', 'a', null, null]), new Map(), signal);
    expect(seen).toEqual([{ list: [] }, { list: [] }, { list: [1] }, { list: [] }, { list: [] }]);
    expect([...changes]).toEqual([['a', '{"list":[1,1]}']]);
  });
});
