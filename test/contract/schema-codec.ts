import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeEvent } from '../../src/core/cloudevent.js';
import { eventId, offset, partition, topic } from '../../src/core/ids.js';
import type { LogRecord } from '../../src/core/record.js';
import type { SchemaCodec } from '../../src/core/schema-codec.js';

const AT = { topic: topic('t'), partition: partition(0) };

/** What everybody relies on who has a codec for a topic. `foreign` are bytes that it cannot read. */
export function schemaCodecContract(name: string, codec: SchemaCodec, foreign: Buffer): void {
  const record = (data: Buffer | null): LogRecord => ({
    ...encodeEvent(
      AT.topic,
      { id: eventId('e'), source: '/s', type: 'Said', subject: 'k', time: '2026-01-31T09:30:00Z', data },
      codec,
    ),
    offset: offset(1),
    timestamp: 0,
  });
  const decode = (given: LogRecord) => decodeRecord(given, { kind: 'CLOUDEVENTS', codec }, AT);

  describe(`a schema codec: ${name}`, () => {
    it.each([{}, { text: 'Grüße', n: 2 ** 53 - 1, deep: { list: [1, null, true] } }])(
      'gives back the data that it was given: %j',
      (data) => {
        const decoded = decode(record(Buffer.from(JSON.stringify(data))));
        expect(decoded).toMatchObject({ ok: true, event: { type: 'Said', subject: 'k' } });
        expect(decoded.ok && JSON.parse(String(decoded.event.data))).toEqual(data);
      },
    );

    it('leaves a tombstone as it is', () => {
      expect(record(null).value).toBeNull();
      expect(decode(record(null))).toMatchObject({ ok: true, event: { data: null } });
    });

    it('says its media type, and reads no other', () => {
      const said = record(Buffer.from('{}'));
      expect(said.headers['content-type']).toBe(codec.contentType);
      expect(codec.reads(codec.contentType)).toBe(true);
      const other = { ...said, headers: { ...said.headers, 'content-type': 'image/png' } };
      expect(decode(other)).toMatchObject({ ok: false, kind: 'content-type' });
    });

    it('D10 has a reason for what it cannot read, and does not throw', () => {
      const decoded = decode({ ...record(Buffer.from('{}')), value: foreign });
      expect(decoded).toMatchObject({ ok: false, kind: 'data', reason: expect.stringMatching(/./) });
    });
  });
}
