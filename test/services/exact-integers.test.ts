import { describe, expect, it } from 'vitest';
import { offset, partition, topic } from '../../src/core/ids.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { BatchProcessor } from '../../src/services/batch-processor.js';
import type { Service } from '../../src/services/service.js';

const LONG = 1234567890123456789n;

describe('integers beyond 2^53 in services', () => {
  it('are exact in data and states, and a state is read back with the types that it had', async () => {
    const seen: unknown[] = [];
    const service: Service<{ last: unknown; sum: number }> = {
      name: 's',
      topics: ['in'],
      initial: { last: null, sum: 0 },
      handle: ({ data }, { state }) => {
        seen.push(data?.['id'], state.last, state.sum);
        return { state: { last: data?.['id'], sum: state.sum + 1e17 } };
      },
    };
    const processor = new BatchProcessor({ service, decoder: new RecordDecoder() });
    const headers = { ce_specversion: '1.0', ce_id: 'e', ce_source: '/other', ce_type: 'T' };
    const records = [0, 1].map((n) => ({
      ...{ offset: offset(n), timestamp: n, key: 'k', headers: { ...headers, ce_id: `e-${n}` } },
      value: Buffer.from(`{"id":${LONG}}`),
    }));
    const batch = { topic: topic('in'), partition: partition(0), records };
    const { changes } = await processor.run(batch, new Map(), AbortSignal.timeout(10_000));
    expect(seen).toEqual([LONG, null, 0, LONG, LONG, 1e17]);
    expect(changes.get('k')).toBe(`{"last":${LONG},"sum":2e+17}`);
  });

  it('D10 an input that is nested too deeply to be read exactly fails by itself, and holds nobody up', async () => {
    const service: Service = { name: 's', topics: ['in'], handle: () => [] };
    const processor = new BatchProcessor({ service, decoder: new RecordDecoder() });
    const headers = { ce_specversion: '1.0', ce_id: 'e', ce_source: '/other', ce_type: 'T' };
    const value = Buffer.from(`{"id":${LONG},"deep":${'['.repeat(50_000)}${']'.repeat(50_000)}}`);
    const record = { offset: offset(7), timestamp: 0, key: 'k', headers, value };
    const batch = { topic: topic('in'), partition: partition(0), records: [record] };
    const running = processor.run(batch, new Map(), AbortSignal.timeout(10_000));
    await expect(running).rejects.toMatchObject({ name: 'InputFailure', offset: 7 });
  });
});
