import type { WriteStream } from 'node:tty';

const REDRAW_INTERVAL_MS = 1_000;
const ERASE_LINE = '\r\u001b[K';

/** Rate and state on the last line of a terminal. */
export class StatusLine implements Disposable {
  readonly #terminal: WriteStream;
  readonly #state: () => string;
  readonly #timer: ReturnType<typeof setInterval>;
  #total = 0;
  #before = 0;
  #text = '';

  constructor(terminal: WriteStream, state: () => string) {
    this.#terminal = terminal;
    this.#state = state;
    this.#timer = setInterval(() => this.#redraw(), REDRAW_INTERVAL_MS).unref();
  }

  /** Removes the line, because another one is about to be written on the same terminal. */
  clear(): void {
    if (this.#text !== '') this.#terminal.write(ERASE_LINE);
  }

  counted(): void {
    this.#total += 1;
  }

  restore(): void {
    this.#terminal.write(this.#text);
  }

  #redraw(): void {
    const rate = this.#total - this.#before;
    this.#before = this.#total;
    const text = `${this.#state()}  ${rate}/s  ${this.#total} in all`;
    // One column less: a terminal that wraps would keep the line.
    this.#text = text.slice(0, Math.max(0, this.#terminal.columns - 1));
    this.#terminal.write(`${ERASE_LINE}${this.#text}`);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.clear();
  }
}
