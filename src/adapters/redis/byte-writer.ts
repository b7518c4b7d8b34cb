/** Appends values to a buffer that grows as needed. Numbers are big-endian. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  /** @param expectedBytes an estimate of the final length; a good one saves copies */
  constructor(expectedBytes: number) {
    this.#buffer = Buffer.allocUnsafe(Math.max(64, expectedBytes));
  }

  get length(): number {
    return this.#length;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32BE(value, this.#length);
  }

  /** Overwrites four bytes that were written before, such as a length that is known only now. */
  uint32At(at: number, value: number): void {
    this.#buffer.writeUInt32BE(value, at);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleBE(value, this.#length);
  }

  /** @returns how many bytes the text has in UTF-8 */
  text(value: string): number {
    this.#reserve(value.length * 3); // One UTF-16 code unit takes at most three bytes.
    const written = this.#buffer.write(value, this.#length);
    this.#length += written;
    return written;
  }

  bytes(value: Buffer): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** The bytes written, not a copy: write nothing afterwards. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
