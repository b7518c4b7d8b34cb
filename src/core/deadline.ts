/**
 * A signal that is aborted after some time. Disposing cancels it, without an abort. It does not keep the process alive.
 *
 * Not `AbortSignal.timeout`: Node 20 garbage-collects such a signal while only signals derived from it with
 * `AbortSignal.any` are in use, and then it never fires.
 */
export class Deadline implements Disposable {
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;

  /** @param reason the reason of the abort. Left out: a TimeoutError, as `AbortSignal.timeout` has */
  constructor(milliseconds: number, reason: () => Error = () => timeoutError(milliseconds)) {
    // The timer references the controller, which references the signal: so neither is collected early.
    const controller = new AbortController();
    this.signal = controller.signal;
    this.#timer = setTimeout(() => controller.abort(reason()), milliseconds);
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

const timeoutError = (milliseconds: number): Error =>
  new DOMException(`Not done within ${milliseconds} ms`, 'TimeoutError');
