import { resultTail } from '../../subscribe/delivery/result-layout.js';
import type { Stamp } from '../delivery/template.js';
import { textHeader } from './frames.js';

const NOTHING = Buffer.alloc(0);
const BEFORE_ID = '{"id":';

/** What stands around each result of one operation: `prefix + shared + end` is the text of a message. */
export class Envelope {
  readonly prefix: Buffer;
  /** What in it is this operation's own. Another one for each tag: what waits keeps its own. */
  #stamp: Stamp;
  #opening = NOTHING;
  /** Of the messages that `#opening` is for. */
  #length = -1;

  constructor(id: string) {
    const text = JSON.stringify(id);
    this.prefix = Buffer.from(`${BEFORE_ID}${text},"type":"next","payload":`);
    const end = BEFORE_ID.length + Buffer.byteLength(text);
    this.#stamp = { id: this.prefix.subarray(BEFORE_ID.length, end), tag: undefined, end: NOTHING };
  }

  get stamp(): Stamp {
    return this.#stamp;
  }

  /** Where in the prefix the id is. */
  get idAt(): number {
    return BEFORE_ID.length;
  }

  get end(): Buffer {
    return this.#stamp.end;
  }

  /** From here on for results with this tag. */
  seal(tag: string): void {
    if (tag === this.#stamp.tag) return;
    this.#stamp = { id: this.#stamp.id, tag, end: Buffer.from(`${resultTail(tag)}}`) };
  }

  /**
   * The frame of a message up to where `shared` begins. Results that follow each other are mostly as long as
   * each other, and a buffer for each costs more than all else that is done for a frame but its system call.
   * It is never written to again: it may still wait.
   */
  opening(shared: Buffer): Buffer {
    const length = this.prefix.length + shared.length + this.end.length;
    if (length !== this.#length) {
      this.#length = length;
      this.#opening = Buffer.concat([textHeader(length), this.prefix]);
    }
    return this.#opening;
  }
}
