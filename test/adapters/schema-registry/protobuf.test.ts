import { describe, expect, it } from 'vitest';
import { protobufSerde } from '../../../src/adapters/schema-registry/protobuf.js';

const registered = (schema: string) => ({ schema, schemaType: 'PROTOBUF', references: [] }) as const;
const serde = (schema: string, ...references: readonly (readonly [name: string, schema: string])[]) =>
  protobufSerde(
    registered(schema),
    references.map(([name, other]) => ({ ...registered(other), name })),
  );
const ORDER = (fields: string, more = '') => `syntax = "proto3"; package com.acme;
  import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";
  import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto";
  message Order { ${fields} } ${more}`;
const shown = (schema: string, json: string, type = 'Order'): string => {
  const one = serde(schema);
  return one.decode(one.encode(type, Buffer.from(json))).toString();
};

describe('Protocol Buffers', () => {
  it.each([
    ['int64', '9007199254740993'],
    ['uint64', '18446744073709551615'],
    ['sint64', '-9223372036854775808'],
    ['fixed64', '1'],
    ['int32', '-5'],
    ['double', '2.5'],
    ['double', '"NaN"'],
    ['bool', 'true'],
    ['string', '"Grüße"'],
    ['bytes', '"AAEC"'],
    ['Kind', '"PAID"'],
    ['repeated int64', '[1,9007199254740993]'],
    ['map<string, int64>', '{"a":9007199254740993}'],
    ['map<int32, Line>', '{"7":{"sku":"a"}}'],
    ['Line', '{"sku":"a"}'],
    ['google.protobuf.Timestamp', '"2026-01-31T09:30:00Z"'],
    ['google.protobuf.Timestamp', '"1969-12-31T23:59:59.999999999Z"'],
    ['google.protobuf.Duration', '"-3.500s"'],
    ['google.protobuf.StringValue', '"x"'],
    ['google.protobuf.Int64Value', '9007199254740993'],
    ['google.protobuf.Struct', '{"a":[1,"x",null,true,{"b":2}]}'],
  ])('shows a %s as it was written: %s', (type, json) => {
    const schema = ORDER(
      `${type} value = 1;`,
      'enum Kind { NEW = 0; PAID = 1; } message Line { string sku = 1; }',
    );
    expect(shown(schema, `{"value":${json}}`)).toBe(`{"value":${json}}`);
  });

  it('names fields in lowerCamelCase or by json_name, and takes the names of the file as well', () => {
    const schema = ORDER('string order_id = 1; string customer = 2 [json_name = "who"];');
    expect(shown(schema, '{"order_id":"o-1","who":"c-1"}')).toBe('{"orderId":"o-1","who":"c-1"}');
  });

  it('shows defaults that nobody writes, and leaves out what has presence', () => {
    const schema = ORDER(
      'int32 n = 1; optional int32 maybe = 2; oneof what { string a = 3; Line b = 4; } repeated int32 list = 5;',
      'message Line { string sku = 1; }',
    );
    expect(shown(schema, '{}')).toBe('{"n":0,"list":[]}');
    expect(shown(schema, '{"maybe":0,"a":""}')).toBe('{"n":0,"maybe":0,"a":"","list":[]}');
  });

  it('finds the message by its index, also one inside of another', () => {
    const schema =
      'syntax = "proto3"; message A { message B { string b = 1; } message C { string c = 1; } } message D { string d = 1; }';
    const one = serde(schema);
    const field = (letter: string) => Buffer.from([0x0a, 1, letter.charCodeAt(0)]);
    const json = (...index: number[]) =>
      one.decode(Buffer.concat([Buffer.from(index), field('x')])).toString();
    expect(json(2, 2)).toBe('{"d":"x"}');
    expect(json(4, 0, 2)).toBe('{"c":"x"}');
    expect(one.nameOf(Buffer.from([4, 0, 2]))).toBe('A.C');
    expect(one.encode('D', Buffer.from('{"d":"x"}'))).toEqual(Buffer.from([2, 2, 0x0a, 1, 0x78]));
  });

  it("finds the message by its name, as Apicurio's serialisers write it by default", () => {
    const one = serde(
      'syntax = "proto3"; package com.acme; message First { string a = 1; } message Order { int64 id = 1; string text = 2; }',
    );
    // Written by apicurio-registry-protobuf-serde-kafka 3.1.7.
    const payload = Buffer.from('070a054f726465720801120161', 'hex');
    expect(one.decode(payload).toString()).toBe('{"id":1,"text":"a"}');
    expect(one.nameOf(payload)).toBe('com.acme.Order');
  });

  it('takes a message whose first bytes are like the name of one for what its index says', () => {
    const one = serde('syntax = "proto3"; message First { string a = 1; }');
    expect(one.decode(Buffer.from('000a054669727374', 'hex')).toString()).toBe('{"a":"First"}');
  });

  it('counts the entries of maps in the index of a message of a descriptor, unless the index is that of an entry', () => {
    // message A { map<string, string> m = 1; message B { string b = 1; } }, in the order of protoc.
    const entry = Buffer.concat([
      message('MEntry', scalar('key', 1, 9), scalar('value', 2, 9)),
      field(7, Buffer.from([8 * 7, 1])),
    ]);
    const map = of('m', 1, '.A.MEntry', 3);
    const nested = [entry, message('B', scalar('b', 1, 9))].map((one) => field(3, one));
    const file = Buffer.concat([
      field(1, 'a.proto'),
      field(4, Buffer.concat([message('A', map), ...nested])),
      field(12, 'proto3'),
    ]).toString('base64');
    const one = serde(file);
    const b = Buffer.from([0x0a, 1, 0x78]);
    // Confluent's clients for Python and for JavaScript.
    for (const index of [2, 0])
      expect(one.decode(Buffer.concat([Buffer.from([4, 0, index]), b])).toString()).toBe('{"b":"x"}');
    expect(one.nameOf(Buffer.from([4, 0, 2]))).toBe('A.B');
    const json = '{"m":{"k":"v"}}';
    expect(one.decode(one.encode('A', Buffer.from(json))).toString()).toBe(json);
  });

  it('reads files that import another one, of the same package', () => {
    const line = 'syntax = "proto3"; package com.acme; message Line { string sku = 1; }';
    const order =
      'syntax = "proto3"; package com.acme; import "line.proto"; message Order { Line line = 1; }';
    const one = serde(order, ['line.proto', line]);
    expect(one.nameOf(Buffer.from([0]))).toBe('com.acme.Order');
    expect(one.decode(one.encode('Order', Buffer.from('{"line":{"sku":"a"}}'))).toString()).toBe(
      '{"line":{"sku":"a"}}',
    );
  });

  it('reads files that are registered as a descriptor in base64, as serialisers for Python do', () => {
    // message Order { int64 order_id = 1; google.protobuf.Timestamp at = 2; optional string note = 3; } of com.acme.
    const file = Buffer.concat([
      field(1, 'order.proto'),
      field(2, 'com.acme'),
      field(3, 'google/protobuf/timestamp.proto'),
      field(4, message('Other')),
      field(4, message('Order', scalar('order_id', 1, 3), of('at', 2, '.google.protobuf.Timestamp'))),
      field(12, 'proto3'),
    ]).toString('base64');
    const one = serde(file);
    const json = '{"orderId":9007199254740993,"at":"2026-01-31T09:30:00Z"}';
    const bytes = one.encode('Order', Buffer.from(json));
    expect(bytes.subarray(0, 2)).toEqual(Buffer.from([2, 2]));
    expect(one.decode(bytes).toString()).toBe(json);
    expect(one.nameOf(bytes)).toBe('com.acme.Order');
  });

  it('rejects a file that imports what the registry does not have', () => {
    expect(() => serde('syntax = "proto3"; import "other.proto"; message A { string a = 1; }')).toThrow(
      /imports other\.proto/,
    );
  });

  it.each([
    ['an index that its schema does not have', Buffer.from([2, 8]), /no message 4/],
    ['an index without end', Buffer.from([0xff, 0xff, 0xff, 0x0f]), /levels/],
    ['a field that is cut off', Buffer.from([0, 0x0a, 5, 0x61]), /out of range/],
    ['nothing in it', Buffer.alloc(0), /out of range/],
  ])('D10 rejects a payload with %s', (_fault, payload, message) => {
    expect(() => serde('syntax = "proto3"; message A { string a = 1; }').decode(payload)).toThrow(message);
  });

  it('names what does not fit when it is published', () => {
    expect(() => serde(ORDER('int32 n = 1;')).encode('Order', Buffer.from('{"n":"x"}'))).toThrow(
      /n: integer expected/,
    );
  });
});

/** A length-delimited field of a message. */
function field(number: number, value: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from([8 * number + 2, value.length]), Buffer.from(value)]);
}
/** DescriptorProto: a name, and fields. */
function message(name: string, ...fields: readonly Buffer[]): Buffer {
  return Buffer.concat([field(1, name), ...fields.map((one) => field(2, one))]);
}
/** FieldDescriptorProto: name, number, label (1 is optional, 3 repeated), type. */
function scalar(name: string, number: number, type: number, label = 1): Buffer {
  return Buffer.concat([field(1, name), Buffer.from([24, number, 32, label, 40, type])]);
}
/** A field of a message type, 11. */
function of(name: string, number: number, type: string, label = 1): Buffer {
  return Buffer.concat([scalar(name, number, 11, label), field(6, type)]);
}
