/** The part of a socket or HTTP response that a `SendBuffer` writes to. */
export interface ByteStream {
  /**
   * Gives the bytes to the operating system, as far as it accepts them, before it returns. Accepted bytes are
   * not read again; the rest is read from the same `bytes` later.
   * @param done called once the operating system has accepted all of them
   */
  write(bytes: Buffer, done: () => void): unknown;
  /** Bytes that were written to the stream and that the operating system has not accepted yet. */
  readonly writableLength: number;
}
