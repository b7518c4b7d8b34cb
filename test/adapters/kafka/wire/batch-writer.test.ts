import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeBatch } from '../../../../src/adapters/kafka/wire/batch-writer.js';
import { readBatches } from '../../../../src/adapters/kafka/wire/record-batch.js';
import { topic } from '../../../../src/core/ids.js';
import type { NewRecord } from '../../../../src/core/record.js';

const load = createRequire(import.meta.url);
const { RecordBatch } = load('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch(batch: object): Promise<{ readonly buffer: Buffer }>;
};
const recordOf = load('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => unknown;

const texts = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ maxLength: 200 }),
);
const records = fc.array(
  fc.record({
    key: fc.option(texts),
    headers: fc.dictionary(texts, texts, { maxKeys: 9, noNullPrototype: true }),
    value: fc.option(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(9_000).map((n) => new Uint8Array(n)),
      ),
    ),
  }),
  { minLength: 1, maxLength: 70 },
);
const options = {
  timestamp: 1_764_000_000_000,
  producerId: '4000',
  producerEpoch: 3,
  firstSequence: 70_000,
  transactional: true,
};

const newRecords = (given: typeof records extends fc.Arbitrary<infer T> ? T : never): NewRecord[] =>
  given.map(({ key, headers, value }) => ({
    topic: topic('t'),
    key,
    headers,
    value: value === null ? null : Buffer.from(value),
  }));

describe('writeBatch', () => {
  it('D1: writes the same bytes as kafkajs for the same records', async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.boolean(), async (given, transactional) => {
        const all = newRecords(given);
        const { timestamp, ...producer } = options;
        const theirs = await RecordBatch({
          ...producer,
          transactional,
          firstTimestamp: timestamp,
          maxTimestamp: timestamp,
          lastOffsetDelta: all.length - 1,
          records: all.map((record, offsetDelta) =>
            recordOf({ ...record, offsetDelta, timestampDelta: 0, timestamp }),
          ),
        });
        expect(writeBatch(all, { ...options, transactional }).equals(theirs.buffer)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('D1: writes batches that are read back unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (given) => {
        const all = newRecords(given);
        const [batch, ...others] = await readBatches(writeBatch(all, options));
        expect(others).toEqual([]);
        const read = batch?.records() ?? [];
        expect(read.map(({ offset, timestamp }) => [offset, timestamp])).toEqual(
          all.map((_, i) => [i, options.timestamp]),
        );
        const plain = read.map(({ key, headers, value }) => ({ topic: topic('t'), key, headers, value }));
        expect(plain).toEqual(all);
      }),
      { numRuns: 30 },
    );
  });
});
