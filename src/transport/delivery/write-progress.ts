import type { Duplex } from 'node:stream';

/**
 * Detects whether the operating system still accepts bytes from a socket, which means that the peer reads.
 * A partial write counts. `writableLength` alone would not show it: a write of one megabyte stays in there
 * whole until its last byte is accepted, which can take a slow client minutes.
 */
export class WriteProgress {
  readonly #socket: Duplex;
  #acceptedBytes = 0;
  #inFlightBytes = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
    this.advanced();
  }

  /** Whether any bytes were accepted since the last call. */
  advanced(): boolean {
    const accepted = bytesWritten(this.#socket) - this.#socket.writableLength;
    const inFlight = writeQueueSize(this.#socket);
    // Both are compared: when one write ends and the next begins, either number may repeat by chance.
    const advanced = accepted !== this.#acceptedBytes || inFlight !== this.#inFlightBytes;
    this.#acceptedBytes = accepted;
    this.#inFlightBytes = inFlight;
    return advanced;
  }
}

function bytesWritten(socket: Duplex): number {
  return 'bytesWritten' in socket && typeof socket.bytesWritten === 'number' ? socket.bytesWritten : 0;
}

/**
 * The rest of the writes that libuv is working on. Only the socket's internal handle knows it; Node's own
 * socket time-outs read it from there too (`net.Socket.prototype._onTimeout`).
 */
function writeQueueSize(socket: Duplex): number {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  if (typeof handle !== 'object' || handle === null || !('writeQueueSize' in handle)) return 0;
  return typeof handle.writeQueueSize === 'number' ? handle.writeQueueSize : 0;
}
