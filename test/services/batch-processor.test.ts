import { describe, expect, it } from 'vitest';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { eventId, offset, partition, topic } from '../../src/core/ids.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { BatchProcessor, type InputBatch } from '../../src/services/batch-processor.js';
import type { Service, ServiceEvent } from '../../src/services/service.js';

const IN = topic('in');
const { signal } = new AbortController();

/** Events `a0 b1 …`, one for each key, with the key and the position in their ids. */
function batchOf(keys: readonly (string | null)[]): InputBatch {
  const records = keys.map((key, i) => {
    const event = { id: eventId(`${key}${i}`), source: '/t', type: 'T', subject: key, time: '' };
    const data = Buffer.from('{}');
    const encoded = encodeEvent(IN, { ...event, correlationId: undefined, traceparent: undefined, data });
    return { ...encoded, offset: offset(i), timestamp: i };
  });
  return { topic: IN, partition: partition(0), records };
}

/** A service whose handlers finish when the test lets them, in any order. */
class GatedService {
  readonly started: string[] = [];
  readonly #open = new Map<string, { end: () => void; fail: (error: Error) => void }>();
  maxOpen = 0;

  readonly service: Service<{ seen: string[] }>;

  constructor(concurrency: number) {
    this.service = {
      name: 'held',
      topics: [IN],
      initial: { seen: [] },
      concurrency,
      handle: async (event: ServiceEvent, { state }) => {
        this.started.push(event.id);
        await new Promise<void>((end, fail) => this.#open.set(event.id, { end, fail }));
        const out = { topic: 'out', type: 'T', key: event.key ?? '', data: { of: event.id } };
        return { events: [out], state: { seen: [...state.seen, event.id] } };
      },
    };
  }

  get open(): readonly string[] {
    this.maxOpen = Math.max(this.maxOpen, this.#open.size);
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

function run(gated: GatedService, batch: InputBatch, states = new Map<string, string>()) {
  const processor = new BatchProcessor({
    service: gated.service,
    decoder: new RecordDecoder(),
  });
  return processor.run(batch, states, signal);
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

describe('BatchProcessor', () => {
  it('handles one event at a time, in log order, when the service sets no concurrency', async () => {
    const gated = new GatedService(1);
    const running = run(gated, batchOf(['a', 'a', 'b', 'c']));
    for (const id of ['a0', 'a1', 'b2', 'c3']) {
      expect(gated.open).toEqual([id]);
      await gated.end(id);
    }
    expect(emitted(await running)).toEqual(['a0', 'a1', 'b2', 'c3']);
  });

  it('handles several keys concurrently, each key in order, and returns outputs in the order of the inputs', async () => {
    const gated = new GatedService(2);
    const running = run(gated, batchOf(['a', 'b', 'a', 'c', 'b']));
    expect(gated.open).toEqual(['a0', 'b1']);
    await gated.end('b1');
    expect(gated.open).toEqual(['a0', 'b4']);
    await gated.end('b4');
    expect(gated.open).toEqual(['a0', 'c3']);
    await gated.end('c3');
    await gated.end('a0');
    await gated.end('a2');
    const outcome = await running;
    expect(emitted(outcome)).toEqual(['a0', 'b1', 'a2', 'c3', 'b4']);
    expect(Object.fromEntries(outcome.changes)).toEqual({
      a: '{"seen":["a0","a2"]}',
      b: '{"seen":["b1","b4"]}',
      c: '{"seen":["c3"]}',
    });
  });

  it('keeps the order of each key and the limit on concurrency, in whatever order handlers finish', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      const keys = Array.from({ length: 1 + random(12) }, () => 'abcd'[random(4)] ?? 'a');
      const gated = new GatedService(2 + random(3));
      const running = run(gated, batchOf(keys));
      for (let left = keys.length; left > 0; left--) {
        const { open } = gated;
        expect(new Set(open.map(([key]) => key)).size, `seed ${seed}`).toBe(open.length);
        await gated.end(open[random(open.length)] ?? '');
      }
      const outcome = await running;
      const ids = keys.map((key, i) => `${key}${i}`);
      expect(emitted(outcome), `seed ${seed}`).toEqual(ids);
      expect(gated.maxOpen, `seed ${seed}`).toBeLessThanOrEqual(gated.service.concurrency ?? 1);
      for (const key of new Set(keys)) {
        const seen = ids.filter((id) => id.startsWith(key));
        expect(JSON.parse(outcome.changes.get(key) ?? '{}'), `seed ${seed}`).toEqual({ seen });
      }
    }
  });

  it('starts no handler after a failure, and rejects only when running handlers have finished', async () => {
    const gated = new GatedService(2);
    let rejected = false;
    const running = run(gated, batchOf(['a', 'b', 'b', 'c'])).catch((error: unknown) => {
      rejected = true;
      return error;
    });
    await gated.fail('a0');
    expect(rejected).toBe(false);
    expect(gated.open).toEqual(['b1']);
    await gated.end('b1');
    expect(String(await running)).toContain('a0 failed');
    expect(gated.started).toEqual(['a0', 'b1']);
  });

  it('forgets a state that equals the initial one, and reports no change for an unchanged state', async () => {
    const processorFor = (state: (key: string | null) => unknown) =>
      new BatchProcessor({
        service: {
          name: 's',
          topics: [IN],
          initial: { a: 1, b: 2 },
          handle: ({ key }) => ({ state: state(key) }),
        },
        decoder: new RecordDecoder(),
      });
    const states = new Map([
      ['same', '{"a":3}'],
      ['back', '{"a":3}'],
    ]);
    const given = processorFor((key) => (key === 'same' ? { a: 3 } : { b: 2, a: 1 }));
    const { changes } = await given.run(batchOf(['same', 'back', 'new']), states, signal);
    expect([...changes]).toEqual([['back', null]]);
  });

  it('rejects a state that is not JSON, naming its key', async () => {
    const processor = new BatchProcessor({
      service: { name: 's', topics: [IN], initial: 0, handle: () => ({ state: undefined }) },
      decoder: new RecordDecoder(),
    });
    await expect(processor.run(batchOf(['a']), new Map(), signal)).rejects.toThrow(
      'the state of a is not JSON',
    );
  });

  it('gives each call its own copy of the state; an event without a key has the initial state and keeps none', async () => {
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
    const processor = new BatchProcessor({ service, decoder: new RecordDecoder() });
    const { changes } = await processor.run(batchOf(['a', 'a', 'a', null, null]), new Map(), signal);
    expect(seen).toEqual([{ list: [] }, { list: [] }, { list: [1] }, { list: [] }, { list: [] }]);
    expect([...changes]).toEqual([['a', '{"list":[1,1]}']]);
  });
});
