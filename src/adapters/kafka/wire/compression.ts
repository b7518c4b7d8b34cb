import { decompress as zstdDecompress } from 'fzstd';
import kafkajs from 'kafkajs';
import { decompressFrame } from 'lz4-napi';
import { uncompress as snappyUncompress } from 'snappy';
import type { Codec } from './internal-types.js';

/**
 * Registers the compression codecs that kafkajs lacks. Other clients compress by default, and their records could
 * not be read otherwise. Millrace writes uncompressed batches (`batch-writer.ts`), so no codec compresses.
 *
 * kafkajs keeps its codecs in one table per process, so this affects every kafkajs client in the process.
 * Registering again changes nothing.
 */
export function registerCodecs(): void {
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.Snappy] = () => snappy;
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.LZ4] = () => lz4;
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => zstd;
}

/** The magic of snappy-java's framing, which Kafka's Java clients write: magic, two int32 versions, blocks. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = XERIAL_MAGIC.length + 8;

const snappy: Codec = {
  async decompress(bytes) {
    // librdkafka and the Go clients write one raw block, without framing.
    if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return snappyBlock(bytes);
    const blocks: Buffer[] = [];
    for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
      const length = bytes.readInt32BE(at);
      at += 4;
      if (length <= 0 || at + length > bytes.length) throw new Error('A snappy frame is truncated');
      blocks.push(await snappyBlock(bytes.subarray(at, at + length)));
      at += length;
    }
    return Buffer.concat(blocks);
  },
};

async function snappyBlock(bytes: Buffer): Promise<Buffer> {
  return Buffer.from(await snappyUncompress(bytes, { asBuffer: true }));
}

/** https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md */
const lz4: Codec = { decompress: (bytes) => decompressFrame(bytes) };

/** RFC 8878. Node 20 has no zstd of its own. */
const zstd: Codec = { decompress: async (bytes) => Buffer.from(zstdDecompress(bytes)) };
