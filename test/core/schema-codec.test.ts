import { describe, expect, it } from 'vitest';
import { offset, partition, topic } from '../../src/core/ids.js';
import type { LogRecord } from '../../src/core/record.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { RecordEncoder } from '../../src/core/record-encoder.js';
import { JSON_CODEC } from '../../src/core/schema-codec.js';
import type { TopicFormat, TopicFormats } from '../../src/core/topic-format.js';
import { schemaCodecContract } from '../contract/schema-codec.js';
import { framed } from '../support/framed-codec.js';
import { registryCodec } from '../support/registry-codec.js';

schemaCodecContract('JSON', JSON_CODEC, Buffer.from('no JSON'));
schemaCodecContract('A codec with schema ids', framed, Buffer.from('{}'));
schemaCodecContract('A codec with a registry', registryCodec().codec, Buffer.from([0, 0, 0, 0, 8, 1]));

describe('a codec with a registry', () => {
  const at = { topic: topic('t'), partition: partition(0) };
  const never = new AbortController().signal;
  const formatsWith = (format: TopicFormat): TopicFormats => new Map([[at.topic, format]]);
  const recordOf = (value: Buffer): LogRecord => ({
    offset: offset(0),
    timestamp: 0,
    key: 'k',
    headers: {},
    value,
  });

  it('is asked once for the schemas of a whole batch', async () => {
    const { codec, registry } = registryCodec();
    const decoder = new RecordDecoder(formatsWith({ kind: 'JSON', type: 'Said', codec }));
    const records = [1, 2, 3].map((n) => recordOf(framed.encode('Said', Buffer.from(`{"n":${n}}`))));
    await decoder.prepare(at.topic, records, never);
    await decoder.prepare(at.topic, records, never);
    expect(records.map((record) => decoder.decode(record, at).ok)).toEqual([true, true, true]);
    expect(registry.asked).toEqual(['ids 7']);
  });

  it('D10 makes the batch wait while the registry is away, and only a value without a schema is invalid', async () => {
    const { codec, registry } = registryCodec();
    const decoder = new RecordDecoder(formatsWith({ kind: 'JSON', type: 'Said', codec }));
    const good = recordOf(framed.encode('Said', Buffer.from('{}')));
    const unknown = recordOf(Buffer.from([0, 0, 0, 0, 8, 1]));
    registry.away = true;
    await expect(decoder.prepare(at.topic, [good, unknown], never)).rejects.toThrow('cannot be reached');
    registry.away = false;
    await decoder.prepare(at.topic, [good, unknown], never);
    expect(decoder.decode(good, at)).toMatchObject({ ok: true });
    expect(decoder.decode(unknown, at)).toMatchObject({ ok: false, kind: 'data' });
  });

  it('does not make other topics wait: JSON is decoded and encoded without preparation', () => {
    const { codec } = registryCodec();
    const decoder = new RecordDecoder(new Map([[topic('other'), { kind: 'CLOUDEVENTS', codec }]]));
    expect(decoder.prepare(at.topic, [recordOf(Buffer.from('{}'))], never)).toBeUndefined();
    expect(new RecordEncoder(formatsWith({ kind: 'CLOUDEVENTS' })).waits).toBe(false);
    expect(new RecordEncoder(formatsWith({ kind: 'CLOUDEVENTS', codec })).waits).toBe(true);
  });
});
