import { describe, expect, it } from 'vitest';
import { encodeEvent } from '../../../src/core/envelope/encode.js';
import { REPEATED_DELETE_TYPE } from '../../../src/core/event.js';
import { eventId, topic } from '../../../src/core/ids.js';
import type { TopicFormat } from '../../../src/core/topic-format.js';
import { canWriteDeepJson, DEEP_JSON } from '../../support/deep-json.js';
import { decoded, eventOf } from './records.js';

const TYPE_OF_ENVELOPE = { source: { kind: 'envelope' }, table: new Map(), rule: 'LAST_NAME' } as const;
const schema = { type: 'struct', name: 'com.acme.OrderPlaced', fields: [] };

describe('records of Kafka Connect', () => {
  const CONNECT = { kind: 'CONNECT', type: 'Order' } as const;

  it('shows the payload, with exact integers', () => {
    const value = `{"schema":${JSON.stringify(schema)},"payload":{"id":9007199254740993}}`;
    expect(eventOf(CONNECT, { value })).toMatchObject({ type: 'Order', data: '{"id":9007199254740993}' });
  });

  it('takes the type from the name of the schema where @topic(types:) is declared', () => {
    const format = { kind: 'CONNECT', typeNames: TYPE_OF_ENVELOPE } as const;
    expect(eventOf(format, { value: { schema, payload: {} } }).type).toBe('OrderPlaced');
    expect(decoded(format, { value: { schema: null, payload: {} } })).toMatchObject({ kind: 'type' });
  });

  it('takes a payload of null for a tombstone, as a record without a value', () => {
    expect(eventOf(CONNECT, { value: { schema: null, payload: null } }).data).toBeNull();
    expect(eventOf(CONNECT, { value: null }).data).toBeNull();
  });

  it.each([
    ['no payload', { id: 1 }, 'envelope'],
    ['a payload beside other members', { schema: null, payload: {}, id: 1 }, 'envelope'],
    ['a payload that is a list', { schema: null, payload: [1] }, 'data'],
    ['no JSON', 'x', 'data'],
  ])('D10 a record with %s is no event', (_case, value, kind) => {
    expect(decoded(CONNECT, { value })).toMatchObject({ ok: false, kind });
  });
});

describe('change events of Debezium', () => {
  const DEBEZIUM = { kind: 'DEBEZIUM', type: 'OrderChange' } as const;
  const change = {
    before: null,
    after: { id: 1 },
    source: { table: 'orders' },
    op: 'c',
    ts_ms: Date.parse('2026-02-03T04:05:06.789Z'),
  };

  it('shows the change, with the time of the database, and with or without the schema of Kafka Connect', () => {
    const shown = { type: 'OrderChange', time: '2026-02-03T04:05:06.789Z', data: JSON.stringify(change) };
    expect(eventOf(DEBEZIUM, { value: change })).toMatchObject(shown);
    expect(eventOf(DEBEZIUM, { value: { schema: {}, payload: change } })).toMatchObject(shown);
  });

  it('names the table as the type where @topic(types:) is declared', () => {
    const typeNames = { ...TYPE_OF_ENVELOPE, table: new Map([['orders', 'OrderChange']]) };
    expect(eventOf({ kind: 'DEBEZIUM', typeNames }, { value: change }).type).toBe('OrderChange');
  });

  it('gives the tombstone behind a delete a type that nothing shows', () => {
    expect(eventOf(DEBEZIUM, { value: null })).toMatchObject({ type: REPEATED_DELETE_TYPE, data: null });
  });

  it('D10 a record without an operation is no event', () => {
    expect(decoded(DEBEZIUM, { value: { id: 1 } })).toMatchObject({ ok: false, kind: 'envelope' });
    expect(decoded(DEBEZIUM, { value: { op: 'x' } })).toMatchObject({ ok: false, kind: 'envelope' });
  });
});

describe("records of Debezium's outbox event router", () => {
  const OUTBOX = { kind: 'DEBEZIUM_OUTBOX', typeNames: TYPE_OF_ENVELOPE } as const;
  const headers = { id: 'e-1', eventType: 'OrderPlaced' };

  it.each([
    ['an object', { id: 'o-1' }],
    ['text', JSON.stringify(JSON.stringify({ id: 'o-1' }))],
    ['text in the envelope of Kafka Connect', { schema: { type: 'string' }, payload: '{"id":"o-1"}' }],
  ])('shows a payload that is %s', (_form, value) => {
    const shown = { id: 'e-1', type: 'OrderPlaced', data: '{"id":"o-1"}' };
    expect(eventOf(OUTBOX, { headers, value })).toMatchObject(shown);
  });

  it('reads headers that JsonConverter wrote, which have quotes', () => {
    expect(
      eventOf(OUTBOX, { headers: { id: '"e-1"', eventType: '"OrderPlaced"' }, value: {} }),
    ).toMatchObject({
      id: 'e-1',
      type: 'OrderPlaced',
    });
  });

  it('D10 a record without the id, or with a payload that is no object, is no event', () => {
    expect(decoded(OUTBOX, { headers: {}, value: {} })).toMatchObject({ ok: false, kind: 'envelope' });
    expect(decoded(OUTBOX, { headers, value: '"plain text"' })).toMatchObject({ ok: false, kind: 'data' });
    expect(decoded(OUTBOX, { headers: { id: 'e-1' }, value: {} })).toMatchObject({ ok: false, kind: 'type' });
  });
});

describe('what is published with an envelope', () => {
  const event = {
    id: eventId('e-1'),
    source: '/gateway',
    type: 'OrderPlaced',
    subject: 'k',
    time: '2026-01-02T03:04:05.678Z',
    data: Buffer.from('{"id":9007199254740993}'),
  };
  const names = new Map([['com.acme.OrderPlaced.v1', 'OrderPlaced']]);
  const formats: readonly TopicFormat[] = [
    { kind: 'CLOUDEVENTS', typeNames: { source: { kind: 'envelope' }, table: names, rule: 'EXACT' } },
    {
      kind: 'JSON',
      typeNames: { source: { kind: 'header', name: '__TypeId__' }, table: names, rule: 'EXACT' },
    },
    { kind: 'CONNECT', type: 'OrderPlaced' },
    { kind: 'DEBEZIUM_OUTBOX', typeNames: { source: { kind: 'envelope' }, table: names, rule: 'EXACT' } },
  ];

  it.each(formats)('is read again as the same type and data: %j', (format) => {
    const { headers, value } = encodeEvent(topic('orders'), event, format);
    const read = eventOf(format, { headers, value: String(value) });
    expect(read).toMatchObject({ type: 'OrderPlaced', data: '{"id":9007199254740993}' });
  });

  it('has the name of the type that the readers of the topic know', () => {
    const named = formats.map((format) => encodeEvent(topic('orders'), event, format).headers);
    expect(named[0]).toMatchObject({ ce_type: 'com.acme.OrderPlaced.v1' });
    expect(named[1]).toMatchObject({ __TypeId__: 'com.acme.OrderPlaced.v1' });
    expect(named[3]).toMatchObject({ id: 'e-1', eventType: 'com.acme.OrderPlaced.v1' });
  });
});

describe('data in an envelope', () => {
  it.each<[TopicFormat, string]>([
    [{ kind: 'CONNECT', type: 'Order' }, `{"schema":null,"payload":{"deep":${DEEP_JSON}}}`],
    [{ kind: 'DEBEZIUM', type: 'Order' }, `{"op":"c","after":{"deep":${DEEP_JSON}}}`],
    [{ kind: 'DEBEZIUM_OUTBOX', type: 'Order' }, `{"deep":${DEEP_JSON}}`],
    [
      { kind: 'CLOUDEVENTS' },
      `{"specversion":"1.0","id":"1","source":"/x","type":"Order","data":{"deep":${DEEP_JSON}}}`,
    ],
  ])(
    'D10 that is nested too deeply to be written again is invalid, and nothing is thrown: %j',
    (format, value) => {
      const headers = { id: '1', 'content-type': 'application/cloudevents+json' };
      const invalid = { ok: false, kind: 'data', reason: 'the data is nested too deeply' };
      const { event: _event, ...rest } = { event: undefined, ...decoded(format, { headers, value }) };
      if (canWriteDeepJson()) expect(rest).toMatchObject({ ok: true });
      else expect(rest).toEqual(invalid);
    },
  );
});
