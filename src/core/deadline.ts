/**
 * A signal that is aborted after some time. Disposing cancels it, without an abort. It does not keep the process alive.
 *
 * Not `AbortSignal.timeout`: Node 20 garbage-collects such a signal while only signals derived from it with
 * `AbortSignal.any` are in use, and then it never fires.
 */
export class Deadline implements Disposable {
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;

  constructor(milliseconds: number) {
    // The timer references the controller, which references the signal: so neither is collected early.
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
