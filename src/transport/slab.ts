import type { ByteStream } from './byte-stream.js';

/** In bytes. What one stream may keep of it by a few bytes that wait, so it is small. */
const SIZE = 4_096;

/**
 * Joins what is due to one client after the other in the same bytes: the system has its own copy once it took
 * them. Hot path (bench: distinct).
 */
export class Slab {
  #bytes: Buffer | undefined;

  /** @param length of all chunks together, in bytes */
  write(stream: ByteStream, chunks: readonly Buffer[], length: number, done: () => void): void {
    // What waits behind something else is the stream's for a while, in bytes of its own.
    if (length > SIZE || stream.writableLength > 0) {
      stream.write(Buffer.concat(chunks, length), done);
      return;
    }
    this.#bytes ??= Buffer.allocUnsafeSlow(SIZE);
    let at = 0;
    for (const chunk of chunks) {
      this.#bytes.set(chunk, at);
      at += chunk.length;
    }
    stream.write(this.#bytes.subarray(0, length), done);
    // What the system has not taken is read from these bytes later: they are the stream's now.
    if (stream.writableLength > 0) this.#bytes = undefined;
  }
}
