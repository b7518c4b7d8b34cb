import { constants, deflateRawSync } from 'node:zlib';

/** Below this many bytes a result is not worth compressing. */
const WORTH = 512;
/** The longest block that is stored as it is (RFC 1951, section 3.2.4). */
const STORED = 65_535;

/**
 * Results as `permessage-deflate` without context takeover carries them (RFC 7692). What a cohort shares is
 * compressed once, however many get it: each message is the subscriber's own two ends as stored blocks, and
 * the shared block between them, which refers to nothing outside of itself.
 */
export class Compression {
  readonly #shared = new WeakMap<Buffer, Buffer>();

  /** The parts of a compressed message, or `undefined` when it is sent as it is. */
  message(prefix: Buffer, shared: Buffer, suffix: Buffer): readonly Buffer[] | undefined {
    if (shared.length < WORTH || prefix.length > STORED || suffix.length > STORED) return undefined;
    return [...stored(prefix), this.#deflated(shared), ...stored(suffix), END];
  }

  #deflated(shared: Buffer): Buffer {
    const known = this.#shared.get(shared);
    if (known !== undefined) return known;
    // A sync flush ends on a byte boundary, and not the stream.
    const made = deflateRawSync(shared, { level: 1, finishFlush: constants.Z_SYNC_FLUSH });
    this.#shared.set(shared, made);
    return made;
  }
}

/** An empty stored block without its last four bytes, as RFC 7692 (section 7.2.1) has a message end. */
const END = Buffer.from([0]);

function stored(bytes: Buffer): readonly Buffer[] {
  const header = Buffer.allocUnsafe(5);
  header[0] = 0;
  header.writeUInt16LE(bytes.length, 1);
  header.writeUInt16LE(~bytes.length & 0xffff, 3);
  return [header, bytes];
}
