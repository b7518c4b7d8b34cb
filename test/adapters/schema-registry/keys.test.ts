import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../../../src/adapters/schema-registry/registry-client.js';
import { RegistryCodec } from '../../../src/adapters/schema-registry/registry-codec.js';
import { SchemaCache } from '../../../src/adapters/schema-registry/schema-cache.js';
import { bytesOfText, textOfBytes } from '../../../src/core/byte-text.js';
import { eventId, offset, partition, topic } from '../../../src/core/ids.js';
import { RecordDecoder } from '../../../src/core/record-decoder.js';
import { RecordEncoder } from '../../../src/core/record-encoder.js';
import type { Encoding } from '../../../src/core/topic-format.js';
import { FakeRegistry } from './fake-registry.js';

const AT = { topic: topic('orders'), partition: partition(0) };
const signal = AbortSignal.timeout(60_000);
const RECORD = {
  type: 'record',
  name: 'Key',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'area', type: 'string' },
  ],
};
const PROTO = 'syntax = "proto3"; message Key { int64 id = 1; string area = 2; }';

describe('keys with a schema of the registry', () => {
  let registry: FakeRegistry;
  beforeEach(async () => {
    registry = await FakeRegistry.start();
  });
  afterEach(async () => {
    await registry[Symbol.asyncDispose]();
  });

  const register = (id: number, schema: unknown, schemaType: string): void => {
    const text = schemaType === 'PROTOBUF' ? String(schema) : JSON.stringify(schema);
    registry.has(id, text, { schemaType });
    registry.answers.set('/subjects/orders-key/versions/latest', { id, schema: text, schemaType });
  };
  /** What a process with this declaration writes and reads. */
  const processWith = (key: Encoding) => {
    const schemas = new SchemaCache(new RegistryClient({ url: registry.url }));
    const format = {
      kind: 'JSON',
      type: 'Order',
      key,
      keyCodec: new RegistryCodec(key, 'orders-key', schemas),
    } as const;
    const formats = new Map([[AT.topic, format]]);
    const [encoder, decoder] = [new RecordEncoder(formats), new RecordDecoder(formats)];
    return {
      write: async (subject: string): Promise<string> => {
        await encoder.prepare([{ topic: AT.topic, type: 'Order' }], signal);
        const event = {
          id: eventId('1'),
          source: '/x',
          type: 'Order',
          subject,
          time: '',
          data: Buffer.from('{}'),
        };
        return encoder.encode(AT.topic, event).key ?? '';
      },
      read: async (key: string, headers: Readonly<Record<string, string>> = {}) => {
        const record = { offset: offset(0), timestamp: 0, key, headers, value: Buffer.from('{}') };
        await decoder.prepare(AT.topic, [record], signal);
        return decoder.decode(record, AT);
      },
    };
  };

  it.each<readonly [Encoding, unknown, string, string]>([
    ['AVRO', 'string', 'a-1', '000000000706612d31'],
    ['AVRO', 'long', '9007199254740993', '000000000782808080808080 20'.replace(' ', '')],
    ['AVRO', 'string', '42', '0000000007043432'],
    ['AVRO', ['null', 'int'], '42', '00000000070254'],
    ['AVRO', 'boolean', 'true', '000000000701'],
    [
      'AVRO',
      RECORD,
      '{"area":"north","id":9007199254740993}',
      '00000000078280808080808020 0a6e6f727468'.replace(' ', ''),
    ],
    ['PROTOBUF', PROTO, '{"area":"north","id":7}', '00000000070008071205 6e6f727468'.replace(' ', '')],
    ['JSON_SCHEMA', { type: 'integer' }, '42', `0000000007${Buffer.from('42').toString('hex')}`],
    ['JSON_SCHEMA', { type: 'string' }, '42', `0000000007${Buffer.from('"42"').toString('hex')}`],
    ['JSON_SCHEMA', {}, '{"id":1}', `0000000007${Buffer.from('{"id":1}').toString('hex')}`],
  ])('%s with the schema %j: %s is written and read', async (format, schema, subject, bytes) => {
    register(7, schema, format === 'JSON_SCHEMA' ? 'JSON' : format);
    const { write, read } = processWith(format);
    const key = await write(subject);
    expect(bytesOfText(key).toString('hex')).toBe(bytes);
    expect(await read(key)).toMatchObject({ ok: true, event: { subject } });
  });

  it('D2 read the same, whichever version of the schema wrote them', async () => {
    const written: string[] = [];
    for (const [id, fields] of [RECORD.fields, [...RECORD.fields].reverse()].entries()) {
      register(id, { ...RECORD, fields }, 'AVRO');
      written.push(await processWith('AVRO').write('{"area":"north","id":7}'));
    }
    expect(written[0]).not.toBe(written[1]);
    const { read } = processWith('AVRO');
    for (const key of written)
      expect(await read(key)).toMatchObject({ ok: true, event: { subject: '{"area":"north","id":7}' } });
  });

  it('are decoded by the schema that a header names', async () => {
    register(7, 'string', 'AVRO');
    const payload = textOfBytes(Buffer.from('06612d31', 'hex'));
    const headers = { __key_schema_id: textOfBytes(Buffer.from('0000000007', 'hex')) };
    expect(await processWith('AVRO').read(payload, headers)).toMatchObject({
      ok: true,
      event: { subject: 'a-1' },
    });
  });

  it.each([
    ['no frame', 'a-1', /^the key is not AVRO: the value begins with the byte 97/],
    ['a schema that the registry does not know', '\0\0\0\0\u0009\u0002a', /has no schema 9/],
    ['too few bytes', '\0\0\0\0\u0007\u0006a', /^the key is not AVRO/],
  ])('D10 with %s are a fault of the record', async (_case, key, reason) => {
    register(7, 'string', 'AVRO');
    const fault = { ok: false, kind: 'key', reason: expect.stringMatching(reason) };
    expect(await processWith('AVRO').read(key)).toMatchObject(fault);
  });

  it('D10 make the batch wait while the registry is away', async () => {
    registry.status = 503;
    await expect(processWith('AVRO').read('\0\0\0\0\u0007\u0002a')).rejects.toThrow('answered 503');
  });

  it('cannot be written without a schema of the subject, and the error names it', async () => {
    await expect(processWith('AVRO').write('a-1')).rejects.toThrow(/no schema for the subject orders-key/);
    register(7, RECORD, 'AVRO');
    await expect(processWith('AVRO').write('a-1')).rejects.toThrow(/"a-1" is not AVRO: the data is "a-1"/);
  });
});
