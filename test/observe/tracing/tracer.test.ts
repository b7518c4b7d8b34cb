import {
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../src/core/errors.js';
import { eventId, offset, partition, topic } from '../../../src/core/ids.js';
import { isSampled, traceIds } from '../../../src/core/trace.js';
import { EventTracer } from '../../../src/observe/tracing/tracer.js';
import { DeliverySpans } from '../../../src/subscribe/cohort/delivery-spans.js';
import { WriteCoalescer } from '../../../src/transport/delivery/write-coalescer.js';
import { seenSpans } from '../../support/spans.js';

const ORDERS = topic('orders');
const at = { topic: ORDERS, partition: partition(3) };
const traceOf = (n: number) => n.toString(16).padStart(32, '0');
const context = (trace: number, span: number, flags = '01') =>
  `00-${traceOf(trace)}-${span.toString(16).padStart(16, '0')}-${flags}`;
const relayed = (n: number, traceparent: string | undefined) => ({
  offset: offset(n),
  timestamp: 0,
  event: {
    ...{ id: eventId(`e-${n}`), source: '/x', type: 'Placed', subject: 'key', time: '', traceparent },
    data: Buffer.from('{}'),
  },
});
const record = (traceparent: string) => ({ topic: ORDERS, key: 'k', headers: { traceparent }, value: null });

function tracing(share?: number) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(share !== undefined && {
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    }),
  });
  const tracer = new EventTracer(provider, { log: 'kafka', fanout: 'redis' });
  return { tracer, spans: () => seenSpans(exporter) };
}

describe('the spans of a batch', () => {
  it('are one for each trace in it, below its first event, with links to all of its events that are sampled', async () => {
    const { tracer, spans } = tracing();
    const events = [
      relayed(0, context(1, 11)),
      relayed(1, context(2, 22)),
      relayed(2, context(1, 12)),
      relayed(3, context(3, 33, '00')),
      relayed(4, undefined),
    ];
    await tracer.relay(at, 'group', events)?.during(Promise.resolve());
    const of = (name: string) => spans().filter((span) => span.name === name);
    const ids = (...all: number[]) => all.map((n) => n.toString(16).padStart(16, '0'));
    expect(of('relay orders')).toMatchObject([
      { traceId: traceOf(1), parentId: ids(11)[0], links: ids(11, 12) },
      { traceId: traceOf(2), parentId: ids(22)[0], links: ids(22) },
    ]);
    expect(of('relay orders')[0]?.attributes).toEqual({
      'messaging.system': 'kafka',
      'messaging.destination.name': 'orders',
      'messaging.destination.partition.id': '3',
      'messaging.operation.name': 'relay',
      'messaging.operation.type': 'process',
      'messaging.batch.message_count': 5,
      'messaging.consumer.group.name': 'group',
    });
    expect(of('publish orders').map(({ parentId }) => parentId)).toEqual(
      of('relay orders').map(({ spanId }) => spanId),
    );
  });

  it('are none when no event of it is sampled', () => {
    const { tracer } = tracing();
    expect(
      tracer.relay(at, 'group', [relayed(0, context(1, 1, '00')), relayed(1, undefined)]),
    ).toBeUndefined();
    expect(tracer.send([record(context(1, 1, '00'))])).toBeUndefined();
  });

  it('C4 have a bounded number of links, however large the batch', async () => {
    const { tracer, spans } = tracing();
    const records = Array.from({ length: 5_000 }, (_, n) => record(context(1, n + 1)));
    await tracer.send(records)?.during(Promise.resolve());
    expect(spans()).toHaveLength(1);
    expect(spans()[0]?.links).toHaveLength(128);
    expect(spans()[0]?.attributes['messaging.batch.message_count']).toBe(5_000);
  });

  it('fail with the code of what failed, and without its message', async () => {
    const { tracer, spans } = tracing();
    const error = new MillraceError('PUBLISH_UNCERTAIN', 'hunter2');
    const send = () => tracer.send([record(context(1, 1))]);
    await expect(send()?.during(Promise.reject(error))).rejects.toBe(error);
    await send()?.during(Promise.resolve('FENCED'), (status) => status);
    expect(spans().map(({ failed, attributes }) => [failed, attributes['error.type']])).toEqual([
      [true, 'PUBLISH_UNCERTAIN'],
      [true, 'FENCED'],
    ]);
    expect(JSON.stringify(spans())).not.toContain('hunter2');
  });
});

describe('sampling', () => {
  const mutation = (tracer: EventTracer, traceparent?: string) =>
    tracer.mutation({ traceparent, correlationId: 'flow' }, () => 'Place');

  it('is decided once: a mutation that is not sampled hands on a trace that nothing else records', () => {
    const { tracer, spans } = tracing(0);
    const { traceparent, span } = mutation(tracer);
    expect(span).toBeUndefined();
    expect(isSampled(traceparent)).toBe(false);
    const event = { id: eventId('e'), source: '/x', type: 'Placed', correlationId: 'flow' };
    const created = tracer.create(ORDERS, event, traceparent);
    expect(created.span).toBeUndefined();
    expect(traceIds(created.traceparent).traceId).toBe(traceIds(traceparent).traceId);
    expect(isSampled(created.traceparent)).toBe(false);
    expect(spans()).toEqual([]);
  });

  it('records the share of the traces that begin here', () => {
    const { tracer } = tracing(0.1);
    const sampled = Array.from({ length: 5_000 }, () => mutation(tracer)).filter(({ span }) => span);
    expect(sampled.length).toBeGreaterThan(350);
    expect(sampled.length).toBeLessThan(650);
  });

  it('follows the flag of a caller, whatever the share', () => {
    const { tracer, spans } = tracing(0);
    const { traceparent, span } = mutation(tracer, context(7, 7));
    span?.end();
    expect(traceparent).toMatch(new RegExp(`^00-${traceOf(7)}-[0-9a-f]{16}-01$`));
    expect(spans()).toMatchObject([
      {
        name: 'mutation',
        parentId: context(7, 7).split('-')[2],
        attributes: { 'graphql.operation.name': 'Place' },
      },
    ]);
  });
});

describe('the span of a delivery', () => {
  it('ends once the frames are written, with the number of clients that took its event', async () => {
    const { tracer, spans } = tracing();
    const delivered = new DeliverySpans();
    const endedBefore: number[] = [];
    new WriteCoalescer().schedule({ flush: () => void endedBefore.push(spans().length) });
    for (const [index, n] of [0, 2].entries())
      delivered.add(tracer.deliver(at, relayed(n, context(1, n + 1)), 'orderEvents'), index * 2);
    for (const taken of [3, 1, 0]) delivered.took(taken);
    delivered.endAfterWrites();
    await new Promise(setImmediate);
    expect(endedBefore).toEqual([0]);
    expect(
      spans().map(({ attributes }) => [attributes['millrace.clients'], attributes['messaging.kafka.offset']]),
    ).toEqual([
      [2, 0],
      [1, 2],
    ]);
  });
});
