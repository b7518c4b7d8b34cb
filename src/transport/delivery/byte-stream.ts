/** The part of a socket or response that an outbox needs. */
export interface ByteStream {
  /** Hands the bytes to the system, as far as it takes them, before it returns. Those it took are not read again. */
  write(bytes: Buffer, done: () => void): unknown;
  /** Bytes that the stream holds and the system has not taken. */
  readonly writableLength: number;
}
