/** A block of an event stream: an event, or a position if it has no name. */
export interface Block {
  readonly event: string | undefined;
  readonly data: string;
  readonly id: string | undefined;
  /** What the gateway says in a comment beside a position. */
  readonly behind: number;
}

const EMPTY: Block = { event: undefined, data: '', id: undefined, behind: 0 };

/**
 * Reads the blocks of an event stream. graphql-sse ignores ids, and so it would lose positions.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventStreamParser {
  readonly #decoder = new TextDecoder();
  readonly #onBlock: (block: Block) => void;
  #line = '';
  #block = EMPTY;

  constructor(onBlock: (block: Block) => void) {
    this.#onBlock = onBlock;
  }

  push(chunk: Uint8Array): void {
    // A carriage return at the end may be the first half of a line's end.
    const lines = (this.#line + this.#decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    this.#line = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
  }

  #onLine(line: string): void {
    const block = this.#block;
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (line === '') {
      this.#block = EMPTY;
      if (block !== EMPTY) this.#onBlock(block);
    } else if (name === 'event' || name === 'id') this.#block = { ...block, [name]: value };
    else if (name === 'data')
      this.#block = { ...block, data: (block.data && `${block.data}\n${value}`) || value };
    else if (name === '' && value.startsWith('behind='))
      this.#block = { ...block, behind: Number(value.slice(7)) };
  }
}
