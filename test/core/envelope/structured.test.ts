import { describe, expect, it } from 'vitest';
import { decoded, eventOf, TIMESTAMP } from './records.js';

const FORMAT = { kind: 'CLOUDEVENTS' } as const;
const headers = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };
const ATTRIBUTES = { specversion: '1.0', id: 'e-1', source: '/erp', type: 'OrderPlaced' };

describe('CloudEvents in structured mode', () => {
  it('gives the attributes and the data, with the key of the record as the subject', () => {
    const value = {
      ...ATTRIBUTES,
      subject: 'another',
      time: '2026-01-31T10:30:00+01:00',
      correlationid: 'c-1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      datacontenttype: 'application/json',
      data: { id: 'o-1' },
    };
    expect(eventOf(FORMAT, { headers, value })).toMatchObject({
      id: 'e-1',
      source: '/erp',
      type: 'OrderPlaced',
      subject: 'k',
      time: value.time,
      correlationId: 'c-1',
      traceparent: value.traceparent,
      data: '{"id":"o-1"}',
    });
  });

  const head = '{"specversion":"1.0","id":"e-1","source":"/erp","type":"OrderPlaced"';
  it.each([
    [
      'data that comes last',
      `${head},"data":{"n":9007199254740993, "a":1}}`,
      '{"n":9007199254740993, "a":1}',
    ],
    ['data that comes first', `{"data":{"n":9007199254740993},${head.slice(1)}}`, '{"n":9007199254740993}'],
    ['data in the middle', `${head},"data":{"n":1},"shard":"x"}`, '{"n":1}'],
    ['the characters of data in a text', `${head},"subject":"\\"data\\":","data":{"n":1}}`, '{"n":1}'],
    ['the characters of data in a name', `${head},"x\\"data":"y","data":{"n":1}}`, '{"n":1}'],
    ['data in another object before it', `${head},"ext":{"data":{"n":2}},"data":{"n":1}}`, '{"n":1}'],
    ['data in data', `${head},"data":{"data":{"n":1}}}`, '{"data":{"n":1}}'],
    ['data that occurs twice', `${head},"data":{"n":2},"data":{"n":1}}`, '{"n":1}'],
    ['white space behind it', `${head},"data":{"n":1}}\n`, '{"n":1}'],
    ['data in both forms', `${head},"data_base64":"eyJuIjozfQ==","data":{"n":1}}`, '{"n":3}'],
    ['half an event', `${head},"data":{"n":1}`, 'structured'],
    ['too many braces', `${head},"data":{"n":1}}}`, 'structured'],
    ['data that is a list', `${head},"data":[1]}`, 'data'],
    ['no data', `${head},"data":null}`, '{}'],
  ])('reads an event with %s', (_form, value, shown) => {
    const result = decoded(FORMAT, { headers, value });
    expect(result.ok ? result.event.data?.toString() : result.kind).toBe(shown);
  });

  it('carries extensions and the subject of the attributes where fields read them, as binary mode does', () => {
    const carried = { headers: ['content-type'], attributes: ['subject', 'shard', 'urgent', 'missing'] };
    const value = { ...ATTRIBUTES, subject: 'about', shard: 7, urgent: true, data: {} };
    expect(eventOf({ ...FORMAT, carried }, { headers, value }).metadata).toEqual({
      headers: { 'content-type': headers['content-type'] },
      attributes: { subject: 'about', shard: '7', urgent: 'true', missing: null },
    });
    const binary = {
      ce_specversion: '1.0',
      ce_id: '1',
      ce_source: '/',
      ce_type: 'T',
      ce_subject: 'about',
      ce_shard: '7',
    };
    expect(eventOf({ ...FORMAT, carried }, { headers: binary, value: {} }).metadata?.attributes).toEqual({
      subject: 'about',
      shard: '7',
      urgent: null,
      missing: null,
    });
  });

  it('reads the media type in any case, without parameters and with white space', () => {
    for (const type of ['application/cloudevents+json', ' Application/CloudEvents+JSON ;charset=utf-8'])
      expect(
        eventOf(FORMAT, { headers: { 'content-type': type }, value: { ...ATTRIBUTES, data: {} } }).id,
      ).toBe('e-1');
  });

  it('keeps integers beyond 2^53 exact', () => {
    const value = `{"specversion":"1.0","id":"1","source":"/s","type":"T","data":{"id":9007199254740993}}`;
    expect(eventOf(FORMAT, { headers, value }).data).toBe('{"id":9007199254740993}');
  });

  it.each([
    ['1.0 in data_base64', { ...ATTRIBUTES, data_base64: Buffer.from('{"id":"o-1"}').toString('base64') }],
    [
      '0.3 in data with datacontentencoding',
      {
        ...ATTRIBUTES,
        specversion: '0.3',
        datacontentencoding: 'base64',
        data: Buffer.from('{"id":"o-1"}').toString('base64'),
      },
    ],
  ])('reads the base64 of CloudEvents %s', (_version, value) => {
    expect(eventOf(FORMAT, { headers, value }).data).toBe('{"id":"o-1"}');
  });

  it('an event without data is not a tombstone', () => {
    expect(eventOf(FORMAT, { headers, value: ATTRIBUTES }).data).toBe('{}');
    expect(eventOf(FORMAT, { headers, value: { ...ATTRIBUTES, data: null } }).data).toBe('{}');
  });

  it('leaves out an invalid time with a count, and takes that of the record', () => {
    const result = decoded(FORMAT, { headers, value: { ...ATTRIBUTES, time: 'yesterday' } });
    expect(result).toMatchObject({ ok: true, leftOut: ['ce_time'] });
    expect(result.ok && result.event.time).toBe(new Date(TIMESTAMP).toISOString());
  });

  it('prefers the trace of the record to that of the event, which an earlier producer wrote', () => {
    const traceparent = '00-11111111111111111111111111111111-b7ad6b7169203331-01';
    const value = { ...ATTRIBUTES, traceparent: traceparent.replaceAll('1', '2') };
    expect(eventOf(FORMAT, { headers: { ...headers, traceparent }, value }).traceparent).toBe(traceparent);
  });

  it.each([
    [
      'a batch',
      { 'content-type': 'application/cloudevents-batch+json' },
      [ATTRIBUTES],
      'structured',
      /batch/,
    ],
    ['another event format', { 'content-type': 'application/cloudevents+avro' }, {}, 'structured', /avro/],
    ['no JSON', headers, '<a/>', 'structured', /not JSON/],
    ['JSON that is not an object', headers, [1], 'structured', /not an object/],
    ['another version', headers, { ...ATTRIBUTES, specversion: '2.0' }, 'specversion', /2\.0/],
    ['no id', headers, { ...ATTRIBUTES, id: undefined }, 'no-cloudevent', /id/],
    ['a number as its id', headers, { ...ATTRIBUTES, id: 5 }, 'no-cloudevent', /id/],
    [
      'data of another media type',
      headers,
      { ...ATTRIBUTES, datacontenttype: 'text/xml', data: '<a/>' },
      'content-type',
      /xml/,
    ],
    ['data that is a string', headers, { ...ATTRIBUTES, data: 'x' }, 'data', /not a JSON object/],
    ['base64 that is not JSON', headers, { ...ATTRIBUTES, data_base64: 'AAAA' }, 'data', /not JSON/],
  ])('D10 a record with %s is not an event, and the reason names it', (_case, given, value, kind, reason) => {
    expect(decoded(FORMAT, { headers: given, value })).toMatchObject({
      ok: false,
      kind,
      reason: expect.stringMatching(reason),
    });
  });

  it('also in a topic of plain JSON: the envelope is never shown as the data', () => {
    expect(decoded({ kind: 'JSON', type: 'T' }, { headers, value: ATTRIBUTES })).toMatchObject({
      kind: 'structured',
    });
  });
});

describe('CloudEvents 0.3 in binary mode', () => {
  it('are read, because they name the same attributes', () => {
    const binary = { ce_specversion: '0.3', ce_id: 'e-1', ce_source: '/erp', ce_type: 'OrderPlaced' };
    expect(eventOf(FORMAT, { headers: binary, value: { id: 'o-1' } })).toMatchObject({ id: 'e-1' });
  });
});
