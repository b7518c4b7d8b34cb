import { resultTail } from '../../subscribe/delivery/result-layout.js';
import type { TemplateValues } from '../delivery/template.js';
import { textHeader } from './frames.js';

const EMPTY = Buffer.alloc(0);
const BEFORE_ID = '{"id":';

/** The bytes around each result of one operation: `prefix + head + end` is the text of a message. */
export class Envelope {
  readonly prefix: Buffer;
  /** Replaced for each tag and never changed: frames that are pending keep the values they were made with. */
  #values: TemplateValues;
  #frameStart = EMPTY;
  /** The length of the messages that `#frameStart` is for. */
  #messageLength = -1;

  /** @param type of the messages */
  constructor(id: string, type: string) {
    const text = JSON.stringify(id);
    this.prefix = Buffer.from(`${BEFORE_ID}${text},"type":"${type}","payload":`);
    const end = BEFORE_ID.length + Buffer.byteLength(text);
    this.#values = { id: this.prefix.subarray(BEFORE_ID.length, end), tag: undefined, end: EMPTY };
  }

  get values(): TemplateValues {
    return this.#values;
  }

  /** Where the id begins in the prefix. */
  get idOffset(): number {
    return BEFORE_ID.length;
  }

  get end(): Buffer {
    return this.#values.end;
  }

  /** Sets the tag of the results that follow. */
  setTag(tag: string): void {
    if (tag === this.#values.tag) return;
    this.#values = { id: this.#values.id, tag, end: Buffer.from(`${resultTail(tag)}}`) };
  }

  /**
   * The frame's header and the prefix: everything before `head`. Consecutive results often have the same
   * length, so the last buffer is kept: allocating one for each frame costs more than everything else but the
   * system call. It is never changed, because it may still be pending.
   */
  frameStart(head: Buffer): Buffer {
    const length = this.prefix.length + head.length + this.end.length;
    if (length !== this.#messageLength) {
      this.#messageLength = length;
      this.#frameStart = Buffer.concat([textHeader(length), this.prefix]);
    }
    return this.#frameStart;
  }
}
