import { RESULT_END } from '../../subscribe/sink.js';
import { textHeader } from './frames.js';

const NOTHING = Buffer.alloc(0);

/** What stands around each result of one operation: `prefix + shared + suffix` is the text of a message. */
export class Envelope {
  readonly prefix: Buffer;
  #suffix = NOTHING;
  #tag: string | undefined;
  #opening = NOTHING;
  /** Of the messages that `#opening` is for. */
  #length = -1;

  constructor(id: string) {
    this.prefix = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
  }

  get suffix(): Buffer {
    return this.#suffix;
  }

  /** From here on for results with this tag. */
  seal(tag: string): void {
    if (tag === this.#tag) return;
    this.#tag = tag;
    this.#suffix = Buffer.from(`${tag}${RESULT_END}}`);
  }

  /**
   * The frame of a message up to where `shared` begins. Results that follow each other are mostly as long as
   * each other, and a buffer for each costs more than all else that is done for a frame but its system call.
   * It is never written to again: it may still wait. Hot path (bench: fanout).
   */
  opening(shared: Buffer): Buffer {
    const length = this.prefix.length + shared.length + this.#suffix.length;
    if (length !== this.#length) {
      this.#length = length;
      this.#opening = Buffer.concat([textHeader(length), this.prefix]);
    }
    return this.#opening;
  }
}
