import type { Duplex } from 'node:stream';

/**
 * Whether the system takes bytes of a socket's. A write counts as soon as a part of it was taken: one of a
 * megabyte can take a slow client minutes, and it is whole in `writableLength` until its last byte is gone.
 */
export class Progress {
  readonly #socket: Duplex;
  #done = 0;
  #underWay = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
    this.moved();
  }

  /** Whether any were taken since this was last asked. */
  moved(): boolean {
    const done = written(this.#socket) - this.#socket.writableLength;
    const underWay = queued(this.#socket);
    // Two numbers, for one may be what the other was when a write ends and the next begins.
    const moved = done !== this.#done || underWay !== this.#underWay;
    this.#done = done;
    this.#underWay = underWay;
    return moved;
  }
}

function written(socket: Duplex): number {
  return 'bytesWritten' in socket && typeof socket.bytesWritten === 'number' ? socket.bytesWritten : 0;
}

/** What is left of the writes under way, which only Node's own handle knows: its sockets' time-outs look there too. */
function queued(socket: Duplex): number {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  if (typeof handle !== 'object' || handle === null || !('writeQueueSize' in handle)) return 0;
  return typeof handle.writeQueueSize === 'number' ? handle.writeQueueSize : 0;
}
