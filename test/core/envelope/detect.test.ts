import { describe, expect, it } from 'vitest';
import { isFramed, shapeOf } from '../../../src/core/envelope/detect.js';
import { offset } from '../../../src/core/ids.js';
import { lookOf } from '../../../src/placement/record-look.js';

const CHANGE = { before: null, after: { id: 1 }, op: 'c', source: { table: 't' } };
const STRUCT = { type: 'struct', fields: [] };

describe('what a record looks like', () => {
  it.each([
    [{ ce_specversion: '1.0', ce_type: 'a' }, {}, 'CLOUDEVENTS'],
    [{ 'content-type': 'application/cloudevents+json' }, { specversion: '1.0' }, 'CLOUDEVENTS'],
    [{}, CHANGE, 'DEBEZIUM'],
    [{}, { schema: STRUCT, payload: CHANGE }, 'DEBEZIUM'],
    [{}, { schema: STRUCT, payload: { id: 1 } }, 'CONNECT'],
    [{}, { schema: null, payload: { id: 1 } }, 'CONNECT'],
    [{ id: '1', eventType: 'Placed' }, { id: 1 }, 'DEBEZIUM_OUTBOX'],
    [{ id: '1' }, '{"id":1}', 'DEBEZIUM_OUTBOX'],
    [{}, { op: 'c', id: 1 }, 'JSON'],
    [{}, { schema: 'v1', payload: 'x' }, 'JSON'],
  ] as const)('headers %j with the value %j: %s', (headers, json, envelope) => {
    expect(shapeOf({ headers }, json).envelope).toBe(envelope);
  });

  it.each([
    [{}, Buffer.from([0, 0, 0, 0, 7, 2]), true],
    [{ __value_schema_id: 'x' }, Buffer.from([2]), true],
    [{ 'apicurio.value.contentId': '\0\0\0\0\0\0\0\u0007' }, Buffer.from([2]), true],
    [{}, Buffer.from('{}'), false],
    [{}, null, false],
  ])('%j with the value %j has the id of a schema: %s', (headers, value, expected) => {
    expect(isFramed({ headers, value })).toBe(expected);
  });
});

describe('what `check --live` says to write', () => {
  const look = (json: unknown, kind: 'JSON' | 'CLOUDEVENTS' | 'CONNECT', isEvent: boolean, headers = {}) => {
    const value = Buffer.isBuffer(json) ? json : Buffer.from(JSON.stringify(json));
    return lookOf({ offset: offset(0), timestamp: 0, key: null, headers, value }, { kind }, isEvent)?.write;
  };
  const structured = { 'content-type': 'application/cloudevents+json' };

  it.each([
    [look({ specversion: '1.0' }, 'JSON', false, structured), 'envelope: CLOUDEVENTS'],
    [look({ id: 1 }, 'CLOUDEVENTS', false), 'envelope: JSON'],
    [look({ schema: STRUCT, payload: { id: 1 } }, 'JSON', true), 'envelope: CONNECT'],
    [look(Buffer.from([0, 0, 0, 0, 7, 2]), 'JSON', false), 'value: AVRO (or PROTOBUF, or JSON_SCHEMA)'],
    // Mutations write the headers of a CloudEvent beside plain JSON.
    [look({ id: 1 }, 'JSON', true, { ce_type: 'A' }), undefined],
    [look({ id: 1 }, 'JSON', true), undefined],
    [look({ schema: STRUCT, payload: {} }, 'CONNECT', true), undefined],
    [look(Buffer.from('no JSON'), 'JSON', false), undefined],
  ])('%s is %s', (write, expected) => {
    expect(write).toBe(expected);
  });
});
