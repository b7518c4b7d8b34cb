/**
 * The maximum size of a compressed record batch after decompression. S4: a few bytes may become thousands of times as many, so
 * the size must be known before memory is allocated. It is read from the headers of the format, without decompressing.
 */

const BLOCK_HEADER_BYTES = 3;
/** RFC 8878, section 3.1.1.2.4: no block becomes more. */
const MAX_ZSTD_BLOCK_BYTES = 128 * 1024;
const ZSTD_MAGIC = 0xfd2fb528;
const RAW = 0;
const RLE = 1;

/** The size of frames of RFC 8878, including the window that they require. @throws {RangeError} when they are truncated or malformed */
export function zstdBound(bytes: Buffer): number {
  let bound = 0;
  for (let at = 0; at < bytes.length; ) {
    const magic = bytes.readUInt32LE(at);
    // A skippable frame.
    if (magic >>> 4 === 0x184d2a5) at += 8 + bytes.readUInt32LE(at + 4);
    else if (magic === ZSTD_MAGIC) {
      const header = zstdFrame(bytes, at + 4);
      let blocks = 0;
      at = header.blocks;
      for (let isLast = false; !isLast; ) {
        const block = bytes.readUIntLE(at, BLOCK_HEADER_BYTES);
        const [kind, size] = [(block >> 1) & 3, block >> 3];
        isLast = (block & 1) === 1;
        blocks += kind === RAW || kind === RLE ? size : MAX_ZSTD_BLOCK_BYTES;
        at += BLOCK_HEADER_BYTES + (kind === RLE ? 1 : size);
      }
      // The decoder takes what the header says, whatever the blocks have.
      bound += Math.max(header.window, header.content, blocks);
      at += header.checksumBytes;
    } else throw new RangeError('it is not a zstd frame');
  }
  return bound;
}

function zstdFrame(bytes: Buffer, at: number) {
  const flags = bytes.readUInt8(at);
  const isSingleSegment = (flags & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const sizeAt = at + (isSingleSegment ? 1 : 2) + dictionaryBytes;
  const descriptor = isSingleSegment ? 0 : bytes.readUInt8(at + 1);
  const base = 2 ** (10 + (descriptor >> 3));
  return {
    // A single segment is its own window: its blocks are counted.
    window: isSingleSegment ? 0 : base + (base / 8) * (descriptor & 7),
    content: contentOf(bytes, sizeAt, sizeBytes),
    checksumBytes: (flags & 4) === 0 ? 0 : 4,
    blocks: sizeAt + sizeBytes,
  };
}

/** RFC 8878, section 3.1.1.1.4. Two bytes begin at 256. */
function contentOf(bytes: Buffer, at: number, sizeBytes: number): number {
  switch (sizeBytes) {
    case 0:
      return 0;
    case 2:
      return bytes.readUInt16LE(at) + 256;
    case 8:
      return Number(bytes.readBigUInt64LE(at));
    default:
      return bytes.readUIntLE(at, sizeBytes);
  }
}

const LZ4_MAGIC = 0x184d2204;
const UNCOMPRESSED = 0x80000000;
/** How many bytes one byte of a match length adds at most. */
const MAX_LZ4_RATIO = 255;

/** Of a frame. @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md @throws {RangeError} */
export function lz4Bound(bytes: Buffer): number {
  if (bytes.readUInt32LE(0) !== LZ4_MAGIC) throw new RangeError('it is not an lz4 frame');
  const flags = bytes.readUInt8(4);
  const blockBytes = 1 << (8 + 2 * ((bytes.readUInt8(5) >> 4) & 7));
  const hasBlockChecksums = (flags & 0x10) !== 0;
  let at = 7 + ((flags & 8) === 0 ? 0 : 8) + ((flags & 1) === 0 ? 0 : 4);
  let bound = 0;
  for (let size = bytes.readUInt32LE(at); size !== 0; size = bytes.readUInt32LE(at)) {
    const length = size & ~UNCOMPRESSED;
    bound += (size & UNCOMPRESSED) !== 0 ? length : Math.min(blockBytes, length * MAX_LZ4_RATIO);
    at += 4 + length + (hasBlockChecksums ? 4 : 0);
  }
  return bound;
}

/** Of a raw block, which begins with it as a varint. @throws {RangeError} */
export function snappySize(bytes: Buffer): number {
  let size = 0;
  for (let at = 0; at < 5; at++) {
    const byte = bytes.readUInt8(at);
    size += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return size;
  }
  throw new RangeError('it is not a snappy block');
}
