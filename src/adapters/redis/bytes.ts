/** Bytes that are written one after the other, and grow as they must. Numbers are big-endian. */
export class Bytes {
  #buffer: Buffer;
  #length = 0;

  /** `expected`: how many there will be, about. */
  constructor(expected: number) {
    this.#buffer = Buffer.allocUnsafe(Math.max(64, expected));
  }

  get length(): number {
    return this.#length;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32BE(value, this.#length);
  }

  /** Into a place that was written before. */
  uint32At(at: number, value: number): void {
    this.#buffer.writeUInt32BE(value, at);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleBE(value, this.#length);
  }

  /** @returns how many bytes of UTF-8 it is */
  text(value: string): number {
    this.#reserve(value.length * 3); // No UTF-16 unit becomes more.
    const written = this.#buffer.write(value, this.#length);
    this.#length += written;
    return written;
  }

  bytes(value: Buffer): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** What was written. Nothing may be written afterwards. */
  taken(): Buffer {
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
