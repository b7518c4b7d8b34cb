import type { Writable } from 'node:stream';
import { messageOf } from '../../core/errors.js';

/** The reader of the pipe has closed it, as `head` does: not a failure, but further output has no reader. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** The output cannot be written: its disk is full, for example. */
export class OutputFailed extends Error {
  override readonly name = 'OutputFailed';
}

/** Lines on standard output, one at a time. A slow reader makes `write` wait, so nothing piles up in memory. */
export class LineOutput {
  readonly #stream: Writable;

  constructor(stream: Writable) {
    this.#stream = stream;
    // Each write reports its own failure. Without a listener the stream's event would end the process.
    stream.on('error', () => undefined);
  }

  /**
   * Resolves once the operating system has taken the whole line.
   * @throws {ReaderGone | OutputFailed}
   */
  write(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(`${line}\n`, (error) => {
        if (!error) resolve();
        else if ('code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED'))
          reject(new ReaderGone('The reader of the output has gone.'));
        else reject(new OutputFailed(`The output cannot be written: ${messageOf(error)}`, { cause: error }));
      });
    });
  }
}
