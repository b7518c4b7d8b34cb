/**
 * Resources that end together, in the reverse of the order in which they were added: what was built on something
 * ends before it. Node 20 has no `AsyncDisposableStack`; this is the part of it that we use.
 *
 * One resource that fails to end does not keep the others: all of them are disposed of, and then the first failure
 * is thrown.
 */
export class ResourceStack implements AsyncDisposable {
  readonly #ends: (() => void | PromiseLike<void>)[] = [];

  /** Adds `resource`. @returns it */
  use<T extends AsyncDisposable | Disposable>(resource: T): T {
    this.defer(() =>
      Symbol.asyncDispose in resource ? resource[Symbol.asyncDispose]() : resource[Symbol.dispose](),
    );
    return resource;
  }

  /** Adds something to be done at the end. */
  defer(end: () => void | PromiseLike<void>): void {
    this.#ends.push(end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
