import { constants, deflateRawSync } from 'node:zlib';

/** Smaller results are sent uncompressed: compressing them gains nothing. */
const MIN_DEFLATED_BYTES = 512;
/** The longest stored block (RFC 1951, section 3.2.4). */
const MAX_STORED_BYTES = 65_535;

/**
 * Messages for `permessage-deflate` without context takeover (RFC 7692). The bytes that a cohort shares are
 * deflated once, for however many subscribers. A message is made of three parts: the shared block in the
 * middle, which refers to nothing outside of itself, and the subscriber's own prefix and suffix around it as
 * stored (uncompressed) blocks.
 */
export class Compression {
  readonly #deflated = new WeakMap<Buffer, Buffer>();

  /** @returns the parts of a compressed message, or `undefined` when it is to be sent uncompressed */
  compress(prefix: Buffer, shared: Buffer, suffix: Buffer): readonly Buffer[] | undefined {
    if (shared.length < MIN_DEFLATED_BYTES) return undefined;
    if (prefix.length > MAX_STORED_BYTES || suffix.length > MAX_STORED_BYTES) return undefined;
    return [...storedBlock(prefix), this.#deflate(shared), ...storedBlock(suffix), MESSAGE_END];
  }

  #deflate(shared: Buffer): Buffer {
    const known = this.#deflated.get(shared);
    if (known !== undefined) return known;
    // A sync flush ends the block on a byte boundary, and does not end the stream.
    const deflated = deflateRawSync(shared, { level: 1, finishFlush: constants.Z_SYNC_FLUSH });
    this.#deflated.set(shared, deflated);
    return deflated;
  }
}

/** An empty stored block without its last four bytes: the end of a message by RFC 7692, section 7.2.1. */
const MESSAGE_END = Buffer.from([0]);

function storedBlock(bytes: Buffer): readonly Buffer[] {
  const header = Buffer.allocUnsafe(5);
  header[0] = 0;
  header.writeUInt16LE(bytes.length, 1);
  header.writeUInt16LE(~bytes.length & 0xffff, 3);
  return [header, bytes];
}
