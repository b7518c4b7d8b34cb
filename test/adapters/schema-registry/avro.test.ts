import { describe, expect, it } from 'vitest';
import { avroSerde } from '../../../src/adapters/schema-registry/avro.js';

const record = (...fields: readonly (readonly [string, unknown])[]) => ({
  type: 'record',
  name: 'Order',
  namespace: 'com.acme',
  fields: fields.map(([name, type]) => ({ name, type })),
});
const serde = (schema: unknown, ...references: readonly unknown[]) =>
  avroSerde(
    { schema: JSON.stringify(schema), schemaType: 'AVRO', references: [] },
    references.map((one) => ({ schema: JSON.stringify(one), schemaType: 'AVRO', references: [] })),
  );
/** What is shown of data that was written. */
const shown = (schema: unknown, json: string): string => {
  const avro = serde(schema);
  return avro.decode(avro.encode('Order', Buffer.from(json))).toString();
};

describe('Avro', () => {
  it.each([
    ['an array', { type: 'array', items: 'int' }, '904e 02 00'],
    ['a map', { type: 'map', values: 'int' }, '904e 02 61 02 00'],
    ['an array of nulls', { type: 'array', items: 'null' }, '904e 00'],
    ['a block with its size', { type: 'array', items: 'int' }, '8f4e 02 02 00'],
    [
      'arrays of nulls that have too many together',
      { type: 'array', items: { type: 'array', items: 'null' } },
      '04 a00c 00 a00c 00 00',
    ],
  ])(
    'D10 S4 a block with more items than bytes is refused before they are read: %s',
    (_what, schema, hex) => {
      const value = Buffer.from(hex.replaceAll(' ', ''), 'hex');
      expect(() => serde(schema).decode(value)).toThrow(
        /a block has \d+ items, and the value only \d+ more bytes/,
      );
    },
  );

  it.each([
    [{ type: 'array', items: 'null' }, JSON.stringify(Array(900).fill(null))],
    [{ type: 'array', items: { type: 'map', values: 'int' } }, '[{"a":1},{},{"__proto__":2}]'],
  ])('arrays and maps read as they were written: %j', (schema, json) => {
    expect(shown(schema, json)).toBe(json);
  });

  it.each([
    ['long', '9007199254740993'],
    ['long', '-9223372036854775808'],
    ['long', '9007199254740991'],
    ['int', '-5'],
    ['double', '2.5'],
    ['boolean', 'true'],
    ['string', '"Grüße"'],
    ['bytes', '"AAEC"'],
    [{ type: 'fixed', name: 'F', size: 3 }, '"AAEC"'],
    [{ type: 'enum', name: 'E', symbols: ['A', 'B'] }, '"B"'],
    [{ type: 'array', items: 'long' }, '[1,9007199254740993]'],
    [{ type: 'map', values: 'bytes' }, '{"a":"AAEC"}'],
    [['null', 'long'], '9007199254740993'],
    [['null', 'long'], 'null'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 30, scale: 2 }, '"-12345678901234567890.05"'],
    [{ type: 'fixed', name: 'D', size: 12, logicalType: 'decimal', precision: 20, scale: 3 }, '"-0.001"'],
    [{ type: 'int', logicalType: 'date' }, '"1969-12-31"'],
    [{ type: 'int', logicalType: 'time-millis' }, '"23:59:59.999"'],
    [{ type: 'long', logicalType: 'time-micros' }, '"23:59:59.999999"'],
    [{ type: 'long', logicalType: 'timestamp-millis' }, '"2026-01-31T09:30:00.123Z"'],
    [{ type: 'long', logicalType: 'timestamp-micros' }, '"1969-12-31T23:59:59.999999Z"'],
    [{ type: 'long', logicalType: 'timestamp-nanos' }, '"2026-01-31T09:30:00.123456789Z"'],
    [{ type: 'long', logicalType: 'local-timestamp-micros' }, '"2026-01-31T09:30:00.123456"'],
    [{ type: 'string', logicalType: 'uuid' }, '"550e8400-e29b-41d4-a716-446655440000"'],
    [['null', { type: 'long', logicalType: 'timestamp-millis' }], '"2026-01-31T09:30:00.123Z"'],
    [['null', { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 1 }], '"1.5"'],
    [['null', 'string', 'long'], '5'],
  ])('shows a value of %j as it was written: %s', (type, json) => {
    expect(shown(record(['value', type]), `{"value":${json}}`)).toBe(`{"value":${json}}`);
  });

  it.each([
    ['org.apache.kafka.connect.data.Date', { type: 'int', logicalType: 'date' }, '"2026-01-31"'],
    ['io.debezium.time.Date', { type: 'int' }, '"2026-01-31"'],
    ['io.debezium.time.MicroTime', { type: 'long' }, '"09:30:00.000001"'],
    ['io.debezium.time.NanoTime', { type: 'long' }, '"09:30:00.000000001"'],
    ['io.debezium.time.Timestamp', { type: 'long' }, '"2026-01-31T09:30:00.123"'],
    ['io.debezium.time.MicroTimestamp', { type: 'long' }, '"2026-01-31T09:30:00.123456"'],
    ['io.debezium.time.ZonedTimestamp', { type: 'string' }, '"2026-01-31T09:30:00Z"'],
  ])('shows a value that Kafka Connect names %s: %j as %s', (name, type, json) => {
    const schema = record(['value', ['null', { ...type, 'connect.name': name }]]);
    expect(shown(schema, `{"value":${json}}`)).toBe(`{"value":${json}}`);
  });

  it('writes a leap second as the second that follows it, and no day that a month does not have', () => {
    const schema = record(['value', { type: 'long', logicalType: 'timestamp-millis' }]);
    expect(shown(schema, '{"value":"2016-12-31T23:59:60Z"}')).toBe('{"value":"2017-01-01T00:00:00.000Z"}');
    expect(() => shown(schema, '{"value":"2026-02-30T00:00:00Z"}')).toThrow(/^value is/);
    const time = record(['value', { type: 'int', logicalType: 'time-millis' }]);
    expect(() => shown(time, '{"value":"23:59:60"}')).toThrow(/^value is/);
  });

  it('shows the branch of a union of records by __typename, and writes it by that', () => {
    const other = { type: 'record', name: 'Other', fields: [{ name: 'x', type: 'long' }] };
    const schema = record([
      'what',
      ['null', { ...other, name: 'com.acme.One' }, { ...other, name: 'com.acme.Two' }],
    ]);
    const json = '{"what":{"__typename":"Two","x":9007199254740993}}';
    expect(shown(schema, json)).toBe(json);
    expect(shown(schema, '{"what":null}')).toBe('{"what":null}');
  });

  it('reads schemas that refer to themselves', () => {
    const schema = record(['id', 'int'], ['next', ['null', 'Order']], ['raw', 'bytes']);
    const json = '{"id":1,"next":{"id":2,"next":null,"raw":"AA=="},"raw":"AQ=="}';
    expect(shown(schema, json)).toBe(json);
  });

  it('reads a schema that uses another one of the registry', () => {
    const address = { type: 'record', name: 'com.acme.Address', fields: [{ name: 'city', type: 'string' }] };
    const avro = serde(record(['to', 'com.acme.Address']), address);
    const json = '{"to":{"city":"Rome"}}';
    expect(avro.decode(avro.encode('Order', Buffer.from(json))).toString()).toBe(json);
  });

  it('names the record, also of a union at the top', () => {
    const [one, two] = ['com.acme.One', 'com.acme.Two'].map((name) => ({ type: 'record', name, fields: [] }));
    expect(serde(record()).nameOf(Buffer.alloc(0))).toBe('com.acme.Order');
    const union = serde([one, two]);
    expect(union.nameOf(union.encode('Two', Buffer.from('{}')))).toBe('com.acme.Two');
    expect(union.decode(union.encode('Two', Buffer.from('{}'))).toString()).toContain('"__typename":"Two"');
  });

  it('writes text for a long, as an ID is, and null for what is left out', () => {
    const schema = record(['id', 'long'], ['note', ['null', 'string']]);
    expect(shown(schema, '{"id":"9007199254740993"}')).toBe('{"id":9007199254740993,"note":null}');
  });

  it.each([
    ['{}', /^value is missing, and its Avro type is int$/],
    ['{"value":"x"}', /^value is "x", and its Avro type is int$/],
    ['{"value":2147483648}', /^value is 2147483648/],
  ])('names the field that does not fit: %s', (json, message) => {
    expect(() => serde(record(['value', 'int'])).encode('Order', Buffer.from(json))).toThrow(message);
  });

  it.each([
    ['truncated', Buffer.from([2])],
    ['longer than its schema', Buffer.from([2, 2, 2])],
  ])('D10 rejects a payload that is %s', (_form, payload) => {
    expect(() => serde(record(['a', 'int'], ['b', 'int'])).decode(payload)).toThrow();
  });
});
