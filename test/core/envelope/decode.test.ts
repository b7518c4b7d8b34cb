import { describe, expect, it } from 'vitest';
import { decodeRecord } from '../../../src/core/envelope/decode.js';
import { encodeEvent } from '../../../src/core/envelope/encode.js';
import { type Event, UNKNOWN_TYPE } from '../../../src/core/event.js';
import { eventId, offset, partition, topic } from '../../../src/core/ids.js';
import type { LogRecord } from '../../../src/core/record.js';

const AT = { topic: topic('shop.orders'), partition: partition(2) };
const CLOUDEVENTS = { kind: 'CLOUDEVENTS' } as const;

const event: Event = {
  id: eventId('0b5c'),
  source: '/gateway',
  type: 'OrderPlaced',
  subject: 'order-1',
  time: '2026-01-02T03:04:05.678Z',
  correlationId: 'c-1',
  causationId: 'e-0',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=1',
  idempotent: true,
  data: Buffer.from('{"orderId":"order-1"}'),
};

const record = (change: Partial<LogRecord>): LogRecord => ({
  offset: offset(7),
  timestamp: Date.parse('2026-01-02T03:04:05.678Z'),
  key: 'order-1',
  headers: { ce_specversion: '1.0', ce_id: '1', ce_source: '/other', ce_type: 'OrderPlaced' },
  value: Buffer.from('{}'),
  ...change,
});

describe('encoding and decoding events', () => {
  it('decodes an event that it has encoded', () => {
    const { topic: _topic, ...written } = encodeEvent(AT.topic, event);
    expect(decodeRecord(record(written), CLOUDEVENTS, AT)).toEqual({ ok: true, event });
  });

  it('writes the headers of the binary content mode, and those of W3C Trace Context', () => {
    expect(encodeEvent(AT.topic, event).headers).toMatchObject({
      ce_specversion: '1.0',
      ce_id: '0b5c',
      ce_type: 'OrderPlaced',
      ce_subject: 'order-1',
      'content-type': 'application/json',
      traceparent: event.traceparent,
    });
  });

  it('D3 takes the key from the record alone, so that a subject without a key is not a key anywhere', () => {
    const headers = { ...encodeEvent(AT.topic, event).headers, ce_subject: 'order-1' };
    expect(decodeRecord(record({ headers, key: null }), CLOUDEVENTS, AT)).toMatchObject({
      ok: true,
      event: { id: event.id, subject: null },
    });
  });

  it('decodes a record without a value as a tombstone', () => {
    expect(decodeRecord(record({ value: null }), CLOUDEVENTS, AT)).toMatchObject({
      ok: true,
      event: { data: null },
    });
  });

  it('decodes a record with only a key as a tombstone of an unknown type', () => {
    expect(decodeRecord(record({ headers: {}, value: null }), CLOUDEVENTS, AT)).toEqual({
      ok: true,
      event: {
        id: 'shop.orders/2/7',
        source: '/topics/shop.orders',
        type: UNKNOWN_TYPE,
        subject: 'order-1',
        time: event.time,
        data: null,
      },
    });
    const json = { kind: 'JSON', type: 'Tick' } as const;
    expect(decodeRecord(record({ headers: {}, value: null }), json, AT)).toMatchObject({
      ok: true,
      event: { type: 'Tick', subject: 'order-1', data: null },
    });
  });

  it('decodes plain JSON in a topic with that format, with the position as the id', () => {
    expect(decodeRecord(record({ headers: {} }), { kind: 'JSON', type: 'Tick' }, AT)).toMatchObject({
      ok: true,
      event: { id: 'shop.orders/2/7', type: 'Tick', subject: 'order-1', time: event.time },
    });
  });

  it('D10 leaves out metadata that is invalid or too long, and keeps the event', () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const given = (headers: Record<string, string>) => ({ headers: { ...record({}).headers, ...headers } });
    const decoded = (headers: Record<string, string>) => {
      const one = record(given(headers));
      const result = decodeRecord(one, CLOUDEVENTS, AT);
      if (!result.ok) throw new Error(result.reason);
      return { event: result.event, names: result.leftOut ?? [] };
    };
    const bad = decoded({
      ce_time: 'yesterday',
      traceparent: 'garbage',
      tracestate: 'a=1',
      ce_correlationid: 'x'.repeat(257),
      ce_causationid: '\u0007',
    });
    expect(bad.event).toMatchObject({
      time: new Date(record({}).timestamp).toISOString(),
      traceparent: undefined,
      tracestate: undefined,
      correlationId: undefined,
      causationId: undefined,
    });
    expect(bad.names).toEqual(['ce_time', 'traceparent', 'tracestate', 'ce_correlationid', 'ce_causationid']);
    const good = decoded({
      ce_time: '2026-01-31T10:30:00.123456789+01:00',
      traceparent: trace,
      tracestate: 'a=1',
      ce_correlationid: 'x'.repeat(256),
      ce_causationid: 'grün',
    });
    expect(good.event).toMatchObject({ time: '2026-01-31T10:30:00.123456789+01:00', traceparent: trace });
    expect(good.names).toEqual([]);
    const long = decoded({ traceparent: trace, tracestate: `a=1,b=${'x'.repeat(600)}` });
    expect([long.event.tracestate, long.names]).toEqual(['a=1', ['tracestate']]);
  });

  it('S4 replaces an id that is too long or not printable by a digest, the same for the same id and for no other', () => {
    const idOf = (ce_id: string) => {
      const result = decodeRecord(record({ headers: { ...record({}).headers, ce_id } }), CLOUDEVENTS, AT);
      if (!result.ok) throw new Error(result.reason);
      return { id: result.event.id, leftOut: result.leftOut };
    };
    expect(idOf('x'.repeat(256))).toEqual({ id: 'x'.repeat(256), leftOut: undefined });
    const long = [`a${'x'.repeat(500_000)}`, `b${'x'.repeat(500_000)}`];
    // Two ids that are not UTF-8, as they are inside (`core/byte-text.ts`).
    const given = [...long, '\udcc8', '\udcc9', 'a\u0000'];
    const ids = given.map((one) => idOf(one).id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^sha256:[\w-]{43}$/);
    expect(given.map(idOf)).toEqual(ids.map((id) => ({ id, leftOut: ['ce_id'] })));
    const outbox = record({ headers: { id: long[0] ?? '' } });
    expect(decodeRecord(outbox, { kind: 'DEBEZIUM_OUTBOX', type: 'Said' }, AT)).toMatchObject({
      ok: true,
      leftOut: ['id'],
      event: { id: ids[0] },
    });
  });

  it('D10 counts trace context that is left out of plain JSON too, and nothing else of its headers', () => {
    const headers = { traceparent: 'garbage', ce_id: 'not its id', ce_time: 'yesterday' };
    expect(decodeRecord(record({ headers }), { kind: 'JSON', type: 'Said' }, AT)).toMatchObject({
      ok: true,
      leftOut: ['traceparent'],
      event: { traceparent: undefined },
    });
  });

  it('D10 a value that is not UTF-8 is not JSON: two names that differ in such a byte are never shown as one', () => {
    const latin1 = Buffer.from('{"name":"Jos\u00e9"}', 'latin1');
    expect(decodeRecord(record({ value: latin1 }), CLOUDEVENTS, AT)).toEqual({
      ok: false,
      kind: 'data',
      reason: 'the value is not UTF-8',
    });
    for (const name of ['Jos\u00e9', 'U+FFFD itself: \ufffd'])
      expect(decodeRecord(record({ value: Buffer.from(JSON.stringify({ name })) }), CLOUDEVENTS, AT).ok).toBe(
        true,
      );
  });

  it('D10 a structured CloudEvent in a topic of plain JSON is named, and never shown as the data', () => {
    const value = Buffer.from(
      '{"specversion":"1.0","id":"1","source":"/x","type":"Said","data":{"id":"true"}}',
    );
    for (const type of ['application/cloudevents+json', 'application/cloudevents+json; charset=utf-8']) {
      const one = record({ headers: { 'content-type': type }, value });
      expect(decodeRecord(one, { kind: 'JSON', type: 'Said' }, AT)).toMatchObject({
        ok: false,
        kind: 'structured',
      });
    }
  });

  it.each([
    ['no CloudEvents headers', { headers: {} }, 'no-cloudevent', /ce_id, ce_source, ce_type/],
    [
      'a type and no id, also without a value',
      { headers: { ce_type: 'OrderPlaced' }, value: null },
      'no-cloudevent',
      /ce_id, ce_source are missing/,
    ],
    [
      'neither a key nor a value',
      { headers: {}, key: null, value: null },
      'no-cloudevent',
      /neither a key nor a value/,
    ],
    [
      'another specversion',
      { headers: { ...record({}).headers, ce_specversion: '0.2' } },
      'specversion',
      /0\.2/,
    ],
    [
      'another content type',
      { headers: { ...record({}).headers, 'content-type': 'text/xml' } },
      'content-type',
      /xml/,
    ],
    ['no JSON', { value: Buffer.from('<a/>') }, 'data', /not JSON/],
    ['JSON that is not an object', { value: Buffer.from('[1]') }, 'data', /not an object/],
  ])('D10 is not one with %s, and it is said why', (_case, change, kind, reason) => {
    expect(decodeRecord(record(change), CLOUDEVENTS, AT)).toMatchObject({
      ok: false,
      kind,
      reason: expect.stringMatching(reason),
    });
  });
});
