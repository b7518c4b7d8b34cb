import { describe, expect, it } from 'vitest';
import { avroSerde } from '../../../src/adapters/schema-registry/avro.js';
import { avroModel } from '../../../src/adapters/schema-registry/avro-model.js';
import { jsonSchemaModel } from '../../../src/adapters/schema-registry/json-schema-model.js';
import { modelOfProtobuf } from '../../../src/adapters/schema-registry/protobuf.js';
import type { SchemaType } from '../../../src/adapters/schema-registry/registry-client.js';
import { builtInScalarNamed } from '../../../src/binding/sdl/scalars.js';
import type { DataModel, DataValue } from '../../../src/core/data-model.js';

const registered = (schemaType: SchemaType, schema: unknown) => ({
  schemaType,
  schema: typeof schema === 'string' ? schema : JSON.stringify(schema),
  references: [],
});

/** A value in short: `Long!`, `[Line!]`, `enum Status`, `map of String!`, `json`. */
function short({ type, nullable }: DataValue): string {
  const mark = nullable ? '' : '!';
  switch (type.kind) {
    case 'scalar':
    case 'object':
      return `${type.name}${mark}`;
    case 'enum':
      return `enum ${type.name}${mark}`;
    case 'union':
      return `${type.names.join(' | ')}${mark}`;
    case 'list':
      return `[${short(type.items)}]${mark}`;
    case 'map':
      return `map of ${short(type.values)}${mark}`;
    case 'json':
      return `json${mark}`;
  }
}

const fieldsOf = (model: DataModel, name: string) =>
  Object.fromEntries(model.objects.get(name)?.fields.map((field) => [field.name, short(field)]) ?? []);

const avroRecord = (fields: Readonly<Record<string, unknown>>) => ({
  ...{ type: 'record', name: 'Order', namespace: 'com.acme' },
  fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
});

describe('what an Avro schema says of data', () => {
  it.each([
    ['boolean', 'Boolean!', true],
    ['int', 'Int!', 7],
    ['long', 'Long!', 9_007_199_254_740_993n],
    ['float', 'Float!', 0.5],
    ['double', 'Float!', 0.1],
    ['string', 'String!', 'a'],
    ['bytes', 'Bytes!', 'AAEC'],
    [{ type: 'fixed', name: 'F', size: 2 }, 'Bytes!', 'AAE='],
    [['null', 'string'], 'String', null],
    [['string'], 'String!', 'a'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, 'Decimal!', '12.50'],
    [{ type: 'int', logicalType: 'date' }, 'Date!', '2026-01-31'],
    [{ type: 'int', logicalType: 'time-millis' }, 'Time!', '09:30:00.123'],
    [{ type: 'long', logicalType: 'time-micros' }, 'Time!', '09:30:00.123456'],
    [{ type: 'long', logicalType: 'timestamp-millis' }, 'DateTime!', '2026-01-31T09:30:00.123Z'],
    [{ type: 'long', logicalType: 'timestamp-micros' }, 'DateTime!', '2026-01-31T09:30:00.123456Z'],
    [{ type: 'long', logicalType: 'local-timestamp-micros' }, 'LocalDateTime!', '2026-01-31T09:30:00.123456'],
    [{ type: 'string', logicalType: 'uuid' }, 'UUID!', '550e8400-e29b-41d4-a716-446655440000'],
    [
      { type: 'long', 'connect.name': 'io.debezium.time.MicroTimestamp' },
      'LocalDateTime!',
      '2026-01-31T09:30:00.000001',
    ],
    [{ type: 'enum', name: 'Status', symbols: ['OPEN', 'PAID'] }, 'enum com.acme.Status!', 'PAID'],
    [{ type: 'array', items: 'long' }, '[Long!]!', [1]],
    [{ type: 'array', items: ['null', 'long'] }, '[Long]!', [null]],
    [{ type: 'map', values: 'string' }, 'map of String!!', { a: 'b' }],
    [['null', 'string', 'long'], 'json', 'a'],
  ])('%j is %s, and that is how its values are shown', (type, expected, value) => {
    const schema = registered('AVRO', avroRecord({ it: type }));
    expect(fieldsOf(avroModel(schema, []), 'com.acme.Order')).toEqual({ it: expected });
    const serde = avroSerde(schema, []);
    const json = typeof value === 'bigint' ? `{"it":${value}}` : JSON.stringify({ it: value });
    const decoded = serde.decode(serde.encode('Order', Buffer.from(json)));
    expect(String(decoded)).toBe(json);
    const scalar = builtInScalarNamed(expected.replace('!', ''));
    if (scalar !== undefined && value !== null) expect(scalar.coerce(value)).toEqual(value);
  });

  it('follows names, namespaces, records within records, unions of records, and what contains itself', () => {
    const line = {
      type: 'record',
      name: 'Line',
      fields: [{ name: 'sku', type: 'string', doc: 'Of the shop.' }],
    };
    const other = {
      type: 'record',
      name: 'Card',
      namespace: 'com.pay',
      fields: [{ name: 'no', type: 'string' }],
    };
    const model = avroModel(
      registered(
        'AVRO',
        avroRecord({
          lines: { type: 'array', items: line },
          first: 'Line',
          by: ['Line', other],
          next: ['null', 'Order'],
        }),
      ),
      [],
    );
    expect(model.roots).toEqual(['com.acme.Order']);
    expect(fieldsOf(model, 'com.acme.Order')).toEqual({
      lines: '[com.acme.Line!]!',
      first: 'com.acme.Line!',
      by: 'com.acme.Line | com.pay.Card!',
      next: 'com.acme.Order',
    });
    expect(model.objects.get('com.acme.Line')?.fields[0]?.description).toBe('Of the shop.');
  });

  it('has a root for each record of a union at the top, and finds records in references', () => {
    const paid = avroRecord({ n: 'int' });
    const model = avroModel(registered('AVRO', ['com.acme.Order', { ...paid, name: 'Refund' }]), [
      registered('AVRO', paid),
    ]);
    expect(model.roots).toEqual(['com.acme.Order', 'com.acme.Refund']);
  });
});

describe('what a Protobuf schema says of data', () => {
  it('has the names and presence of the JSON mapping', () => {
    const proto = `syntax = "proto3"; package com.acme; import "google/protobuf/timestamp.proto"; import "google/protobuf/wrappers.proto";
      /** An order. */
      message Order { int64 order_id = 1; uint64 big = 2; int32 n = 3; uint32 u = 4; optional string note = 5; bytes raw = 6;
        google.protobuf.Timestamp at = 7; google.protobuf.Int64Value maybe = 8; repeated Line lines = 9; map<string, int64> counts = 10;
        Status status = 11; Order next = 12; oneof pay { string card = 13; } double d = 14; message Line { string sku = 1; } }
      enum Status { OPEN = 0; PAID = 1; }`;
    const model = modelOfProtobuf(registered('PROTOBUF', proto), []);
    expect(model.roots).toEqual(['com.acme.Order']);
    expect(model.objects.get('com.acme.Order')?.description).toBe('An order.');
    expect(fieldsOf(model, 'com.acme.Order')).toEqual({
      ...{
        orderId: 'Long!',
        big: 'BigInt!',
        n: 'Int!',
        u: 'Long!',
        note: 'String',
        raw: 'Bytes!',
        at: 'DateTime',
      },
      ...{
        maybe: 'Long',
        lines: '[com.acme.Order.Line!]!',
        counts: 'map of Long!!',
        status: 'enum com.acme.Status!',
      },
      ...{ next: 'com.acme.Order', card: 'String', d: 'Float!' },
    });
  });
});

describe('what a JSON Schema says of data', () => {
  it('has nullability from required and null, formats, enums, references and nested objects', () => {
    const model = jsonSchemaModel(
      registered('JSON', {
        title: 'Order',
        description: 'An order.',
        required: ['id', 'n', 'at', 'status', 'lines', 'maybe'],
        properties: {
          id: { type: 'integer' },
          n: { type: 'integer', format: 'int32' },
          price: { type: 'number' },
          at: { type: 'string', format: 'date-time' },
          day: { type: ['string', 'null'], format: 'date' },
          status: { enum: ['OPEN', 'PAID'] },
          odd: { enum: ['in-transit'] },
          lines: { type: 'array', items: { $ref: '#/$defs/Line' } },
          maybe: { oneOf: [{ type: 'null' }, { type: 'string', format: 'uuid' }] },
          either: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
          counts: { type: 'object', additionalProperties: { type: 'integer' } },
          ship: { type: 'object', properties: { to: { type: 'string' } } },
          next: { $ref: '#' },
        },
        $defs: { Line: { type: 'object', required: ['sku'], properties: { sku: { type: 'string' } } } },
      }),
      [],
    );
    expect(model.roots).toEqual(['Order']);
    expect(fieldsOf(model, 'Order')).toEqual({
      ...{
        id: 'Long!',
        n: 'Int!',
        price: 'Float',
        at: 'DateTime!',
        day: 'Date',
        status: 'enum OrderStatus!',
      },
      ...{
        odd: 'String',
        lines: '[OrderLinesItem!]!',
        maybe: 'UUID',
        either: 'json',
        counts: 'map of Long!',
      },
      ...{ ship: 'OrderShip', next: 'Order' },
    });
    expect(fieldsOf(model, 'OrderLinesItem')).toEqual({ sku: 'String!' });
  });
});
