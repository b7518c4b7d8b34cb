/** The parts of a process, disposed of in the reverse of the order in which they were made. */
export class Parts implements AsyncDisposable {
  readonly #owned: (AsyncDisposable | Disposable)[] = [];

  /** Takes over the disposal of `part`, and returns it. */
  own<T extends AsyncDisposable | Disposable>(part: T): T {
    this.#owned.push(part);
    return part;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of this.#owned.splice(0).reverse()) {
      if (Symbol.asyncDispose in part) await part[Symbol.asyncDispose]();
      else part[Symbol.dispose]();
    }
  }
}
