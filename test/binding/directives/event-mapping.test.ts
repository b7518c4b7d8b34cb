import { describe, expect, it } from 'vitest';
import { bytesOfText, textOfBytes } from '../../../src/core/byte-text.js';
import { decodeRecord } from '../../../src/core/envelope/decode.js';
import { eventId, offset, partition, topic } from '../../../src/core/ids.js';
import { RecordEncoder } from '../../../src/core/record-encoder.js';
import { decoded, eventOf } from '../../core/envelope/records.js';
import { framed } from '../../support/framed-codec.js';
import { bound, diagnosticsOf } from '../schema.js';

const schemaOf = (topicArguments: string, mutation = ''): string => `
  extend schema @topic(name: "legacy", ${topicArguments})
  type Query { ok: Boolean }
  ${mutation}
  type Subscription { all: Any! @subscribe(topic: "legacy") }
  union Any = Placed | Cancelled
  type Placed { n: Int }
  type Cancelled { n: Int }`;

/** The format of a topic with these arguments. @throws with its diagnostics when it has some */
function formatOf(topicArguments: string) {
  const format = bound(schemaOf(topicArguments)).topics.get(topic('legacy'))?.format;
  if (format === undefined) throw new Error('The topic has no format');
  return format;
}
const problems = (topicArguments: string, mutation = ''): readonly string[] =>
  diagnosticsOf(schemaOf(topicArguments, mutation)).map((one) => one.replace(/^\S+ +/, ''));

const EVERYTHING = `event: {
  type: "record.headers.kind", id: "record.value.uuid", time: "timestamp(record.value.at)", subject: "record.value.order"
  data: "record.value.body", correlationId: "record.headers['x-correlation']"
}`;
const VALUE = { uuid: 'u-1', at: '2026-02-03T04:05:06.123456Z', order: 7, body: { n: 1 } };

describe('@topic(event:)', () => {
  it('finds each part of an event where its expression says', () => {
    const event = eventOf(formatOf(EVERYTHING), {
      headers: { kind: 'Placed', 'x-correlation': 'c-1' },
      value: VALUE,
    });
    expect(event).toMatchObject({
      type: 'Placed',
      id: 'u-1',
      time: '2026-02-03T04:05:06.123456Z',
      subject: '7',
      correlationId: 'c-1',
      data: '{"n":1}',
    });
  });

  it('takes what has no expression, or is null, from the envelope', () => {
    const format = formatOf(
      'event: { type: "record.headers.kind", id: "record.value.uuid", time: "record.value.at" }',
    );
    const event = eventOf(format, { headers: { kind: 'Placed' }, value: { n: 1 } });
    expect(event).toMatchObject({
      id: 'orders/2/7',
      time: '2026-01-02T03:04:05.678Z',
      subject: 'k',
      data: '{"n":1}',
    });
    expect(event.correlationId).toBeUndefined();
  });

  it('names types by the table and the rule of `types`', () => {
    const format = formatOf(
      'event: { type: "record.value.meta.kind" }, types: { rule: LAST_NAME, names: [{ name: "x", type: "Cancelled" }] }',
    );
    const typeOf = (kind: string) => eventOf(format, { value: { meta: { kind } } }).type;
    expect([typeOf('com.acme.placed.v2'), typeOf('x')]).toEqual(['Placed', 'Cancelled']);
  });

  it('keeps integers beyond 2^53 in ids, subjects and data', () => {
    const format = formatOf(
      'event: { type: "\'Placed\'", id: "record.value.id", subject: "record.value.id", data: "record.value.body" }',
    );
    const event = eventOf(format, { value: '{"id":9007199254740993,"body":{"n":9007199254740995}}' });
    expect(event).toMatchObject({
      id: '9007199254740993',
      subject: '9007199254740993',
      data: '{"n":9007199254740995}',
    });
  });

  it('reads a time as a timestamp, as RFC 3339, and as milliseconds since 1970', () => {
    const timeOf = (time: string, at: unknown) =>
      eventOf(formatOf(`event: { type: "'Placed'", time: "${time}" }`), { value: { at } }).time;
    expect(timeOf('timestamp(int(record.value.at))', 1_770_091_506)).toBe('2026-02-03T04:05:06Z');
    expect(timeOf('record.value.at', '2026-02-03T05:05:06+01:00')).toBe('2026-02-03T05:05:06+01:00');
    expect(timeOf('record.value.at', 1_770_091_506_789)).toBe('2026-02-03T04:05:06.789Z');
  });

  it('knows key, timestamp, topic, partition and offset of a record', () => {
    const format = formatOf(
      `event: { type: "'Placed'", data: "{'k': record.key, 't': record.timestamp, 'at': [record.partition, record.offset], 'of': record.topic}" }`,
    );
    expect(JSON.parse(eventOf(format, { value: 'null' }).data ?? '')).toEqual({
      k: 'k',
      t: '2026-01-02T03:04:05.678Z',
      at: [2, 7],
      of: 'orders',
    });
  });

  it('shows headers that are not UTF-8 as base64 of their bytes, so that different ones differ', () => {
    const format = formatOf('event: { type: "\'Placed\'", correlationId: "record.headers.c" }');
    const c = textOfBytes(Buffer.from([0xc8, 0x41]));
    expect(bytesOfText(c)).toEqual(Buffer.from([0xc8, 0x41]));
    expect(eventOf(format, { headers: { c }, value: {} }).correlationId).toBe('base64:yEE=');
  });

  it('makes data of a value that is not an object', () => {
    const format = formatOf(`event: { type: "'Placed'", data: "{'n': record.value[0]}" }`);
    expect(eventOf(format, { value: [3, 4] }).data).toBe('{"n":3}');
  });

  it.each([
    { ok: true, reason: 'approved' },
    { ok: false, kind: 'key', reason: 'x' },
    { ok: true, reason: 'x', event: {} },
  ])('D10 data is data, also with the members of what decoding returns: %j', (body) => {
    const event = eventOf(formatOf('event: { type: "record.headers.kind", data: "record.value.body" }'), {
      headers: { kind: 'Placed' },
      value: { body },
    });
    expect(event).toMatchObject({ type: 'Placed', data: JSON.stringify(body) });
  });

  it('reads the value as the codec of the topic has decoded it', () => {
    const format = {
      ...formatOf(`event: { type: "record.value.kind", data: "record.value.body" }`),
      codec: framed,
    };
    const value = framed.encode('', Buffer.from('{"kind":"Placed","body":{"n":1}}'));
    const record = { offset: offset(7), timestamp: 0, key: 'k', headers: {}, value };
    const at = { topic: topic('legacy'), partition: partition(0) };
    const result = decodeRecord(record, format, at);
    expect(result.ok && [result.event.type, String(result.event.data)]).toEqual(['Placed', '{"n":1}']);
    const broken = decodeRecord({ ...record, value: Buffer.from('{}') }, format, at);
    expect(broken).toMatchObject({
      kind: 'data',
      reason: expect.stringMatching(/^the value cannot be decoded/),
    });
  });

  it('evaluates for a tombstone what does not read the value', () => {
    const format = formatOf(EVERYTHING);
    expect(eventOf(format, { headers: { kind: 'Placed' }, value: null })).toMatchObject({
      type: 'Placed',
      subject: null,
      data: null,
      id: 'orders/2/7',
    });
    expect(eventOf(format, { value: null }).type).toBe('');
  });

  it('changes parts of the events of an envelope', () => {
    const ce = { ce_specversion: '1.0', ce_id: '1', ce_source: '/x', ce_type: 'Placed' };
    const format = formatOf('envelope: CLOUDEVENTS, event: { correlationId: "record.headers.request" }');
    expect(eventOf(format, { headers: { ...ce, request: 'r' }, value: { n: 1 } })).toMatchObject({
      id: '1',
      correlationId: 'r',
    });
    const typed = formatOf('envelope: CLOUDEVENTS, event: { type: "record.value.kind" }');
    const { ce_type: _, ...untyped } = ce;
    expect(eventOf(typed, { headers: untyped, value: { kind: 'Cancelled' } }).type).toBe('Cancelled');
    const connect = formatOf('envelope: CONNECT, event: { type: "record.value.payload.kind" }');
    const value = { schema: null, payload: { kind: 'Placed', n: 1 } };
    expect(eventOf(connect, { value })).toMatchObject({ type: 'Placed', data: '{"kind":"Placed","n":1}' });
  });

  it.each([
    ['a type that is absent', { value: VALUE }, 'event.type: record.headers.kind is null or absent'],
    [
      'a time that is none',
      { headers: { kind: 'Placed' }, value: { ...VALUE, at: 'yesterday' } },
      'event.time: timestamp(record.value.at) has no value: "yesterday" is not a date-time of RFC 3339, such as 2026-01-31T09:30:00Z',
    ],
    [
      'a time that is absent where it is needed',
      { headers: { kind: 'Placed' }, value: { ...VALUE, at: undefined } },
      'event.time: timestamp(record.value.at) has no value: timestamp() takes a string or an int',
    ],
    [
      'an id that is a list',
      { headers: { kind: 'Placed' }, value: { ...VALUE, uuid: [] } },
      'event.id: record.value.uuid is a list, not a text or an integer',
    ],
    [
      'data that is a text',
      { headers: { kind: 'Placed' }, value: { ...VALUE, body: '{}' } },
      'event.data: record.value.body is "{}", not a JSON object',
    ],
    [
      'no data',
      { headers: { kind: 'Placed' }, value: { ...VALUE, body: null } },
      'event.data: record.value.body is null or absent',
    ],
  ])(
    'D10 a record with %s becomes a dead letter that names member and expression',
    (_case, record, reason) => {
      expect(decoded(formatOf(EVERYTHING), record)).toEqual({ ok: false, kind: 'event', reason });
    },
  );

  it('D10 a value that is not JSON is a dead letter where an expression reads it', () => {
    expect(decoded(formatOf(EVERYTHING), { value: 'x' })).toMatchObject({ ok: false, kind: 'data' });
  });

  it.each([
    [
      'an unknown member of record',
      `event: { type: "record.header.kind" }`,
      'record has no field header. Its fields: headers, key, offset, partition, timestamp, topic, value.',
    ],
    [
      'another variable',
      `event: { type: "event.kind" }`,
      'Unknown variable event. Available variables: record.',
    ],
    [
      'a type that is not text',
      `event: { type: "record.partition" }`,
      'The expression record.partition has type int. Write an expression of type string.',
    ],
    [
      'data that is not a map',
      `event: { type: "'Placed'", data: "'x'" }`,
      "The expression 'x' has type string. Write an expression of type map.",
    ],
    [
      'a time that is none',
      `event: { type: "'Placed'", time: "timestamp('yesterday')" }`,
      `timestamp('yesterday') has no value: "yesterday" is not a date-time of RFC 3339, such as 2026-01-31T09:30:00Z.`,
    ],
    [
      'a syntax error',
      `event: { type: "record.headers." }`,
      expect.stringMatching(/^Invalid CEL expression: /),
    ],
    [
      'data, and an envelope that says where it is',
      `envelope: CONNECT, event: { type: "'Placed'", data: "record.value.payload" }`,
      'The envelope CONNECT of the topic legacy says where the data is, and so does event.data. Leave one of them out. Without an envelope, record.value is all of the value.',
    ],
    [
      'two places of the type',
      `types: { header: "kind" }, event: { type: "record.headers.kind" }`,
      'The types of the topic legacy are named by a header, and by event.type. Leave one of them out.',
    ],
    [
      'a subject, and a partitioner',
      `partitioner: CRC32, event: { type: "'Placed'", subject: "record.value.id" }`,
      'The topic legacy has event.subject in the place of its key, so events of one subject may lie in any partition, whatever its partitioner is. Leave the partitioner out.',
    ],
    [
      'a subject, and a format of keys',
      `key: INT64, event: { type: "'Placed'", subject: "record.value.id" }`,
      'The topic legacy has event.subject in the place of its key, so nothing reads keys as INT64. Leave one of them out.',
    ],
  ])('finds at start %s', (_case, topicArguments, problem) => {
    expect(problems(topicArguments)).toEqual([problem]);
  });

  it('follows all partitions for a subject in the place of the key', () => {
    expect(formatOf(`event: { type: "'Placed'", subject: "record.value.id" }`).partitioner).toBe('NONE');
    expect(formatOf(`event: { type: "'Placed'" }`).partitioner).toBeUndefined();
  });

  it('refuses at start to publish to such a topic, and later what a service returns for it', () => {
    const mutation =
      'type Mutation { place(n: Int): Published @publish(topic: "legacy", type: "Placed", key: "\'k\'") }';
    expect(problems(EVERYTHING, mutation)).toEqual([
      expect.stringMatching(
        /^The topic legacy has records that expressions read .* cannot publish to it\. Publish to another/,
      ),
    ]);
    const encoder = new RecordEncoder(new Map([[topic('legacy'), formatOf(EVERYTHING)]]));
    const event = {
      id: eventId('1'),
      source: '/s',
      type: 'Placed',
      subject: 'k',
      time: '',
      data: Buffer.from('{}'),
    };
    expect(() => encoder.encode(topic('legacy'), event)).toThrow(/cannot publish to it/);
  });
});
