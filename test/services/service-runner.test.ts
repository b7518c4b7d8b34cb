import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openEmbeddedLog } from '../../src/adapters/embedded/log.js';
import { openEmbeddedStore } from '../../src/adapters/embedded/store.js';
import { decodeRecord } from '../../src/core/envelope/decode.js';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import type { Event } from '../../src/core/event.js';
import { eventId, offset, partition, topic } from '../../src/core/ids.js';
import type { LogRecord } from '../../src/core/record.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { RecordEncoder } from '../../src/core/record-encoder.js';
import { ResourceStack } from '../../src/core/resource-stack.js';
import type { GroupHandler } from '../../src/ports/consumer-groups.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { TransactionalBatch } from '../../src/ports/transactional-commit.js';
import type { Service, ServiceEvent } from '../../src/services/service.js';
import { runService, type ServiceRunnerOptions } from '../../src/services/service-runner.js';
import { framed } from '../support/framed-codec.js';

const IN = topic('in');
const OUT = topic('out');
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let stack: ResourceStack;
let log: EventLog;
const { signal } = new AbortController();

beforeEach(async () => {
  stack = new ResourceStack();
  const dir = await mkdtemp(join(tmpdir(), 'millrace-service-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const store = stack.use(openEmbeddedStore({ dir }));
  log = stack.use(openEmbeddedLog(store));
  const spec = { partitions: 1, replicas: 1, config: {} };
  await log.ensureTopics(
    [IN, OUT].map((topic) => ({ topic, ...spec })),
    { create: true },
    signal,
  );
});
afterEach(() => stack[Symbol.asyncDispose]());

function inputEvent(id: string, more: Partial<Event> = {}): Event {
  return {
    id: eventId(id),
    source: '/gateway',
    type: 'Said',
    subject: 'k',
    time: '2026-01-31T09:30:00Z',
    correlationId: `c-${id}`,
    traceparent: TRACE,
    data: Buffer.from(JSON.stringify({ text: id })),
    ...more,
  };
}

const put = (...events: Event[]) =>
  log.append(
    events.map((event) => encodeEvent(IN, event)),
    signal,
  );

/** Answers each event with one of its own. */
function echo(handle?: (event: ServiceEvent) => void): Service {
  return {
    name: 'echo',
    topics: [IN],
    handle(event) {
      handle?.(event);
      return [{ topic: OUT, type: 'Heard', key: event.key ?? '', data: { of: event.data?.['text'] } }];
    },
  };
}

const options = (service: Service): ServiceRunnerOptions => ({
  log,
  group: 'echo',
  service,
  decoder: new RecordDecoder(),
  encoder: new RecordEncoder(),
});

async function outputs(): Promise<readonly Event[]> {
  const events: Event[] = [];
  for await (const batch of log.read({ topic: OUT, partition: partition(0), from: offset(0) }, signal)) {
    for (const record of batch.records) {
      const decoded = decodeRecord(record, { kind: 'CLOUDEVENTS' }, batch);
      if (decoded.ok) events.push(decoded.event);
    }
  }
  return events;
}

const heard = async () =>
  (await outputs()).map(({ data }) => (data === null ? null : JSON.parse(data.toString()).of));
const settle = (expected: readonly string[]) =>
  vi.waitFor(async () => expect(await heard()).toEqual(expected), { timeout: 30_000 });

describe('a running service', () => {
  it('answers events in order, with their causation, correlation and trace', async () => {
    const seen: ServiceEvent[] = [];
    stack.use(await runService(options(echo((event) => seen.push(event))), signal));
    await put(inputEvent('a'), inputEvent('b'));
    await settle(['a', 'b']);
    expect(seen[0]).toEqual({
      id: 'a',
      topic: 'in',
      source: '/gateway',
      type: 'Said',
      key: 'k',
      time: '2026-01-31T09:30:00Z',
      timestamp: expect.any(Number),
      correlationId: 'c-a',
      data: { text: 'a' },
    });
    const [first] = await outputs();
    expect(first).toMatchObject({
      source: '/services/echo',
      type: 'Heard',
      subject: 'k',
      correlationId: 'c-a',
      causationId: 'a',
    });
    expect(first?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/);
    expect(first?.traceparent?.slice(0, 36)).toBe(TRACE.slice(0, 36));
    expect(first?.traceparent).not.toBe(TRACE);
  });

  it('D1: an event acts once although a handler failed in the middle of its batch', async () => {
    const failures: unknown[] = [];
    let broken = true;
    const service = echo(({ id }) => {
      if (id === 'b' && broken) {
        broken = false;
        throw new Error('half way');
      }
    });
    await put(inputEvent('a', { idempotent: true }), inputEvent('b', { idempotent: true }), inputEvent('c'));
    const onFailure: ServiceRunnerOptions['onFailure'] = (at, event, error) =>
      failures.push([at.offset, event.id, error]);
    stack.use(await runService({ ...options(service), onFailure }, signal));
    await settle(['a', 'b', 'c']);
    expect(failures).toEqual([[1, 'b', new Error('half way')]]);
  });

  it('says how far it is behind before it handles a batch, which may take long, and again after it', async () => {
    const lags: number[] = [];
    const onReceived: ServiceRunnerOptions['onReceived'] = (_at, lag) => lags.push(lag);
    const onHandled: ServiceRunnerOptions['onHandled'] = (_at, { lag }) => lags.push(lag);
    await put(inputEvent('a'), inputEvent('b'));
    const seenBy: number[][] = [];
    const service = echo(() => seenBy.push([...lags]));
    stack.use(await runService({ ...options(service), onReceived, onHandled }, signal));
    await settle(['a', 'b']);
    expect(seenBy).toEqual([[2], [2]]);
    await vi.waitFor(() => expect(lags).toEqual([2, 0]));
  });

  it('D1: a new member of the group continues where the last one stopped', async () => {
    await put(inputEvent('a'));
    await using first = await runService(options(echo()), signal);
    await settle(['a']);
    await first[Symbol.asyncDispose]();
    await first.ended;
    await put(inputEvent('b'));
    stack.use(await runService(options(echo()), signal));
    await settle(['a', 'b']);
  });

  it('D1: a duplicate of an idempotent event has no effect, in the same batch or in a later one', async () => {
    const calls: string[] = [];
    stack.use(await runService(options(echo(({ id }) => calls.push(id))), signal));
    await put(inputEvent('a', { idempotent: true }), inputEvent('a', { idempotent: true }), inputEvent('b'));
    await settle(['a', 'b']);
    await put(inputEvent('a', { idempotent: true }), inputEvent('c'));
    await settle(['a', 'b', 'c']);
    expect(calls).toEqual(['a', 'b', 'c']);
  });

  it('D1: a duplicate that the service no longer remembers makes outputs that consumers recognise as duplicates', async () => {
    stack.use(await runService({ ...options(echo()), rememberedIds: 1 }, signal));
    await put(inputEvent('a', { idempotent: true }));
    await settle(['a']);
    await put(inputEvent('b', { idempotent: true }));
    await settle(['a', 'b']);
    await put(inputEvent('a', { idempotent: true }));
    await settle(['a', 'b', 'a']);
    const [first, other, again] = await outputs();
    expect(again?.id).toBe(first?.id);
    expect(other?.id).not.toBe(first?.id);
    expect(again?.idempotent).toBe(true);
  });

  it('writes the output of a service with the codec of its topic', async () => {
    const encoder = new RecordEncoder(new Map([[topic(OUT), { kind: 'CLOUDEVENTS', codec: framed }]]));
    stack.use(await runService({ ...options(echo()), encoder }, signal));
    await put(inputEvent('a'));
    const written: LogRecord[] = [];
    await vi.waitFor(
      async () => {
        for await (const { records } of log.read(
          { topic: OUT, partition: partition(0), from: offset(0) },
          signal,
        ))
          written.push(...records);
        expect(written).not.toEqual([]);
      },
      { timeout: 30_000 },
    );
    const [first] = written;
    if (first === undefined) throw new Error('Nothing was written');
    expect(first.headers['content-type']).toBe(framed.contentType);
    const decoded = decodeRecord(
      first,
      { kind: 'CLOUDEVENTS', codec: framed },
      { topic: OUT, partition: partition(0) },
    );
    expect(decoded.ok && String(decoded.event.data)).toBe('{"of":"a"}');
  });

  it('D10: reports and skips a record that is not an event', async () => {
    const invalid: unknown[] = [];
    const onInvalid: ServiceRunnerOptions['onInvalid'] = (at, kind) => invalid.push([at.offset, kind]);
    stack.use(await runService({ ...options(echo()), onInvalid }, signal));
    await log.append([{ topic: IN, key: null, headers: {}, value: Buffer.from('?') }], signal);
    await put(inputEvent('a'));
    await settle(['a']);
    expect(invalid).toEqual([[0, 'data']]);
  });

  it('D1: retries a batch whose commit failed, with the same output ids', async () => {
    const tries: string[][] = [];
    const commit: TransactionalBatch['commit'] = async (records = []) => {
      tries.push(records.map(({ headers }) => headers['ce_id'] ?? ''));
      if (tries.length === 1) throw new Error('The log is away');
      return [];
    };
    const handler = await handlerOf(options(echo()));
    const given = batchOf([inputEvent('a', { idempotent: true })], commit);
    await expect(handler.batch(given)).rejects.toThrow('away');
    await handler.batch(given);
    expect(tries[1]).toEqual(tries[0]);
    expect(tries[0]).toHaveLength(1);
  });

  it('stops handling a batch when its partition is lost', async () => {
    const calls: string[] = [];
    const gone = new AbortController();
    const service = echo(({ id }) => {
      calls.push(id);
      gone.abort(new Error('taken away'));
    });
    const handler = await handlerOf(options(service));
    const commit = vi.fn<TransactionalBatch['commit']>();
    const given = { ...batchOf([inputEvent('a'), inputEvent('b')], commit), signal: gone.signal };
    await expect(handler.batch(given)).rejects.toThrow('taken away');
    expect(calls).toEqual(['a']);
    expect(commit).not.toHaveBeenCalled();
  });
});

/** The handler that a service passes to the log, for calling it directly. */
async function handlerOf(options: ServiceRunnerOptions): Promise<GroupHandler<TransactionalBatch>> {
  const handlers: GroupHandler<TransactionalBatch>[] = [];
  const joined: EventLog['join'] = async (_group, handler) => {
    handlers.push(handler);
    return { ended: Promise.resolve(), [Symbol.asyncDispose]: async () => {} };
  };
  const fake: EventLog = Object.assign(Object.create(log), { join: joined });
  await runService({ ...options, log: fake }, signal);
  const [handler] = handlers;
  if (handler === undefined) throw new Error('It did not join');
  return handler;
}

function batchOf(events: readonly Event[], commit: TransactionalBatch['commit']): TransactionalBatch {
  const records = events.map((event, i) => {
    const { key, headers, value } = encodeEvent(IN, event);
    return { offset: offset(i), timestamp: 0, key, headers, value };
  });
  const last = offset(records.length - 1);
  return { topic: IN, partition: partition(0), records, last, end: offset(records.length), signal, commit };
}
