import { decompress as zstdDecompress } from 'fzstd';
import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import { compress as snappyCompress, uncompress as snappyUncompress } from 'snappy';

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

/**
 * Teaches kafkajs the codecs it leaves out: other clients compress by default, and without these their
 * records cannot be read. kafkajs keeps codecs in one table per process, so this reaches every kafkajs
 * client in it; setting them again changes nothing.
 */
export function registerCodecs(): void {
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.Snappy] = () => snappy;
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.LZ4] = () => lz4;
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => zstd;
}

/** The frame of xerial's snappy-java, which Kafka's Java clients write: this, two int32 versions, blocks. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER = XERIAL.length + 8;

const snappy: Codec = {
  compress: async ({ buffer }) => snappyCompress(buffer),
  async decompress(bytes) {
    // librdkafka and Go clients write one raw block.
    if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return snappyBlock(bytes);
    const blocks: Buffer[] = [];
    for (let at = XERIAL_HEADER; at < bytes.length; ) {
      const length = bytes.readInt32BE(at);
      at += 4;
      if (length <= 0 || at + length > bytes.length) throw new Error('A snappy frame is cut off');
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
const lz4: Codec = {
  compress: ({ buffer }) => compressFrame(buffer),
  decompress: (bytes) => decompressFrame(bytes),
};

/** RFC 8878. Node 20 has none of its own, and reading is all that is needed. */
const zstd: Codec = {
  compress: async () => {
    throw new Error('Records are not compressed with zstd here: only reading them is supported');
  },
  decompress: async (bytes) => Buffer.from(zstdDecompress(bytes)),
};
