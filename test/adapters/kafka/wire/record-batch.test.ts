import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { compressFrame } from 'lz4-napi';
import { compress as snappyCompress } from 'snappy';
import { describe, expect, it } from 'vitest';
import { writeBatch } from '../../../../src/adapters/kafka/wire/batch-writer.js';
import { registerCodecs } from '../../../../src/adapters/kafka/wire/compression.js';
import { zstdBound } from '../../../../src/adapters/kafka/wire/inflated-size.js';
import { crc32c } from '../../../../src/adapters/kafka/wire/internals.js';
import { readBatches } from '../../../../src/adapters/kafka/wire/record-batch.js';
import { bytesOfText, textOfBytes } from '../../../../src/core/byte-text.js';
import { topic } from '../../../../src/core/ids.js';
import { type Header, headersOf } from '../../../../src/core/record.js';

const load = createRequire(import.meta.url);
const encodeBatch = load('kafkajs/src/protocol/recordBatch/v0').RecordBatch as (
  batch: object,
) => Promise<{ buffer: Buffer }>;
const encodeRecord = load('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => unknown;

/** Batches as kafkajs, which others wrote, writes them. */
async function written(records: readonly Written[], compression: number, attributes = 0): Promise<Buffer> {
  const firstTimestamp = records[0]?.timestamp ?? 0;
  const encoded = records.map(({ timestamp, key, value, headers }, i) =>
    encodeRecord({ offsetDelta: i, timestampDelta: timestamp - firstTimestamp, key, value, headers }),
  );
  const batch = {
    compression,
    firstTimestamp,
    maxTimestamp: Math.max(...records.map(({ timestamp }) => timestamp)),
    partitionLeaderEpoch: 0,
    lastOffsetDelta: records.length - 1,
    transactional: (attributes & 0x10) !== 0,
    records: encoded,
  };
  const { buffer } = await encodeBatch(batch);
  const bytes = Buffer.from(buffer);
  bytes.writeBigInt64BE(FIRST, 0);
  if ((attributes & 0x08) !== 0) bytes.writeInt16BE(bytes.readInt16BE(21) | 0x08, 21);
  return bytes;
}

const FIRST = 10_000_000_000n;

interface Written {
  readonly timestamp: number;
  readonly key: string | Buffer | null;
  readonly value: string | null;
  /** kafkajs writes an array as a repeated header. It cannot write null. */
  readonly headers: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>;
}

type HeaderValue = string | Buffer;

const NEAR = { min: 1_600_000_000_000, max: 1_600_000_100_000 };
const ANY = { min: -(2 ** 52), max: 2 ** 52 };
const written1 = fc.record<Written>({
  timestamp: fc.oneof(fc.integer(NEAR), fc.integer(ANY)),
  key: fc.option(fc.string({ unit: 'binary', maxLength: 20 })),
  value: fc.option(fc.string({ unit: 'binary', maxLength: 300 })),
  headers: fc.dictionary(fc.stringMatching(/^[a-z_-]{1,12}$/), fc.string({ unit: 'binary', maxLength: 20 })),
});

/** Lets kafkajs write as other clients do: the adapter's own codecs only decompress. */
function registerCompressors(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  const compressors = [
    [CompressionTypes.Snappy, ({ buffer }: { buffer: Buffer }) => snappyCompress(buffer)],
    [CompressionTypes.LZ4, ({ buffer }: { buffer: Buffer }) => compressFrame(buffer)],
  ] as const;
  for (const [type, compress] of compressors) {
    const codec = CompressionCodecs[type]();
    CompressionCodecs[type] = () => ({ ...codec, compress });
  }
}

describe('readBatches', () => {
  registerCodecs();
  registerCompressors();

  it('D3 reads the record batches of other clients, whatever their compression', async () => {
    const some = fc.array(written1, { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(some, fc.integer({ min: 0, max: 3 }), async (records, compression) => {
        const bytes = await written(records, compression);
        // Two of them, and one that was cut off.
        const all = Buffer.concat([bytes, bytes, bytes.subarray(0, bytes.length - 1)]);
        const batches = await readBatches(all);
        expect(batches.map(({ last }) => last)).toEqual(Array(2).fill(Number(FIRST) + records.length - 1));
        for (const batch of batches) {
          expect([batch.isControl, batch.isTransactional]).toEqual([false, false]);
          expect(batch.records().map((one) => ({ ...one, value: one.value?.toString() ?? null }))).toEqual(
            records.map((one, i) => ({ ...one, offset: Number(FIRST) + i, isAppendTime: false })),
          );
        }
      }),
    );
  });

  it('D3 keeps apart keys and headers of consecutive records that only begin alike', async () => {
    const keys = ['éa', 'é', 'é', null, 'é', '', 'ab', 'aé', 'ab', 'abc', 'ab'];
    const records = keys.map((key) => ({ timestamp: 0, key, value: null, headers: { h: key ?? '' } }));
    const [batch] = await readBatches(await written(records, 0));
    expect(batch?.records().map(({ key, headers }) => [key, headers['h']])).toEqual(
      keys.map((key) => [key, key ?? '']),
    );
  });

  it('D10 reads keys and headers byte for byte: binary, repeated and null ones too', async () => {
    const key = Buffer.from('f81d4fae7dec11d0a76500a0c91e6bf6', 'hex');
    const lists: Header[][] = [
      [
        ['twice', 'one'],
        ['twice', '\udcff\u0000'],
        ['last', 'x'],
        ['twice', 'three'],
      ],
      [
        ['none', null],
        ['a', 'x'],
      ],
      [
        ['a', 'x'],
        ['a', null],
      ],
      [
        ['2', 'b'],
        ['1', 'a'],
      ],
      [
        ['a', 'x'],
        ['b', 'y'],
      ],
      [
        ['a', 'x'],
        ['b', null],
      ],
      [
        ['a', 'x'],
        ['b', 'y'],
      ],
    ];
    const text = textOfBytes(key);
    const options = {
      timestamp: 0,
      producerId: '-1',
      producerEpoch: -1,
      firstSequence: -1,
      transactional: false,
    };
    const given = lists.map((headerList) => ({
      topic: topic('t'),
      key: text,
      headers: {},
      headerList,
      value: null,
    }));
    const [batch] = await readBatches(writeBatch(given, options));
    const records = batch?.records() ?? [];
    for (const one of records) expect(bytesOfText(one.key ?? '')).toEqual(key);
    expect(records.map((one) => headersOf(one))).toEqual(lists);
    expect(records.map((one) => one.headers)).toEqual([
      { twice: 'three', last: 'x' },
      { a: 'x' },
      {},
      { 1: 'a', 2: 'b' },
      { a: 'x', b: 'y' },
      { a: 'x' },
      { a: 'x', b: 'y' },
    ]);
    const exact = records.map(({ headerList }) => headerList !== undefined);
    expect(exact).toEqual([true, true, true, true, false, true, false]);
  });

  it('D10 reads repeated and binary headers of another client', async () => {
    const key = Buffer.of(0xff, 0x00);
    const headers = { twice: ['one', Buffer.of(0xfe)], binary: Buffer.of(0x80) };
    const [batch] = await readBatches(await written([{ timestamp: 0, key, value: null, headers }], 0));
    const [record] = batch?.records() ?? [];
    expect(record?.key).toBe('\udcff\u0000');
    expect(record && headersOf(record)).toEqual([
      ['twice', 'one'],
      ['twice', '\udcfe'],
      ['binary', '\udc80'],
    ]);
  });

  it('D3 reads headers of any name, even __proto__', async () => {
    const headers = JSON.parse('{"__proto__":"a","constructor":"b"}');
    const [batch] = await readBatches(await written([{ timestamp: 0, key: null, value: null, headers }], 0));
    expect(Object.entries(batch?.records()[0]?.headers ?? {})).toEqual(Object.entries(headers));
  });

  it('reads whether a batch is transactional, and uses LogAppendTime where the topic is configured for it', async () => {
    const record = { key: 'k', value: 'v', headers: {} };
    const records = [1_000, 5_000, 3_000].map((timestamp) => ({ ...record, timestamp }));
    const [batch] = await readBatches(await written(records, 0, 0x18));
    expect(batch?.isTransactional).toBe(true);
    const read = batch?.records().map(({ timestamp, isAppendTime }) => [timestamp, isAppendTime]);
    expect(read).toEqual(Array(3).fill([5_000, true]));
  });

  it('D10 fails on a malformed record batch, rather than reading it as empty', async () => {
    const bytes = await written([{ timestamp: 1, key: 'k', value: 'v', headers: {} }], 0);
    const more = Buffer.from(bytes);
    more.writeInt32BE(2, 57);
    const [batch] = await readBatches(more);
    expect(() => batch?.records()).toThrow('ends after its batch');
    const old = Buffer.from(bytes);
    old[16] = 1;
    await expect(readBatches(old)).rejects.toThrow('format 1');
  });

  it('S4 leaves batches to the next fetch once those before it are large enough', async () => {
    const bytes = await written([{ timestamp: 0, key: 'k', value: 'v'.repeat(1_000), headers: {} }], 1);
    const all = Buffer.concat([bytes, bytes, bytes, bytes]);
    const [first] = await readBatches(all);
    const size = first?.bytes ?? 0;
    expect(size).toBeGreaterThan(1_000);
    expect(await readBatches(all, 1)).toHaveLength(1);
    expect(await readBatches(all, 2 * size)).toHaveLength(2);
    expect(await readBatches(all, 2 * size + 1)).toHaveLength(3);
  });

  it('S4 takes a frame of zstd for as large as its header says', () => {
    // One segment with a size of four bytes, and one empty block.
    const frame = Buffer.from('28b52ffd a0 40420f00 010000'.replaceAll(' ', ''), 'hex');
    expect(zstdBound(frame)).toBe(1_000_000);
  });

  describe('that cannot be decompressed', () => {
    const MAX_BYTES = 100_000;
    /** Of two records, which becomes more than `MAX_BYTES`. */
    const large = () => {
      const records = [1, 2].map((timestamp) => ({
        timestamp,
        key: 'k',
        value: 'x'.repeat(80_000),
        headers: {},
      }));
      return written(records, 0);
    };
    /** The batch with another body, and a checksum that fits. */
    async function compressed(
      codec: number,
      compress: (plain: Buffer) => Buffer | Promise<Buffer>,
    ): Promise<Buffer> {
      const plain = await large();
      const batch = Buffer.concat([
        plain.subarray(0, HEADER_BYTES),
        await compress(plain.subarray(HEADER_BYTES)),
      ]);
      batch.writeInt16BE(codec, 21);
      batch.writeInt32BE(batch.length - 12, 8);
      batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
      return batch;
    }
    const HEADER_BYTES = 61;
    const xerial = async (plain: Buffer): Promise<Buffer> => {
      const magic = Buffer.from('82534e41505059000000000100000001', 'hex');
      const blocks = [plain.subarray(0, 90_000), plain.subarray(90_000)].map(async (part) => {
        const block = await snappyCompress(part);
        const length = Buffer.alloc(4);
        length.writeInt32BE(block.length);
        return Buffer.concat([length, block]);
      });
      return Buffer.concat([magic, ...(await Promise.all(blocks))]);
    };
    /** RFC 8878: a window of 128 KiB, and blocks of which each is one byte, 100,000 times. */
    const zstdRuns = (runs: number): Buffer => {
      const run = (isLast: boolean) => Buffer.from([...u24((100_000 << 3) | 2 | (isLast ? 1 : 0)), 0x41]);
      const blocks = Array.from({ length: runs }, (_, i) => run(i === runs - 1));
      return Buffer.concat([Buffer.from('28b52ffd0038', 'hex'), ...blocks]);
    };
    const u24 = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255];
    const WIDE_WINDOW = Buffer.from('28b52ffd0088010000', 'hex');

    it.each<[string, number, (plain: Buffer) => Buffer | Promise<Buffer>]>([
      ['gzip', 1, (plain) => gzipSync(plain)],
      ['snappy in one block', 2, (plain) => snappyCompress(plain)],
      ['snappy as Java frames it', 2, xerial],
      ['lz4', 3, (plain) => compressFrame(plain)],
      ['zstd', 4, () => zstdRuns(2)],
      ['zstd that wants a window of 128 MiB', 4, () => WIDE_WINDOW],
    ])(
      'S4 D10 because it would become too large, with %s, is one record that says so',
      async (_codec, codec, compress) => {
        registerCodecs(MAX_BYTES);
        const batch = await compressed(codec, compress);
        const [read, next] = await readBatches(Buffer.concat([batch, await large()]));
        expect(read?.records()).toEqual([
          expect.objectContaining({
            offset: Number(FIRST) + 1,
            key: null,
            value: batch,
            unreadable: `the batch of 2 records at the offsets ${FIRST} to ${FIRST + 1n} cannot be decompressed: it is more than ${MAX_BYTES} bytes when decompressed (KAFKA_MAX_INFLATED_BYTES)`,
          }),
        ]);
        // What is not compressed has the bound of the topic.
        expect(next?.records()).toHaveLength(2);
      },
    );

    it.each([1, 2, 3, 4])(
      'D10 because it is damaged by its producer, with codec %i, is one record that says so',
      async (codec) => {
        registerCodecs(MAX_BYTES);
        const [read] = await readBatches(
          await compressed(codec, () => Buffer.from('no such format, but of some length')),
        );
        expect(read?.records()).toMatchObject([
          { unreadable: expect.stringMatching(/cannot be decompressed: /) },
        ]);
      },
    );

    it('because it was damaged on its way is an error: it is fetched again', async () => {
      registerCodecs(MAX_BYTES);
      const batch = await compressed(1, (plain) => gzipSync(plain));
      batch.writeUInt8(batch.readUInt8(90) ^ 1, 90);
      await expect(readBatches(batch)).rejects.toThrow();
    });

    it.each<[string, number, (plain: Buffer) => Buffer | Promise<Buffer>]>([
      ['gzip', 1, (plain) => gzipSync(plain)],
      ['snappy', 2, xerial],
      ['lz4', 3, (plain) => compressFrame(plain)],
    ])('is read with %s where it is just as large as it may be', async (_codec, codec, compress) => {
      registerCodecs((await large()).length - HEADER_BYTES + (codec === 3 ? 200_000 : 0));
      const [read] = await readBatches(await compressed(codec, compress));
      expect(read?.records()).toHaveLength(2);
    });
  });
});
