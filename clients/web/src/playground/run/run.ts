import type { PlaygroundOperation } from './operation.js';

/** What GraphiQL's own pane for responses gets. */
export type ShownResult = Readonly<Record<string, unknown>>;

export interface RunObserver {
  next(result: ShownResult): void;
  complete(): void;
}

/** One execution of an operation: what the log groups entries by. */
export interface RunInfo {
  readonly id: number;
  readonly operation: PlaygroundOperation;
  /** GraphiQL's tab that it belongs to; `undefined`: the tab was closed before. */
  readonly tab: string | undefined;
  /** The cursor that it was resumed from. */
  readonly after: string | undefined;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** GraphiQL's pane shows the newest result: in a burst, setting its text for each would keep the page busy. */
const SHOW_MS = 50;

/** Passes the newest result of a run to GraphiQL, while GraphiQL shows that run. */
export class RunView {
  #observer: RunObserver | undefined;
  #last: ShownResult | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  get isOver(): boolean {
    return this.#isOver;
  }

  get isShown(): boolean {
    return this.#observer !== undefined;
  }

  /** Shows the newest result at once, if there is one. */
  attach(observer: RunObserver): void {
    this.detach();
    this.#observer = observer;
    this.#flush();
    if (this.#isOver) observer.complete();
  }

  /** GraphiQL shows something else now. @param ending whether GraphiQL is to be told that nothing follows */
  detach(ending = false): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const observer = this.#observer;
    this.#observer = undefined;
    if (ending) observer?.complete();
  }

  show(result: ShownResult): void {
    this.#last = result;
    if (this.#observer !== undefined && this.#timer === undefined)
      this.#timer = setTimeout(() => this.#flush(), SHOW_MS);
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#flush();
    this.detach(true);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#last !== undefined) this.#observer?.next(this.#last);
  }
}
