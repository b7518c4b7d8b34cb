import { describe, expect, it } from 'vitest';
import { eventId, offset, partition, topic } from '../../src/core/ids.js';
import type { LogRecord } from '../../src/core/record.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { RecordEncoder } from '../../src/core/record-encoder.js';
import type { SchemaCodec } from '../../src/core/schema-codec.js';
import type { TopicFormats } from '../../src/core/topic-format.js';

const AT = { topic: topic('t'), partition: partition(0) };
const TYPE = 'Said';
const soon = (): AbortSignal => AbortSignal.timeout(30_000);

/**
 * What every schema codec must do.
 * @param codec for events of type `Said` with any data
 * @param foreign a value that it cannot decode
 */
export function schemaCodecContract(name: string, codec: SchemaCodec, foreign: Buffer): void {
  const formats: TopicFormats = new Map([[AT.topic, { kind: 'CLOUDEVENTS', codec }]]);
  const [encoder, decoder] = [new RecordEncoder(formats), new RecordDecoder(formats)];
  const encode = async (data: Buffer | null): Promise<LogRecord> => {
    await encoder.prepare([{ topic: AT.topic, type: TYPE }], soon());
    const attributes = {
      id: eventId('e'),
      source: '/s',
      type: TYPE,
      subject: 'k',
      time: '2026-01-31T09:30:00Z',
    };
    return { ...encoder.encode(AT.topic, { ...attributes, data }), offset: offset(1), timestamp: 0 };
  };
  const decode = async (record: LogRecord) => {
    await decoder.prepare(AT.topic, [record], soon());
    return decoder.decode(record, AT);
  };

  describe(`${name} keeps the contract of a schema codec`, () => {
    it.each([{}, { text: 'Grüße', n: 2 ** 53 - 1, deep: { list: [1, null, true] } }])(
      'decodes the data that it has encoded: %j',
      async (data) => {
        const decoded = await decode(await encode(Buffer.from(JSON.stringify(data))));
        expect(decoded).toMatchObject({ ok: true, event: { type: TYPE, subject: 'k' } });
        // A schema may have further fields, which are null: results show them as those that are left out.
        const json: object = decoded.ok ? JSON.parse(String(decoded.event.data)) : {};
        const given = Object.entries(json).filter(([, value]) => value !== null);
        expect(Object.fromEntries(given)).toEqual(data);
      },
    );

    it('is not asked to encode or decode a tombstone', async () => {
      const tombstone = await encode(null);
      expect(tombstone.value).toBeNull();
      expect(await decode(tombstone)).toMatchObject({ ok: true, event: { data: null } });
    });

    it('states its media type in the record, and reads no other', async () => {
      const record = await encode(Buffer.from('{}'));
      expect(record.headers['content-type']).toBe(codec.contentType);
      expect(codec.reads(codec.contentType)).toBe(true);
      const other = { ...record, headers: { ...record.headers, 'content-type': 'image/png' } };
      expect(await decode(other)).toMatchObject({ ok: false, kind: 'content-type' });
    });

    it('D10 gives a reason for a value that it cannot decode, and prepares without failing on it', async () => {
      const decoded = await decode({ ...(await encode(Buffer.from('{}'))), value: foreign });
      expect(decoded).toMatchObject({ ok: false, kind: 'data', reason: expect.stringMatching(/./) });
    });
  });
}
