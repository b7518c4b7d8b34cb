/**
 * A signal that is aborted after some time, for whoever waits. Not `AbortSignal.timeout`: Node 20 collects
 * that one as garbage while only signals made of it with `AbortSignal.any` are in use, and then it never
 * comes. Disposing ends it early, without an abort; it does not keep the process alive.
 */
export class Deadline implements Disposable {
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;

  constructor(milliseconds: number) {
    // The timer holds the controller, and it the signal, until it is over.
    const controller = new AbortController();
    this.signal = controller.signal;
    this.#timer = setTimeout(
      () => controller.abort(new DOMException(`Not done within ${milliseconds} ms`, 'TimeoutError')),
      milliseconds,
    );
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
