import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { decompress as zstdDecompress } from 'fzstd';
import kafkajs from 'kafkajs';
import { decompressFrame } from 'lz4-napi';
import { uncompress as snappyUncompress } from 'snappy';
import { lz4Bound, snappySize, zstdBound } from './inflated-size.js';
import type { Codec } from './internal-types.js';

/** The limit of a decompressed record batch: `max.message.bytes` of topics bounds only the compressed batch. */
export const DEFAULT_MAX_INFLATED_BYTES = 64 * 1024 * 1024;

/** S4: a record batch that would become larger than the process allows. */
class BatchTooLarge extends Error {
  override readonly name = 'BatchTooLarge';
  constructor(maxBytes: number) {
    super(`it is more than ${maxBytes} bytes when decompressed (KAFKA_MAX_INFLATED_BYTES)`);
  }
}

/**
 * Registers the compression codecs that kafkajs lacks, and a bound for gzip, which it has. Other clients compress by default,
 * and their records could not be read otherwise. Millrace writes uncompressed batches (`batch-writer.ts`), so no codec
 * compresses.
 *
 * kafkajs keeps its codecs in one table per process, so this affects every kafkajs client in the process, and the bound is
 * the one that was registered last.
 */
export function registerCodecs(maxBytes = DEFAULT_MAX_INFLATED_BYTES): void {
  const { CompressionCodecs: codecs, CompressionTypes: types } = kafkajs;
  const bounded = (decompress: (bytes: Buffer, maxBytes: number) => Promise<Buffer>): (() => Codec) => {
    const codec: Codec = { decompress: (bytes) => decompress(bytes, maxBytes) };
    return () => codec;
  };
  const { compress } = codecs[types.GZIP]();
  codecs[types.GZIP] = () => ({ ...bounded(gzip)(), compress });
  codecs[types.Snappy] = bounded(snappy);
  codecs[types.LZ4] = bounded(lz4);
  codecs[types.ZSTD] = bounded(zstd);
}

const unzip = promisify<Buffer, { readonly maxOutputLength: number }, Buffer>(gunzip);

async function gzip(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await unzip(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    const isTooLarge =
      error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw isTooLarge ? new BatchTooLarge(maxBytes) : error;
  }
}

/** The magic of snappy-java's framing, which Kafka's Java clients write: magic, two int32 versions, blocks. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = XERIAL_MAGIC.length + 8;

async function snappy(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  let left = maxBytes;
  const block = async (part: Buffer): Promise<Buffer> => {
    left -= snappySize(part);
    if (left < 0) throw new BatchTooLarge(maxBytes);
    return Buffer.from(await snappyUncompress(part, { asBuffer: true }));
  };
  // librdkafka and the Go clients write one raw block, without framing.
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return block(bytes);
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length <= 0 || at + length > bytes.length) throw new Error('A snappy frame is truncated');
    blocks.push(await block(bytes.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat(blocks);
}

/** https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md */
async function lz4(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  if (lz4Bound(bytes) > maxBytes) throw new BatchTooLarge(maxBytes);
  return decompressFrame(bytes);
}

/** RFC 8878. Node 20 has no zstd of its own. */
async function zstd(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  if (zstdBound(bytes) > maxBytes) throw new BatchTooLarge(maxBytes);
  return Buffer.from(zstdDecompress(bytes));
}
