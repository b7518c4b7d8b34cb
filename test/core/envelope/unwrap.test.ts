import { describe, expect, it } from 'vitest';
import { encodeEvent } from '../../../src/core/envelope/encode.js';
import { REPEATED_DELETE_TYPE } from '../../../src/core/event.js';
import { eventId, offset, partition, topic } from '../../../src/core/ids.js';
import { RecordDecoder } from '../../../src/core/record-decoder.js';
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
  ])('D10 a record with %s is not an event', (_case, value, kind) => {
    expect(decoded(CONNECT, { value })).toMatchObject({ ok: false, kind });
  });
});

describe('the type of a published event', () => {
  const table = new Map([['com.acme.OrderPlaced.v1', 'OrderPlaced']]);
  const sources = [
    { kind: 'envelope' },
    { kind: 'header', name: '__TypeId__' },
    { kind: 'field', name: 'kind' },
  ] as const;
  const kinds = ['CLOUDEVENTS', 'JSON', 'CONNECT', 'DEBEZIUM_OUTBOX'] as const;
  const formats = kinds.flatMap((kind) => sources.map((source) => [kind, source.kind, source] as const));

  it.each(formats)(
    'D3 is read again from a topic with %s whose records name it in their %s',
    (kind, _where, source) => {
      const format: TopicFormat = { kind, typeNames: { source, table, rule: 'EXACT' } };
      const event = {
        id: eventId('1'),
        source: '/gateway',
        type: 'OrderPlaced',
        subject: 'k',
        time: '2026-01-02T03:04:05.678Z',
        data: Buffer.from('{"orderId":"o1"}'),
      };
      const { headers, value } = encodeEvent(topic('orders'), event, format);
      expect(eventOf(format, { headers, value: String(value) }).type).toBe('OrderPlaced');
    },
  );
});

describe("Kafka Connect's logical types", () => {
  const CONNECT = { kind: 'CONNECT', type: 'Order' } as const;
  const CONNECT_NAME = 'org.apache.kafka.connect.data';
  const field = (type: string, name: string, more = {}) => ({
    type,
    name,
    field: 'it',
    optional: true,
    ...more,
  });
  const record = (of: object, it: unknown) => ({
    value: { schema: { type: 'struct', fields: [of, { type: 'int32', field: 'n' }] }, payload: { it, n: 1 } },
  });

  it.each([
    ['Decimal', 'bytes', 'BNI=', '12.34'],
    ['Decimal', 'bytes', '+y4=', '-12.34'],
    ['Decimal', 'bytes', 12.5, '12.50'],
    ['Date', 'int32', 20_484, '2026-01-31'],
    ['Date', 'int32', -1, '1969-12-31'],
    ['Time', 'int32', 34_200_123, '09:30:00.123'],
    ['Timestamp', 'int64', Date.parse('2026-01-31T09:30:00.123Z'), '2026-01-31T09:30:00.123Z'],
    ['Timestamp', 'int64', null, null],
    ['Timestamp', 'int64', 'not what its schema says', 'not what its schema says'],
  ])('%s in %s is shown as that of Avro: %j as %j', (name, type, raw, shown) => {
    const given = record(field(type, `${CONNECT_NAME}.${name}`, { parameters: { scale: '2' } }), raw);
    expect(JSON.parse(eventOf(CONNECT, given).data ?? '')).toEqual({ it: shown, n: 1 });
  });

  it.each([
    ['io.debezium.time.Date', 20_484, '2026-01-31'],
    ['io.debezium.time.Time', 1, '00:00:00.001'],
    ['io.debezium.time.MicroTime', 34_200_000_001, '09:30:00.000001'],
    ['io.debezium.time.MicroTime', -3_020_399_000_000, '-838:59:59.000000'],
    ['io.debezium.time.NanoTime', 1, '00:00:00.000000001'],
    ['io.debezium.time.Timestamp', Date.parse('2026-01-31T09:30:00.123Z'), '2026-01-31T09:30:00.123'],
    ['io.debezium.time.MicroTimestamp', 1_769_851_800_123_456, '2026-01-31T09:30:00.123456'],
    ['io.debezium.time.MicroTimestamp', -1, '1969-12-31T23:59:59.999999'],
    ['io.debezium.time.ZonedTimestamp', '2026-01-31T09:30:00Z', '2026-01-31T09:30:00Z'],
    ['io.debezium.data.VariableScaleDecimal', { scale: 3, value: 'AQ==' }, '0.001'],
  ])('%s in a change of Debezium: %j as %j', (name, raw, shown) => {
    const row = { type: 'struct', field: 'after', fields: [field('int64', name)] };
    const schema = { type: 'struct', fields: [row, { type: 'string', field: 'op' }] };
    const change = { after: { it: raw }, op: 'c' };
    const { data } = eventOf({ kind: 'DEBEZIUM', type: 'Change' }, { value: { schema, payload: change } });
    expect(JSON.parse(data ?? '')).toEqual({ after: { it: shown }, op: 'c' });
  });

  it('are shown exactly to the nanosecond, beyond 2^53', () => {
    const schema = { type: 'struct', fields: [field('int64', 'io.debezium.time.NanoTimestamp')] };
    const value = `{"schema":${JSON.stringify(schema)},"payload":{"it":1769851800123456789}}`;
    expect(eventOf(CONNECT, { value }).data).toBe('{"it":"2026-01-31T09:30:00.123456789"}');
  });

  it('are shown within lists and maps', () => {
    const date = { type: 'int32', name: `${CONNECT_NAME}.Date` };
    const fields = [
      { type: 'array', items: date, field: 'list' },
      { type: 'map', keys: { type: 'string' }, values: date, field: 'map' },
      { type: 'map', keys: date, values: { type: 'string' }, field: 'pairs' },
    ];
    const payload = { list: [0, null], map: { a: 1 }, pairs: [[2, 'b']] };
    expect(
      JSON.parse(eventOf(CONNECT, { value: { schema: { type: 'struct', fields }, payload } }).data ?? ''),
    ).toEqual({
      list: ['1970-01-01', null],
      map: { a: '1970-01-02' },
      pairs: [['1970-01-03', 'b']],
    });
  });

  it.each([
    [
      'Date',
      'int32',
      2_932_897,
      /^it is 2932897, and org.apache.kafka.connect.data.Date: it is not a time of the years/,
    ],
    ['Decimal', 'bytes', Buffer.alloc(401).toString('base64'), /a decimal has at most 400 bytes, not 401/],
  ])(
    'D10 a value that does not fit its %s in %s is invalid, with the field in the reason',
    (name, type, raw, reason) => {
      const given = record(field(type, `${CONNECT_NAME}.${name}`), raw);
      expect(decoded(CONNECT, given)).toMatchObject({
        ok: false,
        kind: 'data',
        reason: expect.stringMatching(reason),
      });
    },
  );
});

describe('the schema that each record of Kafka Connect repeats', () => {
  const at = { topic: topic('orders'), partition: partition(0) };
  const read = (decoder: RecordDecoder, value: string) =>
    decoder.decode({ offset: offset(0), timestamp: 0, key: 'k', headers: {}, value: Buffer.from(value) }, at);
  const decoderOf = () => new RecordDecoder(new Map([[at.topic, { kind: 'CONNECT', type: 'Order' }]]));
  const head =
    '{"schema":{"type":"struct","name":"a","doc":"\\"payload\\":","inner":{"payload":1}},"payload":';

  it.each([
    ['the same schema', `${head}{"id":9007199254740993}}`, '{"id":9007199254740993}'],
    ['white space', `${head} {"id":1} }`, ' {"id":1} '],
    ['white space behind it', `${head}{"id":1}} `, '{"id":1}'],
    ['another order', '{"payload":{"id":1},"schema":null}', '{"id":1}'],
    ['null', `${head}null}`, undefined],
    ['a member behind it', `${head}{"id":1},"more":1}`, 'envelope'],
    ['a second payload', `${head}{"id":1},"payload":{"id":2}}`, '{"id":2}'],
    ['half a payload', `${head}{"id":1}`, 'data'],
    ['a list', `${head}[1]}`, 'data'],
  ])('is remembered, and changes nothing about a record with %s', (_form, value, shown) => {
    const decoder = decoderOf();
    for (let i = 0; i < 2; i++) read(decoder, `${head}{"id":0}}`);
    const result = read(decoder, value);
    expect(result).toEqual(read(decoderOf(), value));
    expect(result.ok ? result.event.data?.toString() : result.kind).toBe(shown);
  });

  it('is that of the record, whatever the records before it had', () => {
    const decoder = decoderOf();
    const withDate = `{"schema":{"type":"struct","fields":[{"type":"int32","name":"org.apache.kafka.connect.data.Date","field":"id"}]},"payload":`;
    for (const [value, shown] of [
      [`${head}{"id":0}}`, '{"id":0}'],
      [`${withDate}{"id":0}}`, '{"id":"1970-01-01"}'],
      [`${head}{"id":0}}`, '{"id":0}'],
    ] as const) {
      const result = read(decoder, value);
      expect(result.ok && result.event.data?.toString()).toBe(shown);
    }
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

  it('D10 a record without an operation is not an event', () => {
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

  it('D10 a record without the id, or with a payload that is not an object, is not an event', () => {
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
    [{ kind: 'CONNECT', type: 'Order' }, `{"payload":{"deep":${DEEP_JSON}},"schema":null}`],
    [{ kind: 'DEBEZIUM_OUTBOX', type: 'Order' }, JSON.stringify(`{"deep":${DEEP_JSON}}`)],
    [
      { kind: 'CLOUDEVENTS' },
      `{"data":{"deep":${DEEP_JSON}},"specversion":"1.0","id":"1","source":"/x","type":"Order"}`,
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
