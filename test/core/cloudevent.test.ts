import { describe, expect, it } from 'vitest';
import { decodeRecord } from '../../src/core/cloudevent.js';
import { offset, partition, topic } from '../../src/core/ids.js';

describe('decoding', () => {
  it.each([2 ** 63, -(2 ** 63)])('D10 takes a record stamped %d as well', (timestamp) => {
    const record = { offset: offset(1), timestamp, key: 'k', headers: {}, value: Buffer.from('{}') };
    const decoded = decodeRecord(
      record,
      { kind: 'JSON', type: 'E' },
      { topic: topic('t'), partition: partition(0) },
    );
    expect(decoded).toMatchObject({ ok: true, event: { id: 't/0/1', time: expect.any(String) } });
  });
});
