import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { avroSerde } from '../../../src/adapters/schema-registry/avro.js';
import { RegistryClient } from '../../../src/adapters/schema-registry/registry-client.js';
import { RegistryCodec } from '../../../src/adapters/schema-registry/registry-codec.js';
import { SchemaCache } from '../../../src/adapters/schema-registry/schema-cache.js';
import { frame } from '../../../src/adapters/schema-registry/wire-format.js';
import { textOfBytes } from '../../../src/core/byte-text.js';
import { offset, partition, topic } from '../../../src/core/ids.js';
import type { Headers } from '../../../src/core/record.js';
import { RecordDecoder } from '../../../src/core/record-decoder.js';
import type { Encoding } from '../../../src/core/topic-format.js';
import { schemaCodecContract } from '../../contract/schema-codec.js';
import { FakeRegistry } from './fake-registry.js';

const SAID = {
  type: 'record',
  name: 'com.acme.Said',
  fields: [{ name: 'text', type: 'string' }],
};
const PROTO = 'syntax = "proto3"; message First { int64 n = 1; } message Said { string text = 1; }';
const registered = (schema: unknown) =>
  ({ schema: JSON.stringify(schema), schemaType: 'AVRO', references: [] }) as const;
const said = (text: string): Buffer =>
  avroSerde(registered(SAID), []).encode('Said', Buffer.from(JSON.stringify({ text })));
const AT = { topic: topic('rooms'), partition: partition(0) };

describe('values with a schema of the registry', () => {
  let registry: FakeRegistry;
  beforeEach(async () => {
    registry = await FakeRegistry.start();
  });
  afterEach(async () => {
    await registry[Symbol.asyncDispose]();
  });

  const decoderOf = (encoding: Encoding = 'AVRO'): RecordDecoder => {
    const schemas = new SchemaCache(new RegistryClient({ url: registry.url }));
    const typeNames = { source: { kind: 'envelope' }, table: new Map(), rule: 'LAST_NAME' } as const;
    const codec = new RegistryCodec(encoding, 'rooms-value', schemas);
    return new RecordDecoder(new Map([[AT.topic, { kind: 'JSON', codec, typeNames }]]));
  };
  const recordOf = (value: Buffer, headers: Headers = {}) => ({
    offset: offset(0),
    timestamp: 0,
    key: 'k',
    headers,
    value,
  });
  const decode = async (decoder: RecordDecoder, value: Buffer, headers: Headers = {}) => {
    const record = recordOf(value, headers);
    await decoder.prepare(AT.topic, [record], AbortSignal.timeout(30_000));
    return decoder.decode(record, AT);
  };

  it('are decoded by the schema of their id, with the name of the record as the type', async () => {
    registry.has(7, SAID);
    const decoded = await decode(decoderOf(), frame(7, said('Hello')));
    expect(decoded).toMatchObject({
      ok: true,
      event: { type: 'Said', data: Buffer.from('{"text":"Hello"}') },
    });
  });

  // Headers as confluent-kafka 2.16.1 for Python wrote them with its `header_schema_id_serializer`.
  it.each([
    ['AVRO', 'ed97481f-b55e-4abd-ac05-891f8e93dba3', SAID, '', '0a48656c6c6f'],
    // The index of the message is in the header, too.
    ['PROTOBUF', '19435c2b-1cef-45f4-b1f3-941c7dac41d9', PROTO, '0202', '0a0548656c6c6f'],
  ] as const)(
    '%s: are decoded by the schema that a header names',
    async (encoding, guid, schema, index, value) => {
      registry.has(guid, schema, { schemaType: encoding });
      const id = textOfBytes(Buffer.from(`01${guid.replaceAll('-', '')}${index}`, 'hex'));
      const decoded = await decode(decoderOf(encoding), Buffer.from(value, 'hex'), { __value_schema_id: id });
      expect(decoded).toMatchObject({
        ok: true,
        event: { type: 'Said', data: Buffer.from('{"text":"Hello"}') },
      });
    },
  );

  it("are decoded by the schema whose number is in Apicurio's header", async () => {
    registry.has(7, SAID);
    const headers = {
      'apicurio.value.contentId': '\0\0\0\0\0\0\0\u0007',
      'apicurio.value.encoding': 'BINARY',
    };
    expect(await decode(decoderOf(), said('Hello'), headers)).toMatchObject({
      ok: true,
      event: { type: 'Said' },
    });
  });

  it('ask the registry once for each schema, however many records have it', async () => {
    registry.has(7, SAID);
    const decoder = decoderOf();
    await Promise.all([1, 2, 3].map((n) => decode(decoder, frame(7, said(`${n}`)))));
    await decode(decoder, frame(7, said('again')));
    expect(registry.asked).toEqual(['/schemas/ids/7']);
  });

  it('use the schemas that a schema refers to, each by its version', async () => {
    const line = { type: 'record', name: 'com.acme.Line', fields: [{ name: 'sku', type: 'string' }] };
    const order = {
      type: 'record',
      name: 'com.acme.Order',
      fields: [{ name: 'line', type: 'com.acme.Line' }],
    };
    registry.has(8, order, { references: [{ name: 'com.acme.Line', subject: 'lines/value', version: 3 }] });
    registry.answers.set('/subjects/lines%2Fvalue/versions/3', { id: 5, schema: JSON.stringify(line) });
    const payload = avroSerde(registered(order), [registered(line)]).encode(
      'Order',
      Buffer.from('{"line":{"sku":"a"}}'),
    );
    expect(await decode(decoderOf(), frame(8, payload))).toMatchObject({
      ok: true,
      event: { type: 'Order' },
    });
  });

  it('D10 make the batch wait while the registry is away, and are decoded when it is back', async () => {
    registry.has(7, SAID);
    registry.status = 503;
    const decoder = decoderOf();
    await expect(decode(decoder, frame(7, said('Hello')))).rejects.toThrow('answered 503');
    registry.status = undefined;
    expect(await decode(decoder, frame(7, said('Hello')))).toMatchObject({ ok: true });
  });

  it.each([
    ['a schema that the registry does not know', frame(9, said('x')), /has no schema 9/],
    ['a byte that begins no id', Buffer.from('{"text":"x"}'), /begins with the byte 123/],
    ['an id that is cut off', Buffer.from([0, 0, 1]), /begins with the byte 0/],
    ['nothing in it', Buffer.alloc(0), /is empty/],
    ['a payload that is cut off', frame(7, said('Hello').subarray(0, 3)), /truncated/],
  ])('D10 are invalid with %s, and the partition continues', async (_fault, value, reason) => {
    registry.has(7, SAID);
    const decoded = await decode(decoderOf(), value);
    expect(decoded).toMatchObject({ ok: false, kind: 'data', reason: expect.stringMatching(reason) });
  });

  it('D10 are invalid when their schema is none that can be used', async () => {
    registry.has(7, '{"type":"nonsense"}');
    expect(await decode(decoderOf(), frame(7, said('x')))).toMatchObject({ ok: false, kind: 'data' });
  });

  it('are written with the version that is known while the registry is away, which is asked once a minute', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      registry.answers.set('/subjects/rooms-value/versions/latest', { id: 7, schema: JSON.stringify(SAID) });
      const codec = new RegistryCodec(
        'AVRO',
        'rooms-value',
        new SchemaCache(new RegistryClient({ url: registry.url })),
      );
      const signal = new AbortController().signal;
      await codec.prepareEncode(['Said'], signal);
      registry.status = 503;
      vi.advanceTimersByTime(61_000);
      await codec.prepareEncode(['Said'], signal);
      await codec.prepareEncode(['Said'], signal);
      expect(registry.asked).toHaveLength(2);
      expect(codec.encode('Said', Buffer.from('{"text":"Hello"}'))).toEqual(frame(7, said('Hello')));
    } finally {
      vi.useRealTimers();
    }
  });

  it('are asked for a few times before a schema is unknown: a replica of the registry may be late', async () => {
    await decode(decoderOf(), frame(9, said('x')));
    expect(registry.asked).toEqual(['/schemas/ids/9', '/schemas/ids/9', '/schemas/ids/9']);
  });
});

const registry = await FakeRegistry.start();
registry.answers.set('/subjects/t-value/versions/latest', {
  id: 3,
  schema: JSON.stringify({
    type: 'record',
    name: 'Said',
    fields: [
      { name: 'text', type: ['null', 'string'] },
      { name: 'n', type: ['null', 'double'] },
      {
        name: 'deep',
        type: [
          'null',
          {
            type: 'record',
            name: 'Deep',
            fields: [{ name: 'list', type: { type: 'array', items: ['null', 'int', 'boolean'] } }],
          },
        ],
      },
    ],
  }),
});
schemaCodecContract(
  'Avro with a registry',
  new RegistryCodec('AVRO', 't-value', new SchemaCache(new RegistryClient({ url: registry.url }))),
  Buffer.from([0, 0, 0, 0, 8, 1]),
);
